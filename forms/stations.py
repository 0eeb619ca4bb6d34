"""The forms of a station: opened, renamed, closed, settled."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField

from forms.fields import ChoiceField, CodeField, CountField, DayField, LineField, VersionField
from models.coins import MOST_COINS


class NewStationForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("名称"), longest=64, description=_l("例如“余村村道德易站”。"))
    code = CodeField(_l("编号"), description=_l("全县不能重复，以后不能改，因为账本里用它。"))
    org_id = ChoiceField(_l("设在哪里"), coerce=int)
    opened_on = DayField(_l("启用日期"))


class StationForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("名称"), longest=64)
    row_version = VersionField()


class CloseStationForm(FlaskForm):  # type: ignore[misc]
    closed_on = DayField(_l("停用日期"))
    row_version = VersionField()


class SettleForm(FlaskForm):  # type: ignore[misc]
    amount = CountField(_l("结算多少道德币"), least=1, most=MOST_COINS)
    memo = LineField(_l("说明"), longest=200, required=False, description=_l("例如付款凭证的编号。"))
    uid = HiddenField("")
