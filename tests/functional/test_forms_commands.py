"""`flask forms check-index` and `flask forms reindex`."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.forms import Form
from services.transaction import write_transaction
from tests.support.cast import Cast
from tests.support.registers import enter, publish


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


def test_a_difference_is_told_mended_and_gone(app: Flask, cast: Cast, form: Form) -> None:
    enter(cast, form)
    run = app.test_cli_runner().invoke
    assert run(args=["forms", "check-index"]).exit_code == 0
    with write_transaction():
        db.session.execute(sa.text("DELETE FROM record_text WHERE fid = 'a2'"))
    told = run(args=["forms", "check-index", "quarrels"])
    assert told.exit_code == 1
    assert "QU-000001: side index differs in a2" in told.output
    mended = run(args=["forms", "reindex", "quarrels"])
    assert mended.exit_code == 0, mended.output
    assert "修正 1 条" in mended.output
    assert run(args=["forms", "check-index"]).exit_code == 0


def test_an_unknown_key_is_told(app: Flask, form: Form) -> None:
    told = app.test_cli_runner().invoke(args=["forms", "reindex", "nothing"])
    assert told.exit_code == 1
    assert "nothing" in told.output
