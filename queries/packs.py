"""Packs: what one county made (forms, their workbooks, categories, shared views) as one JSON document for another.

A pack carries no records, no people and no organisations. Roles are the product's own: a pack only says which ones
its forms name, so that a county with an older product learns of it before anything changes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.categories import Category
from models.forms import Form, FormState
from models.orgs import OrgUnit
from models.views import RegisterView
from models.xlsforms import FormWorkbook
from queries.forms import definition

SCHEMA = "zhiye-pack/1"
SECTIONS = ("forms", "categories", "views", "templates")


def pack(county_id: int, *, keys: Sequence[str] | None = None, made_at: datetime) -> dict[str, Any]:
    """Return a county's pack: the forms in use (all, or those of `keys`) and what belongs to them.

    Raises LookupError, which names a key that is no form in use.
    """
    forms = _forms(county_id)
    missing = [key for key in keys or () if key not in {form.key for form in forms}]
    if missing:
        raise LookupError(missing[0])
    chosen = [form for form in forms if keys is None or form.key in keys]
    definitions = {form.key: definition(form.id, form.current_version or 0).document for form in chosen}
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "from": db.session.scalars(sa.select(OrgUnit.name).where(OrgUnit.id == county_id)).one(),
        "made_at": made_at.isoformat(timespec="seconds"),
        "forms": [
            {"key": form.key, "title": form.title, "prefix": form.prefix, "definition": definitions[form.key]}
            for form in chosen
        ],
        "roles": sorted({role for document in definitions.values() for role in roles_named(document)}),
        "categories": _categories(county_id),
        "views": [view for form in chosen for view in _views(form, definitions[form.key])],
        "templates": [template for form in chosen for template in _templates(form)],
    }
    return {**made, "sha256": digest(made)}


def digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a pack, its own line of it left out."""
    said = {name: value for name, value in document.items() if name != "sha256"}
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def roles_named(document: Mapping[str, Any]) -> set[str]:
    """Return the roles that a definition gives or keeps rights from."""
    found = {role for roles in (document.get("access") or {}).values() for role in roles}
    waiting = [item for page in document["pages"] for item in page["items"]]
    while waiting:
        item = waiting.pop()
        found |= {role for roles in (item.get("roles") or {}).values() for role in roles}
        waiting.extend(item.get("items", ()))
    return found


def places_in(view: Mapping[str, Any], document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the conditions of a view that name an organisation, which another county does not have."""
    waiting = [item for page in document["pages"] for item in page["items"]]
    orgs = set()
    while waiting:
        item = waiting.pop()
        orgs |= {item["fid"]} if item["type"] in {"org", "person"} else set()
        waiting.extend(item.get("items", ()))
    return [one for one in view.get("conditions", ()) if one.get("fid") in orgs or one.get("fid", "").startswith("@")]


def _forms(county_id: int) -> list[Form]:
    query = sa.select(Form).where(Form.county_id == county_id, Form.state == FormState.PUBLISHED)
    return list(db.session.scalars(query.order_by(Form.key)))


def _categories(county_id: int) -> list[dict[str, Any]]:
    """Return the entries in use, each behind the one above it."""
    query = sa.select(Category).where(Category.county_id == county_id, Category.valid_to.is_(None))
    rows = list(db.session.scalars(query.order_by(Category.kind, Category.position, Category.id)))
    codes = {row.id: row.code for row in rows}
    ordered: list[Category] = []
    while len(ordered) < len(rows):
        known = {row.id for row in ordered}
        ready = [row for row in rows if row.id not in known and (row.parent_id in known or row.parent_id not in codes)]
        ordered.extend(ready)
    return [
        {
            "kind": str(row.kind),
            "code": row.code,
            "name": row.name,
            "position": row.position,
            "parent": codes.get(row.parent_id or 0),
        }
        for row in ordered
    ]


def _views(form: Form, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the views shared with the whole county, without the places they name."""
    query = sa.select(RegisterView).where(RegisterView.form_id == form.id, RegisterView.org_id == form.county_id)
    found = []
    for view in db.session.scalars(query.order_by(RegisterView.name, RegisterView.id)):
        named = places_in(view.document, document)
        kept = [one for one in view.document.get("conditions", ()) if one not in named]
        shown = {**view.document, **({"conditions": kept} if "conditions" in view.document else {})}
        found.append({"form": form.key, "name": view.name, "role": view.role, "document": shown})
    return found


def _templates(form: Form) -> list[dict[str, Any]]:
    kept = db.session.scalar(sa.select(FormWorkbook).where(FormWorkbook.form_id == form.id))
    if kept is None:
        return []
    content = base64.b64encode(kept.content).decode()
    return [{"form": form.key, "name": kept.name, "content": content, "names": kept.names}]
