"""The page that takes a pack."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired


class PackForm(FlaskForm):  # type: ignore[misc]
    upload = FileField(
        _l("配置包"), [FileRequired(_l("请选择一个配置包（JSON）。"))], render_kw={"accept": ".json,application/json"}
    )
