"""Exports: at once or behind the page, labels or codes, rows on their own sheets, attachments beside them."""

from __future__ import annotations

import copy
import io
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from python_calamine import load_workbook

from jobs.exports import write_export
from models.base import db
from models.exports import ExportJob, ExportState
from models.forms import Form
from models.messages import Outbox
from models.records import Record
from queries import exports
from queries.conditions import Filter, Request
from queries.export_rows import Options
from services import exports as acts
from services.files import store_upload
from shell.files import export_store, file_store
from tests.pages import JudgingClient
from tests.support.cast import AT, TODAY, Cast
from tests.support.entry import picture
from tests.support.registers import PHONE, REGISTER, change, enter, publish, with_tenants

ADDRESS = "/admin/f/quarrels/exports/"
OFFICIAL = "official.tianhuangping"


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = load_workbook(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def taken(cast: Cast, form: Form, options: Options) -> acts.Export:
    return acts.export_records(form, Request(), options=options, actor=cast.actor(OFFICIAL), at=AT, today=TODAY)


def test_rows_of_repeats_have_their_own_sheets_with_the_number_they_belong_to(cast: Cast) -> None:
    form = publish(cast, with_tenants())
    worker = {"d1": "=小王", "d2": "worker", "d4": [{"d5": "浙E1"}, {"d5": "浙E2"}]}
    enter(cast, form, d0=[worker, {"d1": "小李", "d2": "other"}])
    enter(cast, form)
    told = sheets(taken(cast, form, Options()).content)
    assert list(told) == ["邻里纠纷登记", "租客", "车辆"]
    assert told["租客"] == [
        ["编号", "行号", "称呼", "身份", "其他说明"],
        ["QU-000001", 1, "'=小王", "务工", "条件隐藏"],
        ["QU-000001", 2, "小李", "其他", ""],
    ]
    assert told["车辆"] == [
        ["编号", "上级行号", "行号", "车牌"],
        ["QU-000001", 1, 1, "浙E1"],
        ["QU-000001", 1, 2, "浙E2"],
    ]
    coded = sheets(taken(cast, form, Options(fids=("a2", "d0"), codes=True)).content)
    assert coded["邻里纠纷登记"][0] == ["number", "created_at", "town", "village", "kind", "tenants"]
    assert coded["邻里纠纷登记"][1][4:] == ["leak", ""]
    assert coded["租客"][1][3] == "worker"
    made = taken(cast, form, Options(kind="csv"))
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert made.filename.endswith(".zip")
        assert sorted(archive.namelist()) == ["租客.csv", "车辆.csv", "邻里纠纷登记.csv"]


def test_attachments_go_along_under_the_number_of_their_record(app: Flask, cast: Cast) -> None:
    document = copy.deepcopy(REGISTER)
    photos = {"fid": "e1", "key": "photo", "type": "image", "label": "照片", "multiple": 2}
    document["pages"][1]["items"].append(photos)
    form, actor = publish(cast, document), cast.actor(OFFICIAL)
    record = enter(cast, form)
    with app.test_request_context():
        store = file_store()
        uids = [
            store_upload(store, io.BytesIO(picture()), filename=name, record=record, fid="e1", actor=actor, at=AT).uid
            for name in ("门口.jpg", "楼道.jpg")
        ]
        change(cast, record, OFFICIAL, e1=uids)
        job_id = acts.ask_export(form, Request(), Options(files=True), actor=actor, at=AT).id
        assert acts.begin_export(job_id, at=AT)
        acts.run_export(
            job_id, actor=actor, at=lambda: AT, today=TODAY, locale="zh_Hans_CN", store=export_store(), files=store
        )
        job = db.session.get_one(ExportJob, job_id)
        with zipfile.ZipFile(export_store().path(job.uid)) as archive:
            assert archive.namelist() == [
                "附件/QU-000001-photo-1.jpg", "附件/QU-000001-photo-2.jpg", "邻里纠纷登记.xlsx",
            ]  # fmt: skip
            assert archive.read("附件/QU-000001-photo-1.jpg") == store.path(uids[0]).read_bytes()


def test_a_long_export_is_written_behind_the_page_and_fetched_by_its_owner_alone(
    app: Flask, cast: Cast, client: JudgingClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(exports, "EXPORT_MOST", 2)
    monkeypatch.setattr("admin.hub_export.enqueue", lambda _name, **given: asked.append(given))
    for number in range(4):
        enter(cast, form, b3=PHONE, a5=str(number))
    enter(cast, form, "official.hongmiao", village="红庙村")
    cast.sign_in(client, OFFICIAL)
    assert "要导出的列" in client.get(f"{ADDRESS}?f_a2=leak").text
    address = client.post(ADDRESS, data={"type": "csv", "f_a2": "leak", "values": "labels"}).location
    assert "排队中" in client.get(address).text
    stored = db.session.scalars(sa.select(ExportJob.request)).one()
    assert "leak" not in str(stored)
    write_export.work(**asked[0])
    assert "共 4 条" in client.get(address).text
    with client.get(f"{address}file") as answer:
        text = answer.data.decode("utf-8-sig")
    assert text.count("QU-") == 4
    assert "138****2084" in text
    assert PHONE not in text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Outbox)) == 1
    for name in ("official.yucun", "admin", "official.next"):
        cast.sign_in(client, name)
        assert client.get(f"{address}file", judge=False).status_code == 404
    with app.test_request_context():
        assert acts.sweep_exports(export_store(), at=AT.replace(year=2030))
        assert not list(export_store().stored())
    cast.sign_in(client, OFFICIAL)
    assert "只保留一天" in client.get(address).text
    assert client.get(f"{address}file", judge=False).status_code == 404


def test_an_export_given_up_leaves_no_file(app: Flask, cast: Cast, form: Form) -> None:
    enter(cast, form)
    actor = cast.actor(OFFICIAL)
    job = acts.ask_export(form, Request(filters=(Filter("a2", "eq", ("leak",)),)), Options(), actor=actor, at=AT)
    job_id, uid = job.id, job.uid
    assert acts.begin_export(job_id, at=AT)
    acts.cancel_export(job, actor=actor, at=AT)
    with pytest.raises(acts.Cancelled), app.test_request_context():
        acts.run_export(
            job_id, actor=actor, at=lambda: AT, today=TODAY, locale="zh_Hans_CN", store=export_store(),
            files=export_store(),
        )  # fmt: skip
    acts.give_up(job_id, "", cancelled=True, at=AT)
    assert db.session.get_one(ExportJob, job_id).state == ExportState.CANCELLED
    with app.test_request_context():
        assert not export_store().path(uid).exists()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Record)) == 1
