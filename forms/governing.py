"""Who may do what with a form and its questions, the stages of its records, and how duplicates are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget, NumberInput

from engine.definition import Item
from engine.editing import free_name
from engine.governing import ACTS, DAYS, Duplicate, duplicate_of
from forms.builders import gather, say
from forms.forms import PLAIN, ActForm, choices, en_of, strip, text_of, zh_of
from models.access import PERMISSIONS, Role
from queries.accounts import ROLE_LABELS
from services.pinyin import slug

ACT_LABELS: Mapping[str, Any] = {
    "list": _l("查看"),
    "create": _l("填写"),
    "edit": _l("修改"),
    "delete": _l("作废"),
    "export": _l("导出"),
    "reveal": _l("看保密内容"),
}
ITEM_ACT_LABELS: Mapping[str, Any] = {"view": _l("看"), "edit": _l("填写和修改"), "reveal": _l("看保密内容")}
_ITEM_PERMISSIONS: Mapping[str, str] = {"view": "record:list", "edit": "record:edit", "reveal": "record:reveal"}
LAST = 10**6


class StageRow(Form):
    """One stage; its value is permanent and never typed."""

    value = HiddenField()
    label = StringField(_l("阶段"), filters=[strip], render_kw=PLAIN)
    position = StringField(_l("顺序"), widget=NumberInput(step=1))
    removed = BooleanField(_l("删除"))


def ticks(label: Any) -> Any:
    """Return a field of tick boxes whose choices are given later."""
    return SelectMultipleField(
        label, validate_choice=False, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )


class GoverningForm(ActForm):
    """The page; it has one more field of roles for each act."""

    stages = FieldList(FormField(StageRow), max_entries=20)
    new_stages = TextAreaField(_l("添加阶段"), description=_l("一行一个，按先后写"), render_kw={"rows": 3})
    match = ticks(_l("这些题目的答案相同"))
    similar = ticks(_l("这些题目的文字相似"))
    window_days = StringField(_l("只和多少天以内的登记比"), filters=[strip], widget=NumberInput(min=1, max=DAYS))

    def gathered_errors(self) -> bool:
        """Tell whether anything is wrong, in the rows too."""
        return gather(self)


GoverningPage: type[GoverningForm] = type(
    "GoverningPage", (GoverningForm,), {f"act_{act}": ticks(label) for act, label in ACT_LABELS.items()}
)


def roles_for(permission: str) -> list[Role]:
    """Return the roles to which the county gives a permission, in the order of the list of roles."""
    return [role for role in ROLE_LABELS if role in PERMISSIONS[permission]]


def roles_of_act(act: str) -> list[Role]:
    """Return the roles among which a form may choose for an act."""
    return roles_for(f"record:{act}")


def roles_of_item_act(act: str) -> list[Role]:
    """Return the roles among which a question may choose for an act."""
    return roles_for(_ITEM_PERMISSIONS[act])


def governing_page(document: Mapping[str, Any], items: Iterable[Item], row_version: int) -> GoverningForm:
    """Return the form of this request: filled from the draft, or with what was posted."""
    access, duplicate = document.get("access") or {}, duplicate_of(document) or Duplicate()
    page = GoverningPage(
        data={
            "row_version": row_version,
            **{f"act_{act}": access.get(act, [*map(str, roles_of_act(act))]) for act in ACTS},
            "stages": [
                {"value": one["value"], "label": zh_of(one["label"]), "position": n}
                for n, one in enumerate(document.get("stages") or (), start=1)
            ],
            "match": duplicate.match, "similar": duplicate.similar, "window_days": duplicate.window_days,
        }
    )  # fmt: skip
    for act in ACTS:
        page[f"act_{act}"].choices = choices(*((str(role), ROLE_LABELS[role]) for role in roles_of_act(act)))
    known = [item for item in items if not item.retired and item.kind.answerable]
    page.match.choices = choices(*((one.fid, one.text()) for one in known if one.sealed or one.kind.index_as))
    page.similar.choices = choices(*((one.fid, one.text()) for one in known if one.search and not one.sealed))
    return page


def read_governing(page: GoverningForm, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return access, stages and duplicate as the page says them; messages go onto its fields."""
    access = {act: narrowed(page[f"act_{act}"].data or [], roles_of_act(act)) for act in ACTS}
    return {
        "access": {act: roles for act, roles in access.items() if roles is not None},
        "stages": _stages(page, document),
        "duplicate": _duplicate(page),
    }


def narrowed(ticked: Iterable[str], roles: Iterable[Role]) -> list[str] | None:
    """Return the roles that were left, None when all were: what is not narrowed stays open to later roles."""
    offered, kept = [str(role) for role in roles], set(ticked)
    left = [role for role in offered if role in kept]
    return None if left == offered else left


def _stages(page: GoverningForm, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = {one["value"]: one for one in document.get("stages") or ()}
    rows = [row.form for row in page.stages if row.form.value.data in known and not row.form.removed.data]
    rows.sort(key=lambda row: _number(row.position.data, LAST))
    stages = []
    for row in rows:
        if not row.label.data:
            say(row.label, _("请填写阶段的名称。"))
        before = known[row.value.data]["label"]
        stages.append({"value": row.value.data, "label": text_of(row.label.data or "", en_of(before), before)})
    taken = set(known)
    for line in (page.new_stages.data or "").splitlines():
        if label := line.strip():
            value = free_name(slug(label), taken)
            taken.add(value)
            stages.append({"value": value, "label": label})
    return stages


def _duplicate(page: GoverningForm) -> dict[str, Any]:
    found: dict[str, Any] = {name: page[name].data for name in ("match", "similar") if page[name].data}
    if not found:
        return {}
    days = _number(page.window_days.data, 0)
    if not 1 <= days <= DAYS:
        say(page.window_days, _("请填 1 到 %(most)s 之间的天数。", most=DAYS))
    return {**found, "window_days": days}


def _number(typed: Any, otherwise: int) -> int:
    text = str(typed or "").strip()
    return int(text) if text.isdecimal() and len(text) < 6 else otherwise  # noqa: PLR2004 - no place, no number of days
