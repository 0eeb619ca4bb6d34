"""The designer's pages of items: choosing a kind, the property page, moving, copying, retiring."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _

from admin.form_acts import CONFLICT, UNPROCESSABLE, FormActs, asks_redraw, route
from admin.form_changes import answered
from admin.form_outline import KIND_CARDS, outline
from admin.form_templates import TEMPLATES, add_template, template_of
from engine import editing, whole
from engine.definition import Item
from engine.governing import stages_of
from engine.kinds import KINDS
from engine.schema import LIST_COLUMNS, build_item
from forms.form_items import ItemDesign, show_problems
from forms.forms import zh_of
from forms.item_fields import BaseItemForm
from models.forms import Form
from queries import forms as reads
from queries.accounts import ROLE_LABELS
from queries.touched import touched
from services.forms import DefinitionRefused
from services.pinyin import slug
from services.refusals import NotAllowed, NotFound, Refusal, Stale
from shell.i18n import locale


class FormItems(FormActs):
    """The acts on single items."""

    item_methods = {
        "kinds_view": "design",
        "common_view": "design",
        "item_add_view": "design",
        "item_view": "design",
        "item_copy_view": "design",
        "item_retire_view": "design",
        "item_reuse_view": "design",
    }

    @route("/<key>/pages/<page_id>/add")
    def kinds_view(self, key: str, page_id: str) -> Any:
        form = self.row(key, "form:design")
        page, holder = self._place(form, page_id)
        return self.page(
            "kinds", form, page_id=page_id, page_title=zh_of(holder["label"] if holder else page["title"]),
            inside=holder["fid"] if holder else None, kinds=KINDS, cards=KIND_CARDS, templates=TEMPLATES,
        )  # fmt: skip

    def _place(self, form: Form, page_id: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return the page of the address, and the group or repeat that it names to stand in. Answers 404."""
        page = self.found(lambda: editing.page_of(form.draft, page_id))
        inside = request.args.get("inside", "")
        if not inside:
            return page, None
        holder = self.found(lambda: editing.item_of(form.draft, inside))
        if not KINDS[holder["type"]].holds_items:
            abort(404)
        return page, holder

    @route("/<key>/pages/<page_id>/common/<template>", methods=("POST",))
    def common_view(self, key: str, page_id: str, template: str) -> Any:
        form = self.row(key, "form:design")
        chosen = self.found(lambda: template_of(template))
        _page, holder = self._place(form, page_id)
        taken, inside = reads.published_fids(form), holder["fid"] if holder else None

        def add(draft: dict[str, Any], item: dict[str, Any]) -> tuple[dict[str, Any], str]:
            return editing.add_item(draft, page_id, item, inside=inside, taken=taken)

        return self.press_edit(
            key, lambda draft: add_template(draft, chosen, add, taken=taken), did="template_added",
            done=_("已添加“%(label)s”，可以再改。", label=chosen.label), wanted=_("添加常用题目"),
            back=url_for(".edit_view", key=key, _anchor=f"page-{page_id}"),
        )  # fmt: skip

    @route("/<key>/pages/<page_id>/add/<kind>", methods=("GET", "POST"))
    def item_add_view(self, key: str, page_id: str, kind: str) -> Any:
        form = self.row(key, "form:design")
        _page, holder = self._place(form, page_id)
        if kind not in KINDS:
            abort(404)
        inside = holder["fid"] if holder else None
        automatic = not form.draft.get("list") and len(editing.automatic_columns(form.draft)) < LIST_COLUMNS
        design = ItemDesign(
            KINDS[kind],
            {},
            _others(form, "", inside),
            _stages(form),
            in_rows=_in_rows(form, inside),
            listed=automatic and KINDS[kind].answerable and KINDS[kind].visible,
        )
        page = self._form(design, form)
        if asks_redraw():
            design.redraw(page, more=request.form.get("more", ""), less=request.form.get("less", ""))
        elif page.validate_on_submit():
            saved = self._save_item(form, design, page, page_id=page_id)
            if saved is not None:
                return saved
        return self._item_page(form, design, page, page_id=page_id)

    @route("/<key>/items/<fid>", methods=("GET", "POST"))
    def item_view(self, key: str, fid: str) -> Any:
        form = self.row(key, "form:design")
        design = self._design(form, fid)
        if design is None:
            return self.conflict(form, _("修改题目")) if request.method == "POST" else abort(404)
        page = self._form(design, form)
        if asks_redraw():
            design.redraw(page, more=request.form.get("more", ""), less=request.form.get("less", ""))
        elif page.validate_on_submit():
            saved = self._save_item(form, design, page)
            if saved is not None:
                return saved
        return self._item_page(form, design, page)

    @staticmethod
    def _form(design: ItemDesign, form: Form) -> BaseItemForm:
        page = design.form()
        if not page.is_submitted():
            page.row_version.process(None, form.row_version)
        return page

    def _design(self, form: Form, fid: str) -> ItemDesign | None:
        try:
            raw = editing.item_of(form.draft, fid)
        except LookupError:
            return None
        inside = _holder(form, fid)
        columns = editing.column_fids(form.draft) or editing.automatic_columns(form.draft)
        published = fid in reads.published_fids(form)
        return ItemDesign(
            KINDS[raw["type"]], raw, _others(form, fid, inside), _stages(form), listed=fid in columns,
            in_rows=_in_rows(form, inside), published=published,
            published_values=_published_values(form, fid) if published else frozenset(),
        )  # fmt: skip

    def _save_item(self, form: Form, design: ItemDesign, page: BaseItemForm, *, page_id: str = "") -> Any:
        """Save what the property page says; None when it has to be shown again with messages."""
        item = design.read(page)
        if item is None:
            return None
        kind = page.kind.data if page.kind.data in design.possible_kinds else design.kind.name
        item = editing.convert_item(item, kind) if kind != design.kind.name else item
        inside = request.args.get("inside") or None
        listed, taken = bool(page.listed.data) and design.kind.answerable, reads.published_fids(form)
        saved: list[str] = []

        def edit(draft: dict[str, Any]) -> dict[str, Any]:
            key = item["key"] or editing.free_key(draft, slug(zh_of(item["label"])), besides=design.fid)
            named = {**item, "key": key}
            if design.fid:
                draft, fid = editing.change_item(draft, design.fid, named), design.fid
            else:
                draft, fid = editing.add_item(draft, page_id, named, inside=inside, taken=taken)
            saved[:] = [fid]
            return draft if item.get("retired") else editing.list_item(draft, fid, listed=listed)

        return self._attempt(form, design, page, edit, saved, page_id)

    def _attempt(
        self, form: Form, design: ItemDesign, page: BaseItemForm, edit: Any, saved: list[str], page_id: str
    ) -> Any:
        did = "item_changed" if design.fid else "item_added"
        about = design.fid or editing.fresh_fid(form.draft, reads.published_fids(form))
        try:
            self.edit_draft(form, edit, did=did, version=page.seen_version, fid=about)
        except (NotAllowed, NotFound):
            raise
        except Stale:
            return self._conflicting(form, design, page, page_id)
        except DefinitionRefused as refused:
            show_problems(page, refused.problems)
            return None
        except Refusal as refusal:
            page.form_errors.append(refusal.message)
            return None
        flash(_("题目已保存。"), "success")
        if "again" in request.form and page_id:
            return redirect(url_for(".kinds_view", key=form.key, page_id=page_id, inside=request.args.get("inside")))
        return redirect(url_for(".edit_view", key=form.key, _anchor=f"item-{saved[0]}"))

    def _conflicting(self, form: Form, design: ItemDesign, page: BaseItemForm, page_id: str) -> Any:
        """Show the property page again with what was typed, what others did, and what the item says now."""
        changes = self.changes(form, page.seen_version)
        page.row_version.process(None, form.row_version)
        now = [line for sheet in outline(form.draft).pages for line in (*sheet.lines, *sheet.retired)]
        current = next((line for line in now if line.item.fid == design.fid), None)
        return self._item_page(form, design, page, page_id=page_id, status=CONFLICT, changes=changes, current=current)

    def _item_page(
        self, form: Form, design: ItemDesign, page: BaseItemForm, *, page_id: str = "", status: int = 0, **context: Any
    ) -> Any:
        wrong = page.gathered_errors() and not asks_redraw()
        context["roles"] = ROLE_LABELS
        return self.page(
            "item", form, status or (UNPROCESSABLE if wrong else 200), form=page, design=design, page_id=page_id,
            inside=request.args.get("inside") or None, card=KIND_CARDS[design.kind.name], **context,
        )  # fmt: skip

    # ---------- buttons ----------

    @route("/<key>/items/<fid>/copy", methods=("POST",))
    def item_copy_view(self, key: str, fid: str) -> Any:
        taken = reads.published_fids(self.row(key, "form:design"))
        return self.press_edit(
            key, lambda draft: editing.copy_item(draft, fid, taken=taken)[0], did="item_copied",
            done=_("已复制到下面。"), wanted=_("复制题目"), back=self._beside(key, fid),
        )  # fmt: skip

    @route("/<key>/items/<fid>/retire", methods=("GET", "POST"))
    def item_retire_view(self, key: str, fid: str) -> Any:
        form = self.row(key, "form:design")
        item = self.found(lambda: editing.item_of(form.draft, fid))
        held = [fid, *editing.held_fids(item)]
        published = not reads.published_fids(form).isdisjoint(held)
        if request.method == "POST":
            return self.press_edit(
                key, lambda draft: _without(draft, fid, held, published=published),
                did="item_retired" if published else "item_removed",
                done=_("题目已停用，已有的答案都保留。") if published else _("题目已删除。"),
                wanted=_("停用题目") if published else _("删除题目"),
            )  # fmt: skip
        readers = [zh_of(reader["label"]) for reader in editing.dependents(form.draft, fid)]
        told = answered(touched(form.id, [fid]), fid) if published and KINDS[item["type"]].answerable else ""
        return self.page(
            "item_retire", form, label=zh_of(item["label"]), fid=fid, published=published, readers=readers, told=told,
            held=len(held) - 1,
        )  # fmt: skip

    @route("/<key>/items/<fid>/reuse", methods=("POST",))
    def item_reuse_view(self, key: str, fid: str) -> Any:
        return self.press_edit(
            key, lambda draft: editing.reuse_item(draft, fid), did="item_reused", fid=fid,
            done=_("题目已重新启用。"), wanted=_("重新启用题目"), back=self._beside(key, fid),
        )  # fmt: skip

    @staticmethod
    def _beside(key: str, fid: str) -> str:
        return url_for(".edit_view", key=key, _anchor=f"item-{fid}")


