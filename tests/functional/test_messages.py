"""The outbox: written by acts, delivered after the commit, with retries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from models.access import system_actor
from models.accounts import User
from models.base import db
from models.messages import Notice, Outbox
from services.demo import seed_accounts, seed_county
from services.messages import deliver_waiting, has_posted, put_notice
from services.transaction import transaction, write_transaction

AT = datetime(2026, 5, 6, 1, 30, tzinfo=UTC)


@pytest.fixture
def user_id(db_session: object) -> int:
    actor = system_actor("test")
    seed_county(actor=actor, at=AT)
    seed_accounts(actor=actor, at=AT)
    assert db_session
    found = db.session.scalar(sa.select(User.id).limit(1))
    assert found is not None
    return found


def test_a_message_reaches_its_reader_once(user_id: int) -> None:
    put_notice(user_id, text="请复核", path="/records/1", at=AT)
    assert has_posted()
    assert not has_posted()
    assert deliver_waiting(at=AT) == {"delivered": 1, "failed": 0}
    assert deliver_waiting(at=AT) == {"delivered": 0, "failed": 0}
    notice = db.session.scalars(sa.select(Notice)).one()
    assert (notice.user_id, notice.text, notice.path) == (user_id, "请复核", "/records/1")


def test_a_message_of_an_act_that_failed_is_never_sent(user_id: int) -> None:
    @transaction
    def failing_act() -> None:
        put_notice(user_id, text="请复核", at=AT)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        failing_act()
    assert deliver_waiting(at=AT) == {"delivered": 0, "failed": 0}


def test_a_bad_message_waits_longer_each_time_and_holds_up_no_other(user_id: int) -> None:
    with write_transaction():
        db.session.add(Outbox(channel="notice", user_id=user_id, body={"no": "text"}, created_at=AT, not_before=AT))
    put_notice(user_id, text="好的", at=AT)
    assert deliver_waiting(at=AT) == {"delivered": 1, "failed": 1}
    assert deliver_waiting(at=AT + timedelta(seconds=59)) == {"delivered": 0, "failed": 0}
    assert deliver_waiting(at=AT + timedelta(seconds=61)) == {"delivered": 0, "failed": 1}
    bad = db.session.scalars(sa.select(Outbox).where(Outbox.delivered_at.is_(None))).one()
    assert bad.attempts == 2
    assert bad.last_error.startswith("KeyError")
    assert bad.not_before == AT + timedelta(seconds=61) + timedelta(minutes=2)
