"""The pages that take a workbook: as a new form, or as the draft of one."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired

from forms.forms import ActForm, NamesForm

_MISSING = _l("请选择一个工作簿（XLSX）。")
_ACCEPT = {"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def _upload() -> FileField:
    return FileField(_l("工作簿"), [FileRequired(_MISSING)], render_kw=_ACCEPT)


class NewWorkbookForm(NamesForm):
    """A workbook that becomes a new form; key and letters are found where they are not told."""

    upload = _upload()


class WorkbookForm(ActForm):
    """A workbook that becomes the draft of a form."""

    upload = _upload()
