"""The designer's pages of versions: history, one version, two compared, restoring, the definition as JSON."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from admin.form_acts import CONFLICT, UNPROCESSABLE, FormActs, route
from admin.form_changes import changes_told
from admin.form_outline import outline
from engine.definition import Definition, parse
from engine.messages import Message
from engine.properties import BYTES
from forms.forms import DefinitionForm
from forms.saying import said
from models.forms import Form
from queries import forms as reads
from queries.accounts import names
from services.form_drafts import import_definition, restore_version
from services.form_roles import full_check
from services.forms import DefinitionRefused
from services.refusals import NotAllowed, NotFound, Refusal, Stale
from shell.access import actor
from shell.clock import now
from shell.downloads import JSON, download

NUMBER = "<int(max=999999):number>"


class NotJson(ValueError):  # noqa: N818 - named as the fact
    """A text that is no JSON; the message says where."""


class FormVersions(FormActs):
    """The acts on whole definitions."""

    version_methods = {
        "versions_view": "list",
        "version_view": "list",
        "compare_view": "list",
        "restore_view": "design",
        "definition_view": "list",
        "version_definition_view": "list",
        "import_view": "design",
    }

    @route("/<key>/versions")
    def versions_view(self, key: str) -> Any:
        form = self.row(key)
        versions = reads.versions(form.id)
        people = names([version.published_by for version in versions if version.published_by])
        return self.page("versions", form, versions=versions, people=people, tab="versions")

    @route(f"/<key>/versions/{NUMBER}")
    def version_view(self, key: str, number: int) -> Any:
        form = self.row(key)
        definition = self._version(form, number)
        return self.page(
            "version", form, number=number, sha256=definition.sha256, outline=outline(definition.document, problems=())
        )

    @route("/<key>/versions/compare")
    def compare_view(self, key: str) -> Any:
        """Compare any two versions; 0 stands for the draft."""
        form = self.row(key)
        last = reads.last_number(form.id)
        old = request.args.get("old", max(last - 1, 1), type=int)
        new = request.args.get("new", last, type=int)
        broken = 0 in {old, new} and bool(full_check(form.draft))
        left, right = (self._version(form, old or last), self._version(form, new or last))
        if not broken:
            left, right = (parse(form.draft) if n == 0 else one for n, one in ((old, left), (new, right)))
        changes = [] if broken else changes_told(left, right)
        return self.page(
            "compare", form, old=old, new=new, changes=changes, broken=broken, versions=reads.versions(form.id)
        )

    def _version(self, form: Form, number: int) -> Definition:
        most = reads.last_number(form.id)
        return self.found(lambda: reads.definition(form.id, number if 0 < number <= most else 0))

    @route(f"/<key>/versions/{NUMBER}/restore", methods=("GET", "POST"))
    def restore_view(self, key: str, number: int) -> Any:
        form, version = self.row(key, "form:design"), self.posted_version()
        self._version(form, number)
        if request.method == "POST":
            return self.press(
                form, lambda: restore_version(form, number, row_version=version, actor=actor(), at=now()),
                done=_("第 %(n)s 版已放进草稿，检查后再发布。", n=number), wanted=_("恢复旧版本"),
            )  # fmt: skip
        return self.page("restore", form, number=number)

    # ---------- JSON ----------

    @route("/<key>/definition.json")
    def definition_view(self, key: str) -> Any:
        form = self.row(key)
        return _download(form.draft, f"{form.key}-draft")

    @route(f"/<key>/versions/{NUMBER}.json")
    def version_definition_view(self, key: str, number: int) -> Any:
        form = self.row(key)
        return _download(self._version(form, number).document, f"{form.key}-v{number}")

    @route("/<key>/import", methods=("GET", "POST"))
    def import_view(self, key: str) -> Any:
        form = self.row(key, "form:design")
        page = DefinitionForm(data={"row_version": form.row_version, "document": _pretty(form.draft)})
        if page.validate_on_submit():
            return self._import(form, page)
        return self.page("import", form, form=page, refused=[], tab="import")

    def _import(self, form: Form, page: DefinitionForm) -> Any:
        problems: list[tuple[str, str]] = []
        status, context = UNPROCESSABLE, {}
        try:
            document = read_json(_sent(page))
            import_definition(form, document, row_version=page.seen_version, actor=actor(), at=now())
        except (NotAllowed, NotFound):
            raise
        except NotJson as error:
            page.document.errors = [str(error)]
        except DefinitionRefused as refused:
            problems = [(one.path, said(Message(one.message, one.params))) for one in refused.problems]
        except Stale:
            status, context = CONFLICT, {"changes": self.changes(form, page.seen_version)}
            page.row_version.process(None, form.row_version)
        except Refusal as refusal:
            page.document.errors = [refusal.message]
        else:
            flash(_("已导入为草稿，检查后再发布。"), "success")
            return redirect(url_for(".edit_view", key=form.key))
        return self.page("import", form, status, form=page, refused=problems, tab="import", **context)


def read_json(text: str) -> Any:
    """Read a definition from JSON. Raises NotJson, which names the line, also for what JSON cannot say twice."""
    if len(text.encode("utf-8", "surrogatepass")) > BYTES:
        raise NotJson(_("文件太大，最多 %(most)s 千字节。", most=BYTES // 1024))
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_never)
    except json.JSONDecodeError as error:
        raise NotJson(_("这不是正确的 JSON：第 %(line)s 行第 %(column)s 个字符附近有错。",
                        line=error.lineno, column=error.colno)) from error  # fmt: skip
    except RecursionError as error:
        raise NotJson(_("嵌套太深，读不了。")) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for n, (name, _value) in enumerate(pairs) if name in dict(pairs[:n]))
        raise NotJson(_("属性“%(name)s”写了两次。", name=twice[:40]))
    return found


def _never(name: str) -> Any:
    raise NotJson(_("不能用 %(name)s 作为数值。", name=name))


def _sent(page: DefinitionForm) -> str:
    """Return the uploaded file's text when there is one, else the pasted text."""
    upload = page.upload.data
    if not getattr(upload, "filename", ""):
        return str(page.document.data or "")
    try:
        text = str(upload.read(BYTES + 1).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotJson(_("文件要用 UTF-8 编码保存。")) from error
    page.document.data = text
    return text


def _pretty(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def _download(document: dict[str, Any], name: str) -> Any:
    return download(_pretty(document) + "\n", JSON, f"{name}.json")
