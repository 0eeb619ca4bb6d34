"""The designer's pages of workbooks: a template, a new form or a draft from a workbook, marks, and the way back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from admin.form_acts import CONFLICT, UNPROCESSABLE, FormActs, route
from admin.refusing import show_refusal
from engine.xlsform.findings import Finding
from forms.forms import choices
from forms.saying import said
from forms.xlsforms import NewWorkbookForm, WorkbookForm
from models.forms import Form
from queries.answers import org_name
from queries.exports import TYPES
from queries.xlsforms import open_marks, workbook_of
from services.forms import DefinitionRefused
from services.refusals import NotAllowed, NotFound, Refusal, Stale
from services.xlsforms import (
    MOST_BYTES,
    XlsformRefused,
    export_workbook,
    import_into,
    import_new,
    settle_mark,
    template_workbook,
)
from shell.access import actor
from shell.clock import now
from shell.downloads import download


class FormWorkbooks(FormActs):
    """Workbooks of forms."""

    workbook_methods = {
        "workbook_new_view": "design",
        "template_view": "list",
        "workbook_view": "list",
        "workbook_act": "design",
        "workbook_file_view": "list",
        "settle_act": "design",
    }

    @route("/workbooks/template.xlsx")
    def template_view(self) -> Any:
        return download(template_workbook(), TYPES["xlsx"], "枝叶表单模板.xlsx")

    @route("/workbooks/new", methods=("GET", "POST"))
    def workbook_new_view(self) -> Any:
        counties = sorted({grant.county_id for grant in actor().grants_for("form:design")})
        form = NewWorkbookForm(data={"county": counties[0]})
        form.county.choices = choices(*((county, org_name(county) or str(county)) for county in counties))
        findings: list[tuple[str, str]] = []
        if form.validate_on_submit():
            try:
                made = import_new(
                    int(form.county.data), _content(form), name=_name(form), key=form.key.data or "",
                    prefix=form.prefix.data or "", actor=actor(), at=now(),
                )  # fmt: skip
            except (NotAllowed, NotFound):
                raise
            except XlsformRefused as refused:
                findings = _told(refused.findings)
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                flash(_("已按工作簿新建表单。检查后再发布。"), "success")
                return redirect(url_for(".workbook_view", key=made.key))
        status = UNPROCESSABLE if form.errors or findings else 200
        return self.page("workbook_new", None, status, form=form, findings=findings, several=len(counties) > 1)

    @route("/<key>/workbook")
    def workbook_view(self, key: str) -> Any:
        form = self.row(key)
        return self._workbook_page(form, WorkbookForm(data={"row_version": form.row_version}))

    @route("/<key>/workbook", methods=("POST",))
    def workbook_act(self, key: str) -> Any:
        form, page = self.row(key, "form:design"), WorkbookForm()
        if not page.validate_on_submit():
            return self._workbook_page(form, page, UNPROCESSABLE)
        findings: list[tuple[str, str]] = []
        status, context = UNPROCESSABLE, {}
        try:
            import_into(form, _content(page), name=_name(page), row_version=page.seen_version, actor=actor(), at=now())
        except (NotAllowed, NotFound):
            raise
        except XlsformRefused as refused:
            findings = _told(refused.findings)
        except DefinitionRefused as refused:
            findings = [("", said(problem)) for problem in refused.messages]
        except Stale:
            status, context = CONFLICT, {"changes": self.changes(form, page.seen_version)}
            page.row_version.process(None, form.row_version)
        except Refusal as refusal:
            page.upload.errors = [refusal.message]
        else:
            flash(_("已按工作簿更新草稿，检查后再发布。"), "success")
            return redirect(url_for(".workbook_view", key=key))
        return self._workbook_page(form, page, status, findings=findings, **context)

    def _workbook_page(self, form: Form, page: WorkbookForm, status: int = 200, /, **context: Any) -> Any:
        marks = [(mark, said(mark.message)) for mark in open_marks(form.id)]
        return self.page(
            "workbook", form, status, form=page, workbook=workbook_of(form), marks=marks, tab="workbook",
            **{"findings": [], **context},
        )  # fmt: skip

    @route("/<key>/workbook.xlsx")
    def workbook_file_view(self, key: str) -> Any:
        form = self.row(key)
        afresh = request.args.get("fresh") == "1"
        return download(export_workbook(form, afresh=afresh, actor=actor()), TYPES["xlsx"], f"{form.key}.xlsx")

    @route("/<key>/workbook/settle", methods=("POST",))
    def settle_act(self, key: str) -> Any:
        form, version = self.row(key, "form:design"), self.posted_version()
        cell = request.form.get("cell", "")
        return self.press(
            form, lambda: settle_mark(form, cell, row_version=version, actor=actor(), at=now()),
            done=_("已记下：%(cell)s 看过了。", cell=cell), wanted=_("处理 %(cell)s", cell=cell),
            back=url_for(".workbook_view", key=key),
        )  # fmt: skip


def _content(form: Any) -> bytes:
    content: bytes = form.upload.data.read(MOST_BYTES + 1)
    return content


def _name(form: Any) -> str:
    return str(form.upload.data.filename or "")


def _told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.cell, said(finding.message)) for finding in findings]
