"""The designer's fixed forms: a new form, its settings, a page, a definition as JSON."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    FieldList,
    FileField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import InputRequired, Length, Optional, Regexp

from engine.context import DEFAULT_LOCALE
from services.forms import PREFIX, TITLE_LENGTH

ENGLISH = "en"
COLUMNS = 8
PLAIN = {"autocomplete": "off"}
CODE = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "translate": "no"}


def choices(*pairs: tuple[Any, Any]) -> list[SelectChoice]:
    """Return (value, words) pairs as the choices of a select field."""
    return [SelectChoice(value, words) for value, words in pairs]


def strip(value: str | None) -> str | None:
    """Take surrounding blanks off what was typed."""
    return value.strip() if isinstance(value, str) else value


def text_of(zh: str, en: str, before: Any = None) -> Any:
    """Return a text for a definition: plain, or by locale when it has an English one; other languages are kept."""
    others = {name: text for name, text in before.items() if name != ENGLISH} if isinstance(before, dict) else {}
    texts = {**others, DEFAULT_LOCALE: zh, **({ENGLISH: en} if en else {})}
    return texts if len(texts) > 1 else zh


def zh_of(text: Any) -> str:
    """Return the Chinese of a text of a definition."""
    return str(text.get(DEFAULT_LOCALE, "") if isinstance(text, dict) else text or "")


def en_of(text: Any) -> str:
    """Return the English of a text of a definition, or nothing."""
    return str(text.get(ENGLISH, "")) if isinstance(text, dict) else ""


class ActForm(FlaskForm):  # type: ignore[misc]
    """What every act on a draft carries: the state of the form it was decided on."""

    row_version = HiddenField()

    @property
    def seen_version(self) -> int:
        """Return the version of the row the page was made from; 0, which is never current, when it is missing."""
        text = str(self.row_version.data or "")
        return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - fits a column


class NamesForm(FlaskForm):  # type: ignore[misc]
    """What a new form is called where nobody reads it: addresses, interfaces and register numbers."""

    key = StringField(
        _l("标识"),
        [Optional(), Regexp("[a-z][a-z0-9_]{0,62}$", message=_l("只能用小写英文字母、数字和下划线，以字母开头。"))],
        filters=[strip],
        description=_l("用在网址和接口里，建好后不能改。留空时按名称的拼音生成"),
        render_kw=CODE,
    )
    prefix = StringField(
        _l("编号字头"),
        [Optional(), Regexp(f"{PREFIX.pattern}$", message=_l("要用 2 到 8 个大写英文字母或数字，以字母开头。"))],
        filters=[strip, lambda value: value.upper() if isinstance(value, str) else value],
        description=_l("每条登记的编号以它开头，全县不能重复。留空时按名称的拼音首字母生成"),
        render_kw={**CODE, "autocapitalize": "characters"},
    )
    county = SelectField(_l("所属县"), coerce=int)


class NewForm(NamesForm):
    title = StringField(
        _l("表单名称"),
        [InputRequired(_l("请填写表单名称。")), Length(max=TITLE_LENGTH, message=_l("名称太长，最多 100 个字。"))],
        filters=[strip],
        description=_l("填写的人看到的名称，例如：邻里纠纷登记"),
        render_kw=PLAIN,
    )


class PageForm(ActForm):
    title = StringField(
        _l("页名"),
        [InputRequired(_l("请填写页名。")), Length(max=100, message=_l("页名太长，最多 100 个字。"))],
        filters=[strip],
        description=_l("填写时显示在进度条上，例如：基本情况"),
        render_kw=PLAIN,
    )
    title_en = StringField(
        _l("英文页名"), [Length(max=100, message=_l("太长，最多 100 个字符。"))], filters=[strip],
        description=_l("可以不填"), render_kw={**PLAIN, "lang": "en"},
    )  # fmt: skip


class SettingsForm(ActForm):
    title = StringField(
        _l("表单名称"),
        [InputRequired(_l("请填写表单名称。")), Length(max=TITLE_LENGTH, message=_l("名称太长，最多 100 个字。"))],
        filters=[strip],
        description=_l("已发布的表单要等下一次发布才会换成新名称"),
        render_kw=PLAIN,
    )
    title_en = StringField(
        _l("英文名称"), [Length(max=TITLE_LENGTH, message=_l("太长，最多 100 个字符。"))], filters=[strip],
        description=_l("可以不填"), render_kw={**PLAIN, "lang": "en"},
    )  # fmt: skip
    stale_policy = RadioField(
        _l("发布新版时，正在填写的旧版草稿怎么办"),
        choices=choices(
            ("finish_old", _l("按旧版填完")),
            ("fast_forward", _l("转到新版，只补填新增的必填题")),
            ("refuse_after", _l("过了某一天不再收旧版")),
        ),
        default="finish_old",
    )
    refuse_after = DateField(
        _l("旧版收到哪一天为止"), [Optional()], description=_l("只在选“过了某一天不再收旧版”时填写")
    )
    columns = FieldList(SelectField(validate_choice=False), min_entries=COLUMNS, max_entries=300)


class DefinitionForm(ActForm):
    document = TextAreaField(
        _l("表单定义"), render_kw={"rows": 18, "spellcheck": "false", "translate": "no", "class": "font-monospace"}
    )
    upload = FileField(_l("或者上传文件"), render_kw={"accept": ".json,application/json"})
