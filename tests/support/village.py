"""What lies in 余村村 for the tests of scope: one of everything, each with a mark that nothing else carries."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import sqlalchemy as sa

from models.accounts import Membership, SignIn, User
from models.audit import AuditEvent
from models.base import db
from models.calendar import CalendarDay, DayStatus
from models.categories import Category, CategoryKind
from models.claims import ClaimStep, CoinClaim
from models.coins import CoinHold, CoinJournal
from models.comments import Comment
from models.drafts import Draft
from models.exports import ExportJob, ExportState
from models.files import File
from models.forms import Form
from models.imports import ImportRun, ImportState
from models.messages import Notice, Outbox
from models.orgs import OrgName, OrgUnit
from models.people import Household, Resident
from models.point_rules import RuleItem, RuleSet
from models.records import Record, RecordRevision
from models.stations import CoinGood, CoinStation, CoinStock, MoveKind
from models.tokens import ApiToken
from models.views import RegisterView
from models.webhooks import Webhook
from queries.records import Request, page
from services import claims, coins, redemptions
from services.claim_filing import Asked, file_claim
from services.comments import write_comment
from services.files import FileStore
from services.goods import create_good
from services.people import create_household, create_resident
from services.records import change_record
from services.stations import create_station
from services.stock import move_goods
from services.transaction import write_transaction
from services.views import create_view
from tests.pages import JudgingClient
from tests.support import points
from tests.support.cast import AT, SINCE, TODAY, Cast
from tests.support.entry import DISPUTE, PAGE_1, PAGE_2, PAGE_3, begin, picture, post_page
from tests.support.entry import publish as publish_version
from tests.support.registers import enter

# The marks. People look for WORD; only pages that show the thing itself say more than that.
WORD = "暗号"
STORY = "暗号经过楼板渗水"
WHO = "暗号甲乙"
PHONE, PHONE_MASK = "13977665544", "139****5544"
PHOTO = "暗号照片.jpg"
REMARK = "暗号备注一句"
REASON = "暗号补充理由"
DRAFT = "暗号草稿说明"
DRAFT_PHOTO = "暗号草稿照片.jpg"
HOUSE, HOUSE_HINT = "暗号户七号", "暗号路门牌"
RESIDENT = "暗号居民"
DEED, PROOF = "暗号善举", "暗号证人"
ADDRESS = "暗号路七号楼"
RESIDENT_PHONE, RESIDENT_PHONE_MASK = "13833221177", "138****1177"
NOTICE = "暗号通知一则"
IMPORTED = "暗号导入表.xlsx"
EXPORTED = "暗号导出表.xlsx"
TOKEN = "暗号令牌"
HOOK = "暗号推送"
USER = "暗号同事"
NOTE = "暗号组织说明"
PAST_NAME = "暗号旧村名"
STATION = "暗号易站"
KEY = "dispute"
VILLAGE_COUNTY = "安吉县综治中心"
NUMBER_MARK = "record number"


def register() -> dict[str, Any]:
    """Return the neighbours' register with everything findable: indexed, searchable, listed."""
    document = copy.deepcopy(DISPUTE)
    document["title"] = {"zh_Hans_CN": "邻里纠纷登记", "en": "Neighbours"}
    document["list"] = ["village", "kind", "amount", "story"]
    for item in (item for sheet in document["pages"] for item in sheet["items"]):
        if item["fid"] in {"a1", "a2", "a4", "a5"}:
            item["index"] = True
        if item["fid"] in {"b1", "c1"}:
            item["search"] = True
    return document


