"""The forms of residents and households."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from forms.fields import ChoiceField, CodeField, DayField, LineField, VersionField
from queries.labels import SEXES

NUMBER = {"autocomplete": "off", "inputmode": "numeric"}
HIDDEN = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class ClearField(SelectMultipleField):
    """Boxes that empty a sealed value: leaving its field blank keeps it."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ResidentForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("姓名"), longest=64)
    village_id = ChoiceField(_l("所在村"), coerce=int)
    household_code = LineField(_l("户编号"), longest=32, required=False, render_kw={"data-lookup": ""})
    sex = ChoiceField(_l("性别"), choices=list(SEXES.items()), default="unknown")
    birth_date = DayField(_l("出生日期"), required=False, description=_l("填了身份证号可以不填。"))
    id_no = LineField(_l("身份证号"), longest=40, required=False, render_kw=HIDDEN)
    phone = LineField(_l("手机号"), longest=40, required=False, render_kw=NUMBER)
    address = LineField(_l("住址"), longest=200, required=False, render_kw={"autocomplete": "off"})
    moved_out_on = DayField(_l("迁出日期"), required=False)
    clear = ClearField(_l("清除已保存的"), choices=[])
    row_version = VersionField()


class HouseholdForm(FlaskForm):  # type: ignore[misc]
    code = CodeField(_l("户编号"), description=_l("全县不能重复，例如门牌编码。"))
    head_name = LineField(_l("户主姓名"), longest=64)
    village_id = ChoiceField(_l("所在村"), coerce=int)
    address_hint = LineField(
        _l("位置提示"), longest=100, required=False, description=_l("不涉及隐私的位置说明，例如“村委会东侧”。")
    )
    address = LineField(_l("住址"), longest=200, required=False, render_kw={"autocomplete": "off"})
    closed_on = DayField(_l("销户日期"), required=False)
    clear = ClearField(_l("清除已保存的"), choices=[])
    row_version = VersionField()


class RevealForm(FlaskForm):  # type: ignore[misc]
    which = ChoiceField(_l("要查看的项目"))
    reason = TextAreaField(
        _l("原因"),
        [InputRequired(_l("请写明查看的原因。")), Length(max=200, message=_l("原因最多 200 个字。"))],
        description=_l("原因、时间和您的姓名会写进审计日志。"),
    )
