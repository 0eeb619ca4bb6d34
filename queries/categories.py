"""Category lists as reads: the tree of a kind, and what may stand above an entry."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.categories import Category, CategoryKind
from queries.scope import in_scope

TREE_MAX = 2_000


def category_tree(actor: Actor, permission: str = "category:list", *, where: Any = None) -> list[tuple[int, Category]]:
    """Return (depth, entry) of the entries an actor may see, kind by kind, each below its parent, in their order."""
    query = sa.select(Category).where(in_scope(Category, actor, permission))
    if where is not None:
        query = query.where(where)
    rows = db.session.scalars(query.order_by(Category.kind, Category.position, Category.id).limit(TREE_MAX)).all()
    shown = {row.id for row in rows}
    children: dict[int | None, list[Category]] = {}
    for row in rows:
        children.setdefault(row.parent_id if row.parent_id in shown else None, []).append(row)
    return list(_walk(children, None, 0))


def _walk(children: dict[int | None, list[Category]], parent: int | None, depth: int) -> Any:
    for row in children.get(parent, ()):
        yield depth, row
        yield from _walk(children, row.id, depth + 1)


def category_choices(actor: Actor, kind: CategoryKind, *, on: date) -> list[Category]:
    """Return the entries of a kind that may be chosen on a day, parents before children."""
    valid = sa.and_(
        Category.kind == kind,
        Category.valid_from <= on,
        sa.or_(Category.valid_to.is_(None), Category.valid_to > on),
    )
    return [row for _depth, row in category_tree(actor, where=valid)]


def below(category: Category) -> set[int]:
    """Return the ids of an entry and of everything under it."""
    tree = sa.select(Category.id).where(Category.id == category.id).cte("below", recursive=True)
    tree = tree.union(sa.select(Category.id).join(tree, Category.parent_id == tree.c.id))
    return set(db.session.scalars(sa.select(tree.c.id)))


def code_taken(county_id: int, kind: CategoryKind, code: str, *, apart_from: int | None = None) -> bool:
    query = sa.select(Category.id).where(
        Category.county_id == county_id, Category.kind == kind, Category.code == code, Category.id != (apart_from or 0)
    )
    return db.session.scalar(query) is not None