@dataclass
class Village:
    """Everything of 余村村 by the names that addresses use."""

    cast: Cast
    form_id: int = 0
    record_id: int = 0
    number: str = ""
    draft: str = ""
    record_uid: str = ""
    view: str = ""
    cursor: str = ""
    photo: str = ""
    draft_photo: str = ""
    ids: dict[str, int] = field(default_factory=dict)
    exchanged: dict[str, str] = field(default_factory=dict)
    coins: dict[str, str] = field(default_factory=dict)

    def marks(self) -> dict[str, str]:
        """Return each mark with what it betrays."""
        return {
            STORY: "the answers", WHO: "the party's name", PHONE: "the phone", PHONE_MASK: "the masked phone",
            PHOTO: "the photograph", REMARK: "the remark", REASON: "the revision's reason", DRAFT: "the draft",
            DRAFT_PHOTO: "the draft's photograph", HOUSE: "the household", HOUSE_HINT: "the household's place",
            RESIDENT: "the resident", ADDRESS: "the resident's address", USER: "the user", NOTE: "the unit's note",
            PAST_NAME: "the unit's earlier name", RESIDENT_PHONE: "the resident's phone",
            RESIDENT_PHONE_MASK: "the resident's masked phone", NOTICE: "the notice", TOKEN: "the token",
            STATION: "the station", DEED: "the claim", PROOF: "the claim's evidence",
            HOOK: "the webhook", IMPORTED: "the import", EXPORTED: "the export",
            self.number: NUMBER_MARK,
        }  # fmt: skip

    def rows(self) -> dict[str, Any]:
        """Return all that outsiders must not change, as it stands in the database now."""
        kept: dict[str, Any] = {}
        watched: tuple[tuple[Any, Any], ...] = (
            (Record, Record.form_id == self.form_id),
            (RecordRevision, sa.true()),
            (Comment, sa.true()),
            (Draft, Draft.uid == self.draft),
            (File, File.uid.in_([self.photo, self.draft_photo])),
            (Household, sa.true()),
            (Resident, sa.true()),
            (OrgUnit, OrgUnit.county_id == self.cast.units[VILLAGE_COUNTY]),
            (OrgName, OrgName.org_id == self.cast.units["余村村"]),
            (User, User.id.in_([self.ids["user"], self.cast.users["grid.yucun"]])),
            (Membership, Membership.user_id.in_([self.ids["user"], self.cast.users["grid.yucun"]])),
            (SignIn, SignIn.id == self.ids["sign_in"]),
            (Notice, Notice.id == self.ids["notice"]),
            (ImportRun, ImportRun.uid == self.exchanged["run"]),
            (ExportJob, ExportJob.uid == self.exchanged["job"]),
            (ApiToken, ApiToken.id == self.ids["token"]),
            (Webhook, Webhook.id == self.ids["webhook"]),
            (Form, Form.id == self.form_id),
            (RegisterView, RegisterView.uid == self.view),
            (CoinJournal, CoinJournal.village_id == self.ids["unit"]),
            (CoinClaim, CoinClaim.village_id == self.ids["unit"]),
            (ClaimStep, sa.true()),
            (RuleSet, RuleSet.county_id == self.cast.units[VILLAGE_COUNTY]),
            (RuleItem, sa.true()),
            (CoinStation, CoinStation.village_id == self.ids["unit"]),
            (CoinHold, CoinHold.station_id == self.ids["station"]),
            (CoinStock, CoinStock.station_id == self.ids["station"]),
            (CoinGood, CoinGood.county_id == self.cast.units[VILLAGE_COUNTY]),
            (Category, Category.county_id == self.cast.units[VILLAGE_COUNTY]),
        )
        for model, where in watched:
            columns = [column for column in model.__table__.columns if column.name != "last_seen_at"]
            key = sa.inspect(model).primary_key
            kept[model.__tablename__] = [
                dict(row) for row in db.session.execute(sa.select(*columns).where(where).order_by(*key)).mappings()
            ]
        return kept


def settle(cast: Cast, client: JudgingClient, document: dict[str, Any] | None = None) -> Village:
    """Put one of everything into 余村村: the register's things through the pages, the rest by hand."""
    village = Village(cast)
    village.form_id = cast.publish(document or register(), "LLJF")
    publish_version(cast, register(), county="邻县综治中心")  # the same key next door must not open this one
    cast.sign_in(client, "grid.yucun")
    _enter(village, client)
    _begin_draft(village, client)
    _change(village)
    _people(village)
    _view(village)
    with write_transaction():
        _colleague(village)
        _loose_ends(village)
        _exchange(village)
    _coins(village)
    _claim(village)
    village.ids["audit"] = db.session.scalar(
        sa.select(AuditEvent.id).where(AuditEvent.act == "record:change").order_by(AuditEvent.id.desc()).limit(1)
    )  # type: ignore[assignment]
    return village


def _enter(village: Village, client: JudgingClient) -> None:
    uid = begin(client)
    post_page(client, uid, 1, {**PAGE_1, "a8": [(BytesIO(picture()), PHOTO)]})
    post_page(client, uid, 2, {**PAGE_2, "b1": WHO, "b3": PHONE})
    post_page(client, uid, 3, {**PAGE_3, "c1": STORY})
    assert client.post(f"/field/e/{uid}/check").status_code == 302
    record = db.session.scalars(sa.select(Record).where(Record.uid == uid)).one()
    village.record_id, village.record_uid, village.number = record.id, uid, record.number
    village.photo = db.session.scalars(sa.select(File.uid).where(File.record_id == record.id)).one()
    enter(village.cast, db.session.get_one(Form, village.form_id), b1="丁某", c1="后来的一条", a4="2026-11-21", a5="5")
    newest = page(db.session.get_one(Form, village.form_id), village.cast.actor("admin"), Request(limit=1))
    village.cursor = str(newest.next)  # a page that begins here begins with the marked record


