"""The demo county: seeds an empty database with organisations, accounts, forms and entries."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from models.access import Actor, Grant, Role
from models.accounts import User
from models.base import db
from models.forms import Form
from models.orgs import Level, OrgName, OrgUnit
from queries.accounts import memberships_of
from services import demo_county as county
from services.accounts import create_user, grant_role
from services.audit import record_audit
from services.calendar import seed_years
from services.categories import seed_categories
from services.county import county_unit
from services.demo_entries import demo_entries, demo_households
from services.demo_forms import FORMS
from services.forms import create_form, publish_form
from services.orgs import create_org
from services.people import create_household, create_resident
from services.records import create_record
from services.transaction import transaction

SINCE = date(2019, 1, 1)


def is_empty() -> bool:
    """Tell whether nothing has been set up yet: no organisation and no user."""
    return not db.session.scalar(sa.select(sa.exists().select_from(OrgUnit)))


@transaction
def seed_county(*, actor: Actor, at: datetime) -> OrgUnit:
    """Create the county centre, 15 townships, 208 villages, 18 departments, 13 committees and the named studios."""
    code, name = county.COUNTY
    centre = county_unit(code, name, valid_from=SINCE)
    for old, start, end in county.COUNTY_NAMES:
        db.session.add(OrgName(org_id=centre.id, name=old, valid_from=_year(start), valid_to=_year(end)))
    record_audit("org:create", centre, actor=actor, at=at, after={"code": code, "name": name})

    def unit(parent: OrgUnit, level: Level, number: str, name: str, note: str = "") -> OrgUnit:
        return create_org(parent, level=level, code=number, name=name, valid_from=SINCE, note=note, actor=actor, at=at)

    towns = {
        town: unit(centre, Level.TOWNSHIP, f"{code}{position:03d}", town)
        for position, town in enumerate(county.TOWNSHIPS, start=1)
    }
    for position, (town, village, note) in enumerate(county.villages(), start=1):
        unit(towns[town], Level.VILLAGE, f"{towns[town].code}{position:03d}", village, note)
    for position, department in enumerate(county.DEPARTMENTS, start=1):
        unit(centre, Level.DEPARTMENT, f"{code}B{position:02d}", department)
    for position, committee in enumerate(county.COMMITTEES, start=1):
        unit(centre, Level.COMMITTEE, f"{code}T{position:02d}", committee)
    for position, (studio, seat) in enumerate(county.STUDIOS, start=1):
        unit(towns[seat] if seat else centre, Level.STUDIO, f"{code}G{position:02d}", studio)
    seed_categories(centre.id, valid_from=SINCE, actor=actor, at=at)
    seed_years(actor=actor, at=at)
    return centre


@transaction
def seed_accounts(*, actor: Actor, at: datetime) -> list[User]:
    """Create the demo accounts, one per role, all with the published demo password."""
    users = []
    for username, name, role, org_name in county.ACCOUNTS:
        org = db.session.scalars(sa.select(OrgUnit).where(OrgUnit.name == org_name)).one()
        user = create_user(org, username=username, name=name, password=county.PASSWORD, demo=True, actor=actor, at=at)
        grant_role(user, org=org, role=Role(role), valid_from=SINCE, actor=actor, at=at)
        users.append(user)
    return users


def seed_forms(*, actor: Actor, at: datetime) -> list[Form]:
    """Create and publish the demo registers, each as an admin would."""
    centre = db.session.scalars(sa.select(OrgUnit).where(OrgUnit.level == Level.COUNTY)).one()
    forms = []
    for document, prefix in FORMS:
        title = document["title"]["zh_Hans_CN"]
        form = create_form(
            centre.id, key=document["key"], title=title, prefix=prefix, definition=document, actor=actor, at=at
        )
        publish_form(form, row_version=form.row_version, actor=actor, at=at)
        forms.append(form)
    return forms


def seed_records(forms: list[Form], *, at: datetime) -> int:
    """Enter demo entries over the last 36 days, each by its village's own worker or the township; return how many."""
    rows = demo_entries(at)
    actors = {name: _actor(name, at) for name in {row.author for row in rows}}
    by_key = {form.key: form for form in forms}
    for number, row in enumerate(rows):
        village = db.session.scalars(sa.select(OrgUnit.id).where(OrgUnit.name == row.village)).one()
        create_record(
            by_key[row.form], version=1, raw={"a1": village, **row.answers}, uid=f"{number:032x}",
            actor=actors[row.author], at=row.at, today=row.at.date(),
        )  # fmt: skip
    return len(rows)


def _actor(username: str, at: datetime) -> Actor:
    user = db.session.scalars(sa.select(User).where(User.username == username)).one()
    grants = tuple(
        Grant(Role(held.role), held.org_id, held.org.name, Level(held.org.level),
              held.org.county_id or 0, held.org.town_id, held.org.village_id)
        for held in memberships_of(user.id, at.date())
    )  # fmt: skip
    return Actor(user.id, user.username, user.name, grants=grants, origin="demo")


def seed_people(*, at: datetime) -> int:
    """Register demo households with two members each, by their village's own worker; return how many people."""
    people = 0
    for row in demo_households():
        worker = _actor(row.author, at)
        village = db.session.scalars(sa.select(OrgUnit.id).where(OrgUnit.name == row.village)).one()
        answers = {"code": row.code, "head_name": row.members[0]["name"], "address": row.address}
        create_household(village, answers=answers, actor=worker, at=at)
        for member in row.members:
            answers = {**member, "household_code": row.code, "address": row.address}
            create_resident(village, answers=answers, actor=worker, at=at)
            people += 1
    return people


def _year(year: int | None) -> date | None:
    return date(year, 1, 1) if year else None