def _others(form: Form, fid: str, inside: str | None) -> dict[str, Item]:
    """Return the live items whose answers the conditions of one may read: of the record, and of its own rows."""
    items = [build_item(raw) for raw in editing.readable(form.draft, inside)]
    return {item.fid: item for item in items if item.fid != fid}


def _holder(form: Form, fid: str) -> str | None:
    around = editing.holders_of(form.draft, fid)
    return str(around[-1]["fid"]) if around else None


def _in_rows(form: Form, inside: str | None) -> bool:
    """Tell whether what stands inside a group or repeat is asked once a row: then it has no column of its own."""
    if inside is None:
        return False
    around = (*editing.holders_of(form.draft, inside), editing.item_of(form.draft, inside))
    return any(KINDS[one["type"]].repeats for one in around)


def _without(draft: dict[str, Any], fid: str, held: list[str], *, published: bool) -> dict[str, Any]:
    """Return the draft without an item: retired once it was published, else deleted; recorded tests forget it."""
    edited = editing.retire_item(draft, fid) if published else editing.remove_item(draft, fid)
    return whole.forget_in_tests(edited, held)


def _stages(form: Form) -> list[tuple[str, str]]:
    return [(stage.value, stage.text(locale())) for stage in stages_of(form.draft)]


def _published_values(form: Form, fid: str) -> frozenset[str]:
    item = reads.definition(form.id, reads.last_number(form.id)).item(fid)
    return frozenset(option.value for option in item.options)
