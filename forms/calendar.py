"""The forms of the working calendar."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from forms.fields import ChoiceField, CountField, LineField, VersionField
from queries.labels import DAY_STATUSES


def worked(value: Any) -> bool:
    """Read the answer of the work field."""
    return value in (True, "1", "True")


class DayForm(FlaskForm):  # type: ignore[misc]
    is_work = ChoiceField(_l("这一天"), choices=[("True", _l("上班")), ("False", _l("休息"))], coerce=worked)
    name = LineField(_l("说明"), longest=64, required=False, description=_l("例如“国庆节”或“国庆节调休”。"))
    status = ChoiceField(_l("性质"), choices=list(DAY_STATUSES.items()))
    row_version = VersionField()


class NoticeForm(FlaskForm):  # type: ignore[misc]
    year = CountField(_l("年份"), least=2004, most=2100)
    text = TextAreaField(
        _l("通知内容"),
        [InputRequired(_l("请把通知里的日期粘贴到这里。")), Length(max=20_000, message=_l("内容太长。"))],
        description=_l(
            "每行一天或一段：日期 上班或休息 名称。例如“2月5日至2月11日 休息 春节”“2月14日 上班 春节调休”。"
            "没有写到的日子，周一到周五上班，周末休息。"
        ),
        render_kw={"rows": "12"},
    )
    confirmed = HiddenField()
