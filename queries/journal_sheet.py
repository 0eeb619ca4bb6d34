"""The journals of an actor's villages as a table: what moved, between whom, and the chain's hash of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, tzinfo
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.coins import CoinAccount, CoinJournal, CoinLine, JournalKind
from queries.exports import Line, Sheet
from queries.scope import in_scope

LINES_MOST = 50_000  # a page that takes longer is asked for by parts
KINDS: Mapping[str, Any] = {
    JournalKind.ALLOT: _l("发放额度"),
    JournalKind.EARN: _l("加分"),
    JournalKind.DEDUCT: _l("扣分"),
    JournalKind.REDEEM: _l("兑换"),
    JournalKind.HOLD: _l("预约"),
    JournalKind.POST: _l("预约领取"),
    JournalKind.VOID: _l("预约取消"),
    JournalKind.REVERSE: _l("冲正"),
    JournalKind.EXPIRE: _l("到期清零"),
    JournalKind.SETTLE: _l("站点结算"),
    JournalKind.BONUS: _l("奖励"),
}


def too_many(actor: Actor, first: date | None, last: date | None, place_id: int | None = None) -> bool:
    """Tell whether the journals of a span have more lines than one file takes."""
    query = sa.select(sa.literal(1)).select_from(CoinJournal).outerjoin(CoinLine, _OF)
    query = query.where(*_span(actor, first, last, place_id))
    return db.session.execute(query.offset(LINES_MOST).limit(1)).first() is not None


def journal_sheet(
    actor: Actor, first: date | None, last: date | None, place_id: int | None = None, *, zone: tzinfo
) -> Sheet:
    """Return all journals effective within a span of days (None: open), one line for each move; a hold has none.

    A place narrows them to those of one county, township or village.
    """
    heads = (
        _("流水号"), _("种类"), _("生效日期"), _("登记时间"), _("从"), _("到"), _("道德币"), _("经办人"), _("说明"),
        _("冲正的流水"), _("校验码"),
    )  # fmt: skip
    return Sheet(_("道德币流水"), heads, list(_lines(_span(actor, first, last, place_id), zone)))


_OF = CoinLine.journal_id == CoinJournal.id


def _span(actor: Actor, first: date | None, last: date | None, place_id: int | None) -> list[sa.ColumnElement[bool]]:
    found = [in_scope(CoinJournal, actor, "coin:export")]
    if first:
        found.append(CoinJournal.effective_on >= first)
    if last:
        found.append(CoinJournal.effective_on <= last)
    if place_id is not None:
        places = CoinJournal.county_id, CoinJournal.town_id, CoinJournal.village_id
        found.append(sa.or_(*(column == place_id for column in places)))
    return found


def _lines(where: list[sa.ColumnElement[bool]], zone: tzinfo) -> Iterator[Line]:
    giver, taker = sa.orm.aliased(CoinAccount), sa.orm.aliased(CoinAccount)
    query = (
        sa.select(
            CoinJournal.id, CoinJournal.kind, CoinJournal.effective_on, CoinJournal.recorded_at, giver.code,
            taker.code.label("taker"), CoinLine.amount, CoinJournal.actor_name, CoinJournal.memo, CoinJournal.reverses,
            CoinJournal.hash,
        )
        .outerjoin(CoinLine, _OF)
        .outerjoin(giver, giver.id == CoinLine.from_id)
        .outerjoin(taker, taker.id == CoinLine.to_id)
        .where(*where)
        .order_by(CoinJournal.id, CoinLine.n)
        .limit(LINES_MOST)
    )  # fmt: skip
    for number, kind, day, at, *rest in db.session.execute(query):
        yield (number, str(KINDS[kind]), day, at.astimezone(zone).replace(tzinfo=None), *rest)
