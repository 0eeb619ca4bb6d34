"""Uploads as reads: who may see one, what belongs to a draft or record, what is told of one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from flask_babel import gettext as _

from engine.context import Context, FileFacts
from engine.kinds.geopoint import GeopointKind
from engine.kinds.numbers import plain
from engine.values import as_value
from models.access import Actor
from models.base import db
from models.claims import CoinClaim
from models.comments import Comment
from models.files import File
from models.records import Record, RecordState
from models.stations import CoinGood
from queries.claims import visible
from queries.indexing import COUNTY_ZONE
from queries.rights import on_form, rights_on
from queries.scope import covers, in_scope

ONCE = 500  # names in one condition


def readable_file(uid: str, actor: Actor) -> File | None:
    """Return an upload the actor may see, or None.

    Before hand-in only its owner sees it; then whoever may list the record it belongs to, and once that is void,
    whoever may read histories there; always only who may view the question. The pictures of a county's goods are for
    everybody of the county; a photograph that proves a claim is for whoever may open the claim.
    """
    listed = sa.and_(in_scope(Record, actor, "record:list"), Record.state == RecordState.ACTIVE)
    seen = sa.select(Record.id).where(sa.or_(listed, in_scope(Record, actor, "record:history")))
    own = sa.and_(File.record_id.is_(None), File.owner_id.is_not(None), File.owner_id == actor.user_id)
    goods = sa.select(CoinGood.picture).where(CoinGood.picture == uid, CoinGood.county_id.in_(actor.counties))
    proof = sa.select(CoinClaim.photo).where(CoinClaim.photo == uid, visible(actor))
    open_to = sa.or_(own, File.record_id.in_(seen), File.uid.in_(goods), File.uid.in_(proof))
    file = db.session.scalar(sa.select(File).where(File.uid == uid, open_to))
    return file if file is None or file.record_id is None or _open_to(file, actor) else None


def _open_to(file: File, actor: Actor) -> bool:
    """Tell whether a record's form opens an upload: the question it answers, or the remark it came with."""
    record = db.session.get_one(Record, file.record_id)
    if not covers(on_form(actor, record.form_id), "record:list", record):
        return False
    return file.fid in rights_on(record, actor).view if file.fid else not _withdrawn(file)


def _withdrawn(file: File) -> bool:
    """Tell whether an attachment came with a remark that was taken back, or with none that was kept."""
    rows = list(db.session.scalars(sa.select(Comment).where(Comment.record_id == file.record_id)))
    gone = {one.withdraws for one in rows}
    return not any(file.uid in one.files for one in rows if one.id not in gone)


def files_by_uid(uids: Iterable[str]) -> dict[str, File]:
    """Return the named uploads; only for pages that show an answer the reader may already see."""
    wanted = sorted(set(uids))
    found: dict[str, File] = {}
    for start in range(0, len(wanted), ONCE):
        part = sa.select(File).where(File.uid.in_(wanted[start : start + ONCE]))
        found |= {file.uid: file for file in db.session.scalars(part)}
    return found


def record_files(record_id: int) -> dict[str, File]:
    """Return all uploads of a record by uid, for a page that shows the record."""
    return {file.uid: file for file in db.session.scalars(sa.select(File).where(File.record_id == record_id))}


def draft_file(uid: str, draft_uid: str) -> File | None:
    """Return an upload of a draft, or None."""
    return db.session.scalar(sa.select(File).where(File.uid == uid, File.draft_uid == draft_uid))


def facts(file: File) -> FileFacts:
    """Say when and where a file was made: by the camera's clock, else when it was sent; the place where it is known."""
    at = (file.taken_at or file.created_at).astimezone(COUNTY_ZONE).strftime("%Y-%m-%d %H:%M")
    moment = _("%(when)s 拍摄", when=at) if file.taken_at else _("%(when)s 上传", when=at)
    if file.latitude is None or file.longitude is None:
        return FileFacts(file.name, moment)
    context = Context(today=date.min, translate=_)
    parts = [file.latitude, file.longitude, *([] if file.accuracy is None else [file.accuracy])]
    place = " ".join(plain(as_value(part)) for part in parts)
    return FileFacts(file.name, moment, GeopointKind().display(None, place, context))  # type: ignore[arg-type]  # it asks no item
