"""The forms of organisations."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from forms.fields import ChoiceField, CodeField, DayField, LineField, VersionField
from models.orgs import Level
from queries.labels import LEVELS


class OrgForm(FlaskForm):  # type: ignore[misc]
    code = CodeField(_l("编号"), description=_l("全系统不能重复，例如行政区划代码。"))
    note = LineField(_l("说明"), longest=200, required=False)
    row_version = VersionField()


class NewOrgForm(FlaskForm):  # type: ignore[misc]
    parent_id = ChoiceField(_l("上级"))
    level = ChoiceField(
        _l("层级"), choices=[(str(level), text) for level, text in LEVELS.items() if level != Level.COUNTY]
    )
    name = LineField(_l("名称"), longest=100)
    code = CodeField(_l("编号"), description=_l("全系统不能重复，例如行政区划代码。"))
    valid_from = DayField(_l("启用日期"))
    note = LineField(_l("说明"), longest=200, required=False)


class RenameForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("新名称"), longest=100)
    since = DayField(_l("从哪一天起使用"), description=_l("这一天以前的登记和文书仍显示旧名称。"))
    row_version = VersionField()


class CloseForm(FlaskForm):  # type: ignore[misc]
    valid_to = DayField(
        _l("停用日期"), required=False, description=_l("从这一天起不能再选到它；留空表示继续使用。已有登记不变。")
    )
    row_version = VersionField()
