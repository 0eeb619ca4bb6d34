"""Photographs that prove a claim, kept before it is filed; what no claim takes in the end is swept a day later."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import BinaryIO

from models.access import Actor
from models.base import db
from models.files import File
from services.access import require
from services.audit import record_audit
from services.files import FileStore
from services.received import Content, receive
from services.transaction import transaction


def keep_photo(store: FileStore, stream: BinaryIO, filename: str, *, actor: Actor, at: datetime) -> str:
    """Keep one photograph, drawn anew; return its uid. Raises what services.received.receive raises."""
    require(actor, "claim:file")
    content = receive(stream, filename, takes="image", most=store.max_bytes)
    uid = secrets.token_hex(16)
    store.put(uid, content.data)
    _register(uid, content, actor=actor, at=at)
    return uid


@transaction
def _register(uid: str, content: Content, *, actor: Actor, at: datetime) -> None:
    file = File(
        uid=uid, name=content.name, mime=content.mime, size=len(content.data),
        sha256=hashlib.sha256(content.data).hexdigest(), owner_id=actor.user_id, fid="evidence", created_at=at,
    )  # fmt: skip
    db.session.add(file)
    record_audit("file:upload", file, actor=actor, at=at, after={"uid": uid, "size": file.size}, label=content.name)
