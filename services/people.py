"""Acts on residents and households. ID number, phone and address are sealed; the audit keeps masks only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from engine.kinds.cn_id import birth_date
from models.access import Actor
from models.base import db
from models.orgs import Level, OrgUnit
from models.people import Household, Resident
from queries.people import household_by_code, household_code_taken, id_no_taken
from queries.scope import get_in_scope
from services.access import require
from services.audit import record_audit
from services.locking import advance, lock
from services.personal import PERSONAL, masked_changes, put, read, unsealed
from services.pinyin import sort_key
from services.purses import has_purse, move_purses
from services.refusals import NotFound, Refusal
from services.reveals import allow_reveal
from services.transaction import transaction

Answers = Mapping[str, Any]


class PersonRefused(Refusal):
    """An answer about a person or household that cannot be kept; `field` says which."""

    def __init__(self, field: str, message: Any) -> None:
        self.field = field
        super().__init__(message)


class NothingToReveal(Refusal):
    field = "which"
    message = _l("这一项没有填写，没有可以查看的内容。")


@transaction
def create_resident(village_id: int, *, answers: Answers, actor: Actor, at: datetime) -> Resident:
    """Register a resident of a village.

    `answers`: name, sex, birth_date, household_code, moved_out_on, id_no, phone, address (plain; sealed here).
    Raises PersonRefused, NotFound, NotAllowed.
    """
    resident = Resident(created_at=at, sex="unknown")
    _place(resident, village_id, actor, "resident:create")
    _fill_resident(resident, answers, actor, at)
    db.session.add(resident)
    record_audit("resident:create", resident, actor=actor, at=at, after=masked_changes(resident)[1])
    return resident


@transaction
def change_resident(
    resident: Resident, *, village_id: int, row_version: int, answers: Answers, actor: Actor, at: datetime
) -> Resident:
    """Change a resident. A sealed answer left blank keeps its value; names in answers["clear"] are emptied.

    Raises PersonRefused, Stale, NotFound, NotAllowed.
    """
    lock(resident)
    require(actor, "resident:edit", resident)
    advance(resident, row_version)
    with db.session.no_autoflush:
        _place(resident, village_id, actor, "resident:edit")
        _fill_resident(resident, answers, actor, at)
    before, after = masked_changes(resident)
    record_audit("resident:change", resident, actor=actor, at=at, before=before, after=after)
    return resident


@transaction
def delete_resident(resident: Resident, *, actor: Actor, at: datetime) -> None:
    """Delete a resident entered by mistake."""
    lock(resident)
    require(actor, "resident:delete", resident)
    record_audit("resident:delete", resident, actor=actor, at=at, before={"sex": resident.sex})
    db.session.delete(resident)


@transaction
def create_household(village_id: int, *, answers: Answers, actor: Actor, at: datetime) -> Household:
    """Register a household: code, head_name, address (sealed here), address_hint, closed_on. Raises PersonRefused."""
    household = Household(created_at=at)
    _place(household, village_id, actor, "household:create")
    _fill_household(household, answers, at)
    db.session.add(household)
    record_audit("household:create", household, actor=actor, at=at, after=masked_changes(household)[1])
    return household


@transaction
def change_household(
    household: Household, *, village_id: int, row_version: int, answers: Answers, actor: Actor, at: datetime
) -> Household:
    """Change a household; a blank address keeps what is stored. Raises PersonRefused, Stale, NotFound, NotAllowed."""
    lock(household)
    require(actor, "household:edit", household)
    advance(household, row_version)
    if household.members and village_id != household.village_id:
        raise PersonRefused("village_id", _l("这个家庭还有成员，请先把成员改到新的村。"))
    with db.session.no_autoflush:
        _place(household, village_id, actor, "household:edit")
        _fill_household(household, answers, at)
    move_purses(household)
    before, after = masked_changes(household)
    record_audit("household:change", household, actor=actor, at=at, before=before, after=after)
    return household


@transaction
def delete_household(household: Household, *, actor: Actor, at: datetime) -> None:
    """Delete a household without members. Raises PersonRefused while it has some."""
    lock(household)
    require(actor, "household:delete", household)
    if household.members:
        raise PersonRefused("", _l("这个家庭还有成员，不能删除。请先把成员改到别的家庭。"))
    if has_purse(household):
        raise PersonRefused("", _l("这个家庭有道德币账户，不能删除。搬走或销户的，请填写销户日期。"))
    record_audit("household:delete", household, actor=actor, at=at, before={"code": household.code})
    db.session.delete(household)


@transaction
def reveal(row: Resident | Household, which: str, *, reason: str, actor: Actor, at: datetime) -> str:
    """Return one sealed value in full, the reason in the audit.

    Raises ReasonMissing, TooManyReveals, NothingToReveal, NotFound, NotAllowed.
    """
    noun = row.__tablename__
    require(actor, f"{noun}:reveal", row)
    if which not in PERSONAL[noun]:
        raise NotFound
    reason = allow_reveal(row.county_id, reason=reason, actor=actor, at=at)
    text = unsealed(row, which)
    if text is None:
        raise NothingToReveal
    record_audit(f"{noun}:reveal", row, actor=actor, at=at, after={"field": which, "reason": reason})
    return text


def _place(row: Resident | Household, village_id: int, actor: Actor, permission: str) -> None:
    village = get_in_scope(OrgUnit, village_id, actor, permission)
    if village is None or village.level != Level.VILLAGE:
        raise PersonRefused("village_id", _l("请在您管辖的村里选一个。"))
    row.county_id, row.town_id, row.village_id = village.county_id or 0, village.town_id, village.id
    row.org_id = village.id
    require(actor, permission, row)


def _fill_resident(resident: Resident, answers: Answers, actor: Actor, at: datetime) -> None:
    resident.name = answers["name"]
    resident.pinyin = sort_key(resident.name)
    resident.sex = answers.get("sex") or "unknown"
    resident.birth_date = answers.get("birth_date")
    resident.moved_out_on = answers.get("moved_out_on")
    resident.household_id = _household_id(resident, answers.get("household_code") or "", actor)
    _fill_sealed(resident, answers, at.date())
    _read_id_no(resident)
    if resident.id_no_hash and id_no_taken(resident.county_id, resident.id_no_hash, apart_from=resident.id):
        # It names nobody: the other one may live where this actor sees nothing.
        raise PersonRefused("id_no", _l("这个身份证号在本县已经登记过，不能重复登记。需要迁入请联系县中心。"))
    resident.updated_at = at


def _read_id_no(resident: Resident) -> None:
    """Take birth date and sex from the ID number where they were left open (GB 11643: places 7-14 and 17)."""
    number = unsealed(resident, "id_no")
    if number is None:
        return
    resident.birth_date = resident.birth_date or birth_date(number)
    if resident.sex == "unknown":
        resident.sex = "male" if int(number[16]) % 2 else "female"


def _fill_household(household: Household, answers: Answers, at: datetime) -> None:
    code = answers["code"]
    if household_code_taken(household.county_id, code, apart_from=household.id):
        raise PersonRefused("code", _l("这个户编号已经有了，请换一个。"))
    household.code, household.head_name = code, answers["head_name"]
    household.pinyin = sort_key(household.head_name)
    household.address_hint = answers.get("address_hint") or ""
    household.closed_on = answers.get("closed_on")
    _fill_sealed(household, answers, at.date())
    household.updated_at = at


def _household_id(resident: Resident, code: str, actor: Actor) -> int | None:
    if not code:
        return None
    household = household_by_code(code, actor, "household:list")
    if household is None or household.village_id != resident.village_id:
        raise PersonRefused("household_code", _l("这个村里没有这个编号的家庭，请核对户编号。"))
    return household.id


def _fill_sealed(row: Resident | Household, answers: Answers, today: date) -> None:
    cleared = answers.get("clear") or ()
    for which in PERSONAL[row.__tablename__]:
        if which in cleared:
            put(row, which, None)
            continue
        text, wrong = read(which, answers.get(which), today)
        if wrong:
            raise PersonRefused(which, wrong)
        if text is not None:
            put(row, which, text)
