"""Acts on category lists: create, change, end, delete what nobody uses, and the list every county begins with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.categories import Category, CategoryKind
from queries.categories import below, code_taken
from queries.references import references
from services.access import require
from services.audit import changes, record_audit
from services.locking import advance, lock
from services.refusals import Refusal
from services.transaction import transaction

# Classes of disputes in the return of the 司法行政 authorities (人民调解统计报表), in its order.
DISPUTES = (
    ("marriage", "婚姻家庭纠纷"), ("neighbour", "邻里纠纷"), ("homestead", "房屋宅基地纠纷"),
    ("contract", "合同纠纷"), ("business", "生产经营纠纷"), ("damage", "损害赔偿纠纷"),
    ("forest", "山林土地纠纷"), ("expropriation", "征地拆迁纠纷"), ("pollution", "环境污染纠纷"),
    ("labour", "劳动争议纠纷"), ("consumer", "消费纠纷"), ("medical", "医疗纠纷"),
    ("traffic", "道路交通事故纠纷"), ("property", "物业纠纷"), ("other", "其他纠纷"),
)  # fmt: skip


class CategoryRefused(Refusal):
    """An entry that would not fit the list; `field` says which answer is wrong."""

    def __init__(self, field: str, message: Any) -> None:
        self.field = field
        super().__init__(message)


@transaction
def create_category(
    county_id: int,
    *,
    kind: CategoryKind,
    code: str,
    name: str,
    valid_from: date,
    actor: Actor,
    at: datetime,
    parent_id: int | None = None,
    position: int = 0,
    valid_to: date | None = None,
) -> Category:
    """Add an entry to a county's list. Raises CategoryRefused, NotAllowed, NotFound."""
    category = Category(
        county_id=county_id, kind=kind, code=code, name=name, parent_id=parent_id, position=position,
        valid_from=valid_from, valid_to=valid_to,
    )  # fmt: skip
    require(actor, "category:manage", category)
    _check(category)
    db.session.add(category)
    after = {"kind": kind, "code": code, "name": name, "parent_id": parent_id, "valid_from": valid_from}
    record_audit("category:create", category, actor=actor, at=at, after=after)
    return category


@transaction
def change_category(
    category: Category,
    *,
    row_version: int,
    code: str,
    name: str,
    valid_from: date,
    actor: Actor,
    at: datetime,
    parent_id: int | None = None,
    position: int = 0,
    valid_to: date | None = None,
) -> Category:
    """Change an entry; a valid_to ends it, its kind never changes. Raises CategoryRefused and Stale."""
    lock(category)
    require(actor, "category:manage", category)
    advance(category, row_version)
    category.code, category.name, category.position = code, name, position
    category.parent_id, category.valid_from, category.valid_to = parent_id, valid_from, valid_to
    before, after = changes(category)
    with db.session.no_autoflush:
        _check(category)
    record_audit("category:change", category, actor=actor, at=at, before=before, after=after)
    return category


@transaction
def delete_category(category: Category, *, actor: Actor, at: datetime) -> None:
    """Delete an entry that nothing points to. Raises CategoryRefused when it is in use."""
    lock(category)
    require(actor, "category:manage", category)
    if references(category):
        raise CategoryRefused("", _l("这个类别下面还有类别，或已经被使用，不能删除。请改填停用日期。"))
    before = {"kind": category.kind, "code": category.code, "name": category.name}
    record_audit("category:delete", category, actor=actor, at=at, before=before)
    db.session.delete(category)


@transaction
def seed_categories(county_id: int, *, valid_from: date, actor: Actor, at: datetime) -> list[Category]:
    """Give a county the 15 classes of disputes; entries it already has are left alone."""
    return [
        create_category(
            county_id, kind=CategoryKind.DISPUTE, code=code, name=name, position=position * 10,
            valid_from=valid_from, actor=actor, at=at,
        )
        for position, (code, name) in enumerate(DISPUTES, start=1)
        if not code_taken(county_id, CategoryKind.DISPUTE, code)
    ]  # fmt: skip


def _check(category: Category) -> None:
    if code_taken(category.county_id, category.kind, category.code, apart_from=category.id):
        raise CategoryRefused("code", _l("这个编号已经有了，同一种类里编号不能重复。"))
    if category.valid_to is not None and category.valid_to <= category.valid_from:
        raise CategoryRefused("valid_to", _l("停用日期要晚于启用日期。"))
    if category.parent_id is None:
        return
    parent = db.session.get(Category, category.parent_id)
    if parent is None or (parent.county_id, parent.kind) != (category.county_id, category.kind):
        raise CategoryRefused("parent_id", _l("上级要在同一种类里选。"))
    if category.id is not None and category.parent_id in below(category):
        raise CategoryRefused("parent_id", _l("上级不能是它自己，也不能是它下面的类别。"))
