"""Acts on the catalogue of goods: added, changed, taken off sale; the picture of a good."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO

from flask_babel import lazy_gettext as _l
from PIL import Image

from models.access import Actor
from models.base import db
from models.files import File
from models.stations import CoinGood
from queries.goods import good_code_taken
from services.access import require
from services.audit import changes, record_audit
from services.files import FileStore
from services.locking import advance, lock
from services.pinyin import sort_key
from services.received import receive
from services.refusals import Refusal
from services.transaction import transaction

PICTURE_SIDE = 480  # a tile on a tablet; a counter opens dozens of them at once


class GoodRefused(Refusal):
    """A good that cannot be so; `field` says which answer is wrong."""

    def __init__(self, field: str, message: Any) -> None:
        self.field = field
        super().__init__(message)


@transaction
def create_good(
    county_id: int,
    *,
    code: str,
    name: str,
    unit: str,
    price: int,
    on_sale: bool,
    picture: str | None = None,
    actor: Actor,
    at: datetime,
) -> CoinGood:
    """Add a good to a county's catalogue. Raises GoodRefused."""
    good = CoinGood(
        county_id=county_id, code=code, name=name, pinyin=sort_key(name), unit=unit, price=price, on_sale=on_sale,
        picture=picture, row_version=1,
    )  # fmt: skip
    require(actor, "good:manage", good)
    _refuse_taken(good)
    db.session.add(good)
    after = {"code": code, "name": name, "unit": unit, "price": price, "on_sale": on_sale}
    record_audit("good:create", good, actor=actor, at=at, after=after)
    return good


@transaction
def change_good(
    good: CoinGood,
    *,
    row_version: int,
    code: str,
    name: str,
    unit: str,
    price: int,
    on_sale: bool,
    picture: str | None = None,
    actor: Actor,
    at: datetime,
) -> CoinGood:
    """Change a good; vouchers keep the price they were made at. Without a picture the old one stays."""
    lock(good)
    require(actor, "good:manage", good)
    advance(good, row_version)
    good.code, good.name, good.pinyin = code, name, sort_key(name)
    good.unit, good.price, good.on_sale = unit, price, on_sale
    good.picture = picture or good.picture
    before, after = changes(good)
    for values in (before, after):
        values.pop("pinyin", None)
    with db.session.no_autoflush:
        _refuse_taken(good)
    record_audit("good:change", good, actor=actor, at=at, before=before, after=after)
    return good


def store_picture(store: FileStore, stream: BinaryIO, filename: str, *, actor: Actor, at: datetime) -> str:
    """Keep the picture of a good, drawn anew and small; return its uid. Raises what services.received.receive raises.

    A picture that no good takes in the end is swept a day later.
    """
    require(actor, "good:manage")
    content = receive(stream, filename, takes="image", most=store.max_bytes)
    data = _small(content.data)
    uid = secrets.token_hex(16)
    store.put(uid, data)
    _register(uid, name=content.name, data=data, actor=actor, at=at)
    return uid


@transaction
def _register(uid: str, *, name: str, data: bytes, actor: Actor, at: datetime) -> None:
    file = File(
        uid=uid, name=name, mime="image/jpeg", size=len(data), sha256=hashlib.sha256(data).hexdigest(),
        owner_id=actor.user_id, fid="picture", created_at=at,
    )  # fmt: skip
    db.session.add(file)
    record_audit("file:upload", file, actor=actor, at=at, after={"uid": uid, "size": file.size}, label=name)


def _small(data: bytes) -> bytes:
    """Shrink a picture that was drawn anew already; what is clear becomes white, as paper."""
    with Image.open(BytesIO(data)) as image:
        image.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.LANCZOS)
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
    out = BytesIO()
    paper.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def _refuse_taken(good: CoinGood) -> None:
    if good_code_taken(good.county_id, good.code, apart_from=good.id):
        raise GoodRefused("code", _l("这个条码已经用在别的物品上，请核对。"))