def _begin_draft(village: Village, client: JudgingClient) -> None:
    village.draft = begin(client)
    answers = {**PAGE_1, "a2": "other", "a3": DRAFT, "a8": [(BytesIO(picture()), DRAFT_PHOTO)]}
    post_page(client, village.draft, 1, answers)
    post_page(client, village.draft, 1, answers | {"a8": []})  # the other kind's field is asked only now
    village.draft_photo = db.session.scalars(sa.select(File.uid).where(File.draft_uid == village.draft)).one()


def _change(village: Village) -> None:
    record = db.session.get_one(Record, village.record_id)
    raw = {fid: "" if isinstance(value, dict) else value for fid, value in record.answers.items()} | {"a5": "301"}
    change_record(
        record, raw=raw, row_version=record.row_version, reason=REASON, actor=village.cast.actor("official.yucun"),
        at=AT, today=TODAY,
    )  # fmt: skip
    write_comment(
        db.session.get_one(Record, village.record_id), text=REMARK, actor=village.cast.actor("official.yucun"), at=AT
    )


def _view(village: Village) -> None:
    form = db.session.get_one(Form, village.form_id)
    kept = {"conditions": [{"fid": "a2", "op": "eq", "values": ["leak"]}], "chart": {"split": "a2"}}
    owner = village.cast.actor("official.yucun")
    village.view = create_view(form, name="只看漏水", document=kept, actor=owner, at=AT).uid


def _people(village: Village) -> None:
    actor, unit_id = village.cast.actor("official.yucun"), village.cast.units["余村村"]
    house = {"code": HOUSE, "head_name": RESIDENT, "address": ADDRESS, "address_hint": HOUSE_HINT}
    village.ids["household"] = create_household(unit_id, answers=house, actor=actor, at=AT).id
    person = {"name": RESIDENT, "phone": RESIDENT_PHONE, "address": ADDRESS, "household_code": HOUSE}
    village.ids["resident"] = create_resident(unit_id, answers=person, actor=actor, at=AT).id


def _colleague(village: Village) -> None:
    unit = village.cast.unit("余村村")
    worker = village.cast.user("grid.yucun")
    colleague = User(
        county_id=unit.county_id, username="marked.yucun", name=USER, password_hash=worker.password_hash, created_at=AT
    )
    colleague.memberships.append(Membership(org_id=unit.id, role="grid_worker", valid_from=SINCE))
    db.session.add(colleague)
    db.session.flush()
    village.ids |= {"user": colleague.id, "membership": colleague.memberships[0].id}


def _loose_ends(village: Village) -> None:
    """Add what hangs on others: the unit's note and earlier name, a notice, an open sign-in, a category."""
    unit, worker = village.cast.unit("余村村"), village.cast.user("grid.yucun")
    unit.note = NOTE
    db.session.add(OrgName(org_id=unit.id, name=PAST_NAME, valid_from=SINCE, valid_to=AT.date()))
    category = Category(
        county_id=unit.county_id, kind=CategoryKind.DISPUTE, code="C1", name="邻里纠纷", position=1, valid_from=SINCE
    )
    sent = Outbox(channel="notice", user_id=worker.id, body={"text": WORD}, created_at=AT, not_before=AT)
    day = CalendarDay(day=date(2026, 11, 20), is_work=True, status=DayStatus.OFFICIAL)
    db.session.add_all([category, sent, day])
    db.session.flush()
    notice = Notice(outbox_id=sent.id, user_id=worker.id, text=NOTICE, created_at=AT)
    db.session.add(notice)
    db.session.flush()
    sign_in = db.session.scalars(sa.select(SignIn.id).where(SignIn.user_id == worker.id).limit(1)).one()
    token = ApiToken(
        user_id=worker.id, kind="personal", name=TOKEN, token_hash="x" * 64, tail="abcd", scopes=["read"], forms=[],
        created_at=AT, expires_at=AT + timedelta(days=300),
    )  # fmt: skip
    hook = Webhook(
        county_id=unit.county_id, name=HOOK, url="https://receiver.invalid/", secret_sealed="x", events=[], forms=[],
        created_at=AT,
    )  # fmt: skip
    db.session.add_all([token, hook])
    db.session.flush()
    village.ids |= {"token": token.id, "webhook": hook.id}
    village.ids |= {"category": category.id, "notice": notice.id, "sign_in": sign_in, "unit": unit.id}


