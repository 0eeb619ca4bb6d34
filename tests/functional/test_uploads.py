"""Photographs: judged, drawn anew, kept with the draft, shown only to whom they concern."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from config import Settings
from models.audit import AuditEvent
from models.base import db
from models.drafts import Draft
from models.files import File
from models.records import Record
from services.drafts import contents
from services.files import FileStore, store_upload, sweep_orphans
from services.records import void_record
from services.refusals import NotAllowed, NotFound
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, Cast
from tests.support.entry import (
    DISPUTE,
    PAGE_1,
    PAGE_2,
    PAGE_3,
    begin,
    located_picture,
    picture,
    post_page,
    publish,
)

MIB = 1024 * 1024


@pytest.fixture
def worker(cast: Cast, client: JudgingClient) -> JudgingClient:
    publish(cast, DISPUTE)
    cast.sign_in(client, "grid.yucun")
    return client


@pytest.fixture
def store(settings: Settings) -> FileStore:
    return FileStore(settings.files_dir, settings.upload_max_mb * MIB)


def files() -> list[File]:
    return list(db.session.scalars(sa.select(File).order_by(File.id)))


def send(client: JudgingClient, uid: str, *sent: tuple[bytes, str], act: str = "refresh", **typed: Any) -> Any:
    uploads = [(BytesIO(data), name) for data, name in sent]
    return post_page(client, uid, 1, typed, act=act, f_a8=uploads)


def kept(uid: str) -> list[str]:
    draft = db.session.scalars(sa.select(Draft).where(Draft.uid == uid)).one()
    found: list[str] = contents(draft).answers.get("a8") or []
    return found


def blank_png(side: int) -> bytes:
    out = BytesIO()
    Image.new("L", (side, side)).save(out, "PNG")
    return out.getvalue()


def test_a_photograph_is_kept_with_the_draft_at_once(worker: JudgingClient, store: FileStore) -> None:
    uid = begin(worker)
    answer = send(worker, uid, (located_picture(), "现场 照片.jpg"), act="next", a4="2099-01-01")
    assert answer.status_code == 422  # other fields are wrong, the photograph is safe
    (file,) = files()
    assert kept(uid) == [file.uid]
    assert f'src="/files/{file.uid}"' in answer.text
    assert (file.name, file.mime, file.draft_uid, file.fid) == ("现场 照片.jpg", "image/jpeg", uid, "a8")
    stored = store.path(file.uid).read_bytes()
    assert len(stored) == file.size
    assert b"SECRET-PHONE" not in stored
    assert not Image.open(BytesIO(stored)).getexif()


def test_the_picture_is_served_to_its_owner_and_to_nobody_else(worker: JudgingClient, cast: Cast) -> None:
    uid = begin(worker)
    send(worker, uid, (picture(), "漏水 (1).jpg"))
    address = f"/files/{kept(uid)[0]}"
    answer = worker.get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["Content-Disposition"] == (
        "inline; filename=\"photo.jpg\"; filename*=UTF-8''%E6%BC%8F%E6%B0%B4%20%281%29.jpg"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for other in ("official.yucun", "official.tianhuangping", "admin"):
        cast.sign_in(worker, other)
        assert worker.get(address).status_code == 404


def test_with_the_record_it_is_seen_by_who_sees_the_record(worker: JudgingClient, cast: Cast) -> None:
    uid = begin(worker)
    send(worker, uid, (picture(), "a.jpg"))
    for number, answers in enumerate((PAGE_1, PAGE_2, PAGE_3), start=1):
        post_page(worker, uid, number, answers)
    assert worker.post(f"/field/e/{uid}/check").status_code == 302
    (file,) = files()
    assert file.draft_uid is None
    assert file.record_id is not None
    seen = {"official.yucun": 200, "official.tianhuangping": 200, "dispatcher.county": 200, "auditor.county": 200,
            "official.wuhe": 404, "official.hongmiao": 404, "official.meixi": 404, "admin.next": 404,
            "official.next": 404, "discipline.county": 404, "handler.xinfang": 404}  # fmt: skip
    for username, status in seen.items():
        cast.sign_in(worker, username)
        assert worker.get(f"/files/{file.uid}").status_code == status, username


def test_a_void_record_keeps_its_pictures_for_who_reads_histories(worker: JudgingClient, cast: Cast) -> None:
    uid = begin(worker)
    send(worker, uid, (picture(), "a.jpg"))
    for number, answers in enumerate((PAGE_1, PAGE_2, PAGE_3), start=1):
        post_page(worker, uid, number, answers)
    worker.post(f"/field/e/{uid}/check")
    record = db.session.scalars(sa.select(Record)).one()
    void_record(record, reason="重复登记", actor=cast.actor("official.yucun"), at=AT)
    (file,) = files()
    for username, status in {"official.yucun": 200, "auditor.county": 200, "grid.yucun": 404}.items():
        cast.sign_in(worker, username)
        assert worker.get(f"/files/{file.uid}").status_code == status, username


@pytest.mark.parametrize("uid", ["0" * 32, "x", "..%2f..%2fetc%2fpasswd", "0" * 3000])
def test_a_guessed_address_is_not_found(worker: JudgingClient, uid: str) -> None:
    assert worker.get(f"/files/{uid}").status_code == 404


def test_the_signed_out_see_no_file(cast: Cast, client: JudgingClient) -> None:
    assert client.get(f"/files/{'0' * 32}").location.startswith("/login")


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"<!doctype html><script>alert(1)</script>", "html.jpg", "不是能用的照片"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "图.svg", "不是能用的照片"),
        (b"%PDF-1.7 " + b"x" * 100, "文书.pdf", "不是能用的照片"),
        (b"%PDF-1.7\n" + picture(), "两面.jpg", "不是能用的照片"),
        (picture()[:3000], "断.jpg", "已损坏"),
        (b"", "空.jpg", "是空的"),
        (blank_png(5200), "大.png", "尺寸太大"),
    ],
)
def test_what_is_no_good_photograph_is_refused_in_words(
    worker: JudgingClient, content: bytes, name: str, told: str
) -> None:
    uid = begin(worker)
    answer = send(worker, uid, (content, name), (picture(), "好.jpg"), act="next", a5="321", a2="leak")
    assert answer.status_code == 422
    assert f"“{name}”没有上传" in answer.text.replace("&#34;", '"')
    assert told in answer.text
    assert 'value="321"' in answer.text
    assert [file.name for file in files()] == ["好.jpg"]  # one bad photograph does not cost the good one
    assert kept(uid) == [files()[0].uid]


def test_fifty_megabytes_are_refused_and_nothing_typed_with_them_is_lost(worker: JudgingClient) -> None:
    uid = begin(worker)
    worker.get(f"/field/e/{uid}/1")
    parts = [("asked", b"a5 a8"), ("f_a5", b"321"), ("base", b"1"), ("tab", b"t"), ("next", b"1")]
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in parts
    )
    body += b'--x\r\nContent-Disposition: form-data; name="f_a8"; filename="big.jpg"\r\n\r\n\xff\xd8\xff'
    body += bytes(50 * MIB) + b"\r\n--x--\r\n"
    answer = worker.post(
        f"/field/e/{uid}/1",
        input_stream=BytesIO(body),
        content_length=len(body),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 422
    assert "这张照片太大，最多 16 MB" in answer.text
    assert 'value="321"' in answer.text
    assert not files()


def test_more_photographs_than_asked_for_are_told_and_left_out(worker: JudgingClient) -> None:
    uid = begin(worker)
    answer = send(worker, uid, *[(picture(), f"{n}.jpg") for n in range(5)])
    assert "最多上传 3 张照片" in answer.text
    assert len(kept(uid)) == 3
    assert "要换照片请先移除一张" in answer.text


def test_a_photograph_can_be_taken_off_again(worker: JudgingClient) -> None:
    uid = begin(worker)
    send(worker, uid, (picture(), "a.jpg"), (picture(), "b.jpg"))
    first, second = kept(uid)
    answer = post_page(worker, uid, 1, {}, act="remove", remove=first)
    assert answer.status_code == 200
    assert kept(uid) == [second]
    assert [file.uid for file in files()] == [second]


def test_a_page_cannot_claim_a_file_by_name(worker: JudgingClient, cast: Cast) -> None:
    uid = begin(worker)
    send(worker, uid, (picture(), "a.jpg"))
    cast.sign_in(worker, "official.yucun")
    other = begin(worker)
    worker.post(f"/field/e/{other}/1", data={"asked": "a8", "f_a8": kept(uid)[0], "next": "1"})
    assert kept(other) == []
    post_page(worker, other, 1, {}, act="remove", remove=kept(uid)[0])
    assert len(kept(uid)) == 1


def test_an_upload_is_written_into_the_audit_chain(worker: JudgingClient) -> None:
    send(worker, begin(worker), (picture(), "a.jpg"))
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "file:upload")).one()
    assert (event.label, event.after["uid"]) == ("a.jpg", files()[0].uid)  # type: ignore[index]


class TestTheService:
    def draft(self) -> Draft:
        return db.session.scalars(sa.select(Draft)).one()

    def test_another_persons_draft_takes_no_upload(self, worker: JudgingClient, cast: Cast, store: FileStore) -> None:
        begin(worker)
        for username, refusal in (("official.yucun", NotFound), ("auditor.county", NotAllowed)):
            with pytest.raises(refusal):
                store_upload(
                    store, BytesIO(picture()), filename="a.jpg", draft=self.draft(), fid="a8",
                    actor=cast.actor(username), at=AT,
                )  # fmt: skip
        assert not files()

    def test_the_sweep_takes_what_nothing_refers_to(self, worker: JudgingClient, cast: Cast, store: FileStore) -> None:
        uid = begin(worker)
        send(worker, uid, (picture(), "a.jpg"), (picture(), "b.jpg"))
        first, second = kept(uid)
        post_page(worker, uid, 1, {}, act="remove", remove=first)
        later = files()[0].created_at + timedelta(days=2)
        store.put("f" * 32, b"a file whose row was never written")
        assert sweep_orphans(store, actor=SYSTEM, at=files()[0].created_at) == 0
        for lost in (first, "f" * 32):
            assert store.path(lost).exists()
        swept = sweep_orphans(store, actor=SYSTEM, at=later)
        assert swept >= 2
        assert not store.path(first).exists()
        assert not store.path("f" * 32).exists()
        assert store.path(second).exists()

    def test_the_sweep_forgets_uploads_of_a_draft_that_is_gone(
        self, worker: JudgingClient, cast: Cast, store: FileStore
    ) -> None:
        uid = begin(worker)
        send(worker, uid, (picture(), "a.jpg"))
        lost = kept(uid)[0]
        at = files()[0].created_at + timedelta(days=2)
        db.session.rollback()
        with db.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM draft"))
        sweep_orphans(store, actor=SYSTEM, at=at)
        assert not files()
        assert not store.path(lost).exists()

    def test_a_half_written_file_is_never_seen_under_its_name(self, store: FileStore) -> None:
        store.put("a" * 32, b"whole")
        assert store.path("a" * 32).read_bytes() == b"whole"
        assert list(store.folder.glob("**/*.part")) == []
