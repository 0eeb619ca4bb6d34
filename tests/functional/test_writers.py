"""Several processes entering records of one form at the same moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from config import Settings
from models.base import db
from models.records import Record
from queries.chain import first_break
from queries.index_check import check_index
from queries.records import Request, capped_count
from tests.support.cast import Cast
from tests.support.registers import publish

ROOT = Path(__file__).resolve().parents[2]
EACH = 50


def test_two_writers_give_gapless_numbers_and_right_counters(cast: Cast, settings: Settings) -> None:
    form = publish(cast)
    writers = []
    for username, village in (("grid.yucun", "余村村"), ("official.hongmiao", "红庙村")):
        told = (settings.data_dir, settings.database_url, cast.token(username), form.id, cast.units[village], EACH)
        command = [sys.executable, "-m", "tests.support.writer", *map(str, told)]
        writers.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True))
    db.session.rollback()
    for writer in writers:
        _out, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
    serials = list(db.session.scalars(sa.select(Record.serial).order_by(Record.serial)))
    assert serials == list(range(1, 2 * EACH + 1))
    assert form.next_number == 2 * EACH + 1
    assert capped_count(form, cast.actor("leader.county"), Request()) == 2 * EACH
    assert capped_count(form, cast.actor("official.yucun"), Request()) == EACH
    assert check_index(form, sample=1000, seed=1).problems == ()
    assert first_break()[1] is None