def _exchange(village: Village) -> None:
    """Add an import and an export of the village's official."""
    unit, official = village.cast.unit("余村村"), village.cast.user("official.yucun")
    village.exchanged |= {"run": "1" * 32, "job": "2" * 32}
    place: dict[str, Any] = {
        "county_id": unit.county_id, "town_id": unit.town_id, "village_id": unit.id, "org_id": unit.id,
        "form_id": village.form_id, "created_at": AT,
    }  # fmt: skip
    run = ImportRun(
        uid=village.exchanged["run"], version=1, author_id=official.id, filename=IMPORTED, sha256="x" * 64, mapping={},
        problems=[], state=ImportState.DONE, updated_at=AT, **place,
    )  # fmt: skip
    job = ExportJob(
        uid=village.exchanged["job"], owner_id=official.id, request={}, options={}, state=ExportState.DONE,
        filename=EXPORTED, expires_at=AT + timedelta(days=3650), **place,
    )  # fmt: skip
    db.session.add_all([run, job])
    folder = village.cast.app.config["ZHIYE"].data_dir / "exports"
    file = FileStore(folder, 0).path(job.uid)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(STORY, encoding="utf-8")


def _coins(village: Village) -> None:
    """Add two stations with rice, coins of the household, a redemption, a voucher, and a villager who lives there."""
    cast, official = village.cast, village.cast.actor("official.yucun")
    by: dict[str, Any] = {"at": AT, "today": TODAY}
    unit_id = cast.units["余村村"]
    stations = [
        create_station(
            db.session.get_one(OrgUnit, unit_id), code=code, name=name, opened_on=SINCE, actor=official, at=AT
        ).id
        for code, name in (("YZ1", STATION), ("YZ2", f"{STATION}二"))
    ]
    county = cast.units[VILLAGE_COUNTY]
    rice = create_good(
        county, code="6901", name="大米", unit="袋", price=10, on_sale=True, actor=cast.actor("admin"), at=AT
    ).id
    village.ids |= {"station": stations[0], "good": rice}
    with write_transaction():
        move_goods(stations[0], {rice: (50, None)}, MoveKind.IN, actor=official, at=AT)
        cast.user("villager.yucun").resident_id = village.ids["resident"]
    above = cast.actor("official.tianhuangping")
    village.coins["allotment"] = "a" * 32
    coins.allot(
        cast.unit("余村村"), amount=500, quarter="2026Q4", uid=village.coins["allotment"], actor=above, **by
    )  # fmt: skip

    def home() -> Household:
        return db.session.get_one(Household, village.ids["household"])

    village.coins["award"] = "b" * 32
    coins.earn(home(), points=90, uid=village.coins["award"], effective_on=TODAY, expires_on=None, actor=official, **by)
    village.coins["receipt"] = "c" * 32
    clerk, station = cast.actor("clerk.yucun"), db.session.get_one(CoinStation, stations[0])
    redemptions.redeem(home().id, station.id, {rice: 1}, uid=village.coins["receipt"], actor=clerk, **by)
    station = db.session.get_one(CoinStation, stations[0])
    village.coins["settlement"] = "f" * 32
    coins.settle_station(
        station, amount=3, uid=village.coins["settlement"], actor=cast.actor("official.tianhuangping"), **by
    )
    station = db.session.get_one(CoinStation, stations[0])
    village.coins["code"] = redemptions.hold(home().id, station.id, {rice: 2}, uid="d" * 32, actor=clerk, **by).code


def _claim(village: Village) -> None:
    """Add a claim of the household that stands on the public notice, because the villager there objected to it."""
    cast = village.cast
    rules = points.publish_rules(cast)
    village.ids["rules"] = rules.id
    home = db.session.get_one(Household, village.ids["household"])
    asked = Asked(item=points.item("clean"), points=5, done_on=TODAY, what=DEED, evidence=PROOF)
    worker, official = cast.actor("grid.yucun"), cast.actor("official.yucun")
    claim = file_claim(home, asked, uid="e" * 32, actor=worker, at=AT, today=TODAY)
    claims.agree(claim, actor=official, at=AT)
    claims.approve(claim, actor=official, at=AT, today=TODAY)
    claims.object_to(claim, note="记错了人家", actor=cast.actor("villager.yucun"), at=AT, today=TODAY)
    village.coins["claim"] = claim.uid
