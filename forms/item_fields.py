"""The fields of an item's property page: common ones, rows of the builders, and those of each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import Field
from wtforms.widgets import DateInput, NumberInput, TextInput

from engine.kinds import ConfigProperty, Kind
from forms.builders import ConditionForm, gather
from forms.fills import FillField
from forms.forms import CODE, PLAIN, ActForm, choices, strip
from forms.governing import ITEM_ACT_LABELS, ticks
from forms.options import OptionRow
from forms.rules import RULES, RuleForm

CONFIG = "c_"  # before the name of a kind's own setting


class BaseItemForm(ActForm):
    label = StringField(_l("题目"), filters=[strip], description=_l("填写的人看到的文字"), render_kw=PLAIN)
    label_en = StringField(
        _l("英文题目"), filters=[strip], description=_l("可以不填"), render_kw={**PLAIN, "lang": "en"}
    )
    hint = StringField(_l("提示"), filters=[strip], description=_l("写在题目下面的一句说明，可以不填"), render_kw=PLAIN)
    key = StringField(_l("标识"), filters=[strip], render_kw=CODE)
    kind = SelectField(_l("题型"), validate_choice=False)
    required = RadioField(_l("是否必填"), validate_choice=False)
    default = SelectField(_l("默认值"), validate_choice=False)
    mask = SelectField(_l("遮盖"), validate_choice=False)
    index = BooleanField(_l("可以按这道题筛选和排序"))
    search = BooleanField(_l("可以用搜索框搜到"))
    listed = BooleanField(_l("在列表中显示"))
    roles_view, roles_edit, roles_reveal = (ticks(label) for label in ITEM_ACT_LABELS.values())
    stage_view_from = SelectField(_l("从哪个阶段起显示"), validate_choice=False)
    stage_required_from = SelectField(_l("从哪个阶段起必填"), validate_choice=False)
    stage_edit_until = SelectField(_l("到哪个阶段为止可以改"), validate_choice=False)
    show = FormField(ConditionForm)
    need = FormField(ConditionForm)
    rules = FieldList(FormField(RuleForm), max_entries=RULES)
    options = FieldList(FormField(OptionRow), max_entries=500)
    new_tag = SelectField(_l("新添加的选项属于"), validate_choice=False)
    new_options = TextAreaField(_l("添加选项"), description=_l("一行一个，可以从表格里整列粘贴"), render_kw={"rows": 4})

    def gathered_errors(self) -> bool:
        """Tell whether anything is wrong, and let the lists of rows know what is wrong in them."""
        return gather(self)


def item_form_class(kind: Kind) -> type[BaseItemForm]:
    """Return the form of a kind's property page, with a field for each of its settings."""
    settings = [setting for setting in kind.config_properties if setting.type != "options"]
    fields = {CONFIG + setting.name: _setting_field(setting) for setting in settings}
    return cast("type[BaseItemForm]", type("ItemForm", (BaseItemForm,), fields))


def _setting_field(setting: ConfigProperty) -> Field:
    made = _SETTINGS.get(setting.type)
    if made is not None:
        return made(setting)
    widget = NumberInput(step="any") if setting.type in {"int", "decimal"} else TextInput()
    return StringField(_l(setting.label), filters=[strip], widget=widget, render_kw=PLAIN)


def _choice(setting: ConfigProperty) -> Field:
    offered = [("", _l("默认")), *((value, _l(words)) for value, words in setting.choices)]
    return SelectField(_l(setting.label), choices=choices(*offered), validate_choice=False)


def _expression(setting: ConfigProperty) -> Field:
    hint = _l("题目写成【题目】，例如：【单价】 × 【数量】 + 10。引用的题目变了，结果马上重算")
    keys = {"rows": 3, "spellcheck": "false", "translate": "no"}
    return TextAreaField(_l(setting.label), filters=[strip], description=hint, render_kw=keys)


def _filter(setting: ConfigProperty) -> Field:
    hint = _l("例如先选乡镇，再只列出这个乡镇的村。选好之后，在下面给每个选项选它属于哪一个")
    return SelectField(
        _l(setting.label), description=hint, validate_choice=False, choices=(), render_kw={"data-redraw": True}
    )


def _fill(setting: ConfigProperty) -> Field:
    hint = _l("选定居民或家庭后，这些内容自动填到别的题目里；身份证号、手机号、住址只能填到有遮盖的题目")
    return FillField(_l(setting.label), description=hint)


_SETTINGS: dict[str, Callable[[ConfigProperty], Field]] = {
    "bool": lambda setting: BooleanField(_l(setting.label)),
    "choice": _choice,
    "org_level": _choice,
    "expression": _expression,
    "columns": _filter,
    "fill": _fill,
    "date": lambda setting: StringField(_l(setting.label), filters=[strip], widget=DateInput()),
}
