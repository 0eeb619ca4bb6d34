"""Documents, sound and signatures: judged by what they are, kept apart, served only as what they are."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from models.base import db
from models.drafts import Draft
from models.files import File
from models.records import Record
from services.drafts import contents
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.entry import begin, picture, post_page
from tests.support.registers import publish
from tests.support.things import DOCX, HTML, M4A, PDF, WAV, drawing

PLACE = {"f5": "30.638521 119.68531 12"}
FORM: dict[str, Any] = {
    "schema": "zhiye-form/1", "key": "things", "title": "材料登记",
    "pages": [{"id": "p1", "title": "材料", "items": [
        {"fid": "f0", "key": "place", "type": "org", "label": "村", "level": "village", "default": {"user": "village"}},
        {"fid": "f1", "key": "papers", "type": "file", "label": "证明材料", "multiple": 3, "max_mb": 1},
        {"fid": "f2", "key": "voice", "type": "audio", "label": "当事人录音"},
        {"fid": "f3", "key": "signed", "type": "signature", "label": "当事人签名", "required": True},
        {"fid": "f5", "key": "scene", "type": "image", "label": "现场照片", "multiple": 2, "place_time": True},
        {"fid": "f6", "key": "people", "type": "repeat", "label": "见证人", "min": 1, "items": [
            {"fid": "f7", "key": "witness", "type": "signature", "label": "见证人签名"}]},
    ]}],
}  # fmt: skip


@pytest.fixture
def worker(cast: Cast, client: JudgingClient) -> JudgingClient:
    publish(cast, FORM)
    cast.sign_in(client, "grid.yucun")
    return client


def send(client: JudgingClient, uid: str, at: str, *sent: tuple[bytes, str], **more: Any) -> Any:
    uploads = {f"f_{at}": [(io.BytesIO(data), name) for data, name in sent]}
    return post_page(client, uid, 1, {}, act="refresh", rows=rows(uid), **uploads, **more)


def rows(uid: str) -> list[str]:
    return [f"f6/{row['_id']}" for row in answers(uid)["f6"]]


def files() -> list[File]:
    return list(db.session.scalars(sa.select(File).order_by(File.id)))


def answers(uid: str) -> dict[str, Any]:
    return contents(db.session.scalars(sa.select(Draft).where(Draft.uid == uid)).one()).answers


def test_documents_sound_and_signatures_go_the_whole_way(worker: JudgingClient, cast: Cast) -> None:
    uid = begin(worker, "things")
    row = answers(uid)["f6"][0]["_id"]
    assert (
        send(worker, uid, "f1", (DOCX, "证明.docx"), ("姓名,岁数\n张三,40".encode("gb18030"), "名单.csv")).status_code
        == 200
    )
    send(worker, uid, "f2", (M4A, "陈述.m4a"))
    send(worker, uid, "f3", (drawing(), "signature.png"))
    send(worker, uid, "f5", (picture(), "a.jpg"), p_f5=PLACE["f5"])
    send(worker, uid, f"f6/{row}/f7", (drawing(), "signature.png"))
    kinds = [file.mime.rsplit(".", 1)[-1] for file in files()]
    assert kinds == ["document", "text/csv", "audio/mp4", "image/png", "image/jpeg", "image/png"]
    page = worker.get(f"/field/e/{uid}/1").text
    for told in ("证明.docx", "<audio", "重签", "30.63852, 119.68531（误差 12 米）"):
        assert told in page, told
    assert "名单.csv" in worker.get(f"/field/e/{uid}/check").text
    assert worker.post(f"/field/e/{uid}/check").location == f"/field/done/{uid}"
    record = db.session.scalars(sa.select(Record)).one()
    assert {file.record_id for file in files()} == {record.id}
    cast.sign_in(worker, "official.yucun")
    details = worker.get(f"/admin/f/things/{record.id}/").text
    for told in ("证明.docx", "<audio", 'class="signature"', "上传<br>30.63852", "名单.csv"):
        assert told in details, told
    told = worker.get("/admin/f/things/export?type=csv").data.decode("utf-8-sig")
    assert "证明.docx、名单.csv" in told
    assert "已签名" in told
    assert "30.63852" in told


def test_a_document_is_saved_and_never_opened_in_place_and_sound_is_served_in_parts(worker: JudgingClient) -> None:
    uid = begin(worker, "things")
    send(worker, uid, "f1", (PDF, "../判决 书.pdf"))
    send(worker, uid, "f2", (WAV, "a.wav"))
    paper, sound = files()
    answer = worker.get(f"/files/{paper.uid}")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="file.pdf"; filename*=UTF-8')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    part = worker.get(f"/files/{sound.uid}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"RIFF", f"bytes 0-3/{len(WAV)}")
    assert part.headers["Content-Disposition"].startswith("inline")
    assert worker.get(f"/files/{sound.uid}", headers={"Range": "bytes=999-"}).status_code == 416


def test_what_is_refused_is_told_beside_its_field_and_nothing_of_it_is_kept(worker: JudgingClient) -> None:
    uid = begin(worker, "things")
    for at, content, name, told in (
        ("f1", HTML, "文书.pdf", "不能上传这种文件"),
        ("f2", HTML, "a.mp3", "不是能用的录音"),
    ):
        answer = send(worker, uid, at, (content, name))
        assert answer.status_code == 422
        assert f"“{name}”没有上传" in answer.text
        assert told in answer.text
    assert not files()


def test_a_place_that_is_none_is_left_out_and_said_and_the_camera_s_clock_is_kept(worker: JudgingClient) -> None:
    uid = begin(worker, "things")
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:11:20 08:15:00"
    answer = send(worker, uid, "f5", (picture(exif=exif), "a.jpg"), p_f5="这里 999 x")
    assert "2026-11-20 08:15 拍摄" in answer.text
    assert "没有地点" in answer.text
    file = files()[0]
    assert (file.latitude, file.accuracy) == (None, None)
    send(worker, uid, "f1", (picture(exif=exif), "b.jpg"), p_f1=PLACE["f5"])
    assert files()[1].taken_at is None  # only where the form asks for it
