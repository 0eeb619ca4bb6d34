"""Uploads: kept under random names outside static, known by a row, swept when nothing refers to them."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.claims import CoinClaim
from models.drafts import Draft
from models.files import File
from models.records import Record
from models.stations import CoinGood
from services.access import require
from services.audit import record_audit
from services.received import Content, Taken, receive
from services.refusals import NotFound
from services.transaction import transaction

SWEEP_AFTER = timedelta(days=1)
_MIB = 1024 * 1024


@dataclass(frozen=True)
class FileStore:
    """A folder of uploads and how large one may be, in bytes."""

    folder: Path
    max_bytes: int

    def path(self, uid: str) -> Path:
        """Return where the bytes of a file lie; two levels, because folders of a million names are slow."""
        return self.folder / uid[:2] / uid[2:]

    def put(self, uid: str, data: bytes) -> None:
        """Write bytes so that after a crash they are there whole or not at all."""
        target = self.path(uid)
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.part")
        with fresh.open("xb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(target)
        _sync_folder(target.parent)

    def stored(self) -> Iterator[tuple[str, Path]]:
        """Walk all files, unfinished ones too, each with the uid it would have."""
        for path in self.folder.glob("??/*"):
            yield path.parent.name + path.name, path


def store_upload(
    store: FileStore,
    stream: BinaryIO,
    *,
    filename: str,
    draft: Draft | None = None,
    record: Record | None = None,
    fid: str,
    takes: str = "image",
    max_mb: int | None = None,
    taken: Taken | None = None,
    permission: str = "record:edit",
    actor: Actor,
    at: datetime,
) -> File:
    """Keep one upload for an item of a draft or record. `takes` is the kind of the item, which says what may come.

    Slow work (decoding, writing the file) comes before the transaction, so that nobody waits for it; a file whose
    row was never written is swept a day later. Raises FileTooLarge, EmptyFile, NotFound, NotAllowed, and what the
    readers raise (services/received.py).
    """
    require_place(draft, record, actor, permission)
    most = min(store.max_bytes, max_mb * _MIB) if max_mb else store.max_bytes
    content = receive(stream, filename, takes=takes, most=most)
    uid = secrets.token_hex(16)
    store.put(uid, content.data)
    return _register(uid, content=content, taken=taken, draft=draft, record=record, fid=fid, actor=actor, at=at)


def require_place(draft: Draft | None, record: Record | None, actor: Actor, permission: str = "record:edit") -> None:
    """Refuse an upload to another person's draft, or to a record the actor may not edit (or comment on)."""
    if record is not None:
        require(actor, permission, record)
    else:
        require(actor, "record:create")
        if draft is None or draft.user_id != actor.user_id:
            raise NotFound


@transaction
def _register(
    uid: str,
    *,
    content: Content,
    taken: Taken | None,
    draft: Draft | None,
    record: Record | None,
    fid: str,
    actor: Actor,
    at: datetime,
) -> File:
    file = File(
        uid=uid,
        name=content.name,
        mime=content.mime,
        size=len(content.data),
        sha256=hashlib.sha256(content.data).hexdigest(),
        owner_id=actor.user_id,
        draft_uid=draft.uid if draft is not None else None,
        record_id=record.id if record is not None else None,
        fid=fid,
        created_at=at,
        latitude=taken.latitude if taken else None,
        longitude=taken.longitude if taken else None,
        accuracy=taken.accuracy if taken else None,
        taken_at=taken.at if taken else None,
    )
    db.session.add(file)
    record_audit("file:upload", file, actor=actor, at=at, after={"uid": uid, "size": file.size}, label=content.name)
    return file


@transaction
def attach_files(record: Record, *, uids: set[str], draft_uid: str, actor: Actor) -> None:
    """Give a draft's uploads to the record that came of it; from then on they have the record's scope."""
    for file in db.session.scalars(
        sa.select(File).where(File.draft_uid == draft_uid, File.owner_id == actor.user_id, File.uid.in_(uids))
    ):
        file.record_id, file.draft_uid = record.id, None


def sweep_orphans(store: FileStore, *, actor: Actor, at: datetime) -> int:
    """Remove uploads that belong to nothing any more, and files without a row; return how many files went.

    What is younger than a day stays: it may belong to an act that has not committed yet.
    """
    _forget_orphans(before=at - SWEEP_AFTER, actor=actor, at=at)
    known = set(db.session.scalars(sa.select(File.uid)))
    gone = 0
    for uid, path in store.stored():
        if uid not in known and path.stat().st_mtime < (at - SWEEP_AFTER).timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


@transaction
def _forget_orphans(*, before: datetime, actor: Actor, at: datetime) -> None:
    lost = sa.select(File).where(
        File.record_id.is_(None),
        File.uid.not_in(sa.select(CoinGood.picture).where(CoinGood.picture.is_not(None))),
        File.uid.not_in(sa.select(CoinClaim.photo).where(CoinClaim.photo.is_not(None))),
        File.created_at < before,
        sa.or_(File.draft_uid.is_(None), File.draft_uid.not_in(sa.select(Draft.uid))),
    )
    for file in db.session.scalars(lost).all():
        forget(file, actor=actor, at=at)


@transaction
def forget(file: File, *, actor: Actor, at: datetime) -> None:
    """Drop the row of an upload; its bytes go with the next sweep, so a rollback loses nothing."""
    label = file.uid if actor.system else file.name  # the system has no county: what it does names nobody's files
    record_audit("file:remove", file, actor=actor, at=at, before={"uid": file.uid}, label=label)
    db.session.delete(file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
