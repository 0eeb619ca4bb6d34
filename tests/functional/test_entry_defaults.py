"""An entry that starts with what its address says, and with what the same person entered last time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from models.base import db
from models.drafts import Draft
from services.drafts import contents
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.entry import post_page, publish

LEAK = {"value": "leak", "label": "漏水"}
FORM: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "round",
    "title": "巡查",
    "pages": [{"id": "p1", "title": "巡查", "items": [
        {"fid": "a1", "key": "village", "type": "org", "level": "village", "label": "所在村",
         "default": {"query": "village"}},
        {"fid": "a2", "key": "kind", "type": "select_one", "label": "类型", "options": [LEAK],
         "default": {"query": "kind"}},
        {"fid": "a3", "key": "route", "type": "text", "label": "路线", "default": {"earlier": True}},
    ]}],
}  # fmt: skip


def begun(client: JudgingClient, query: str = "") -> tuple[str, dict[str, Any]]:
    address = client.get(f"/field/f/round/new?{query}").location
    uid = address.split("/")[3]
    return uid, contents(db.session.scalars(sa.select(Draft).where(Draft.uid == uid)).one()).answers


def test_an_entry_starts_with_what_the_address_says_and_what_was_entered_last(
    cast: Cast, client: JudgingClient
) -> None:
    publish(cast, FORM)
    cast.sign_in(client, "grid.yucun")
    village = cast.units["余村村"]
    uid, answers = begun(client, f"village={village}&kind=leak&a3=from-the-address")
    assert answers == {"a1": village, "a2": "leak"}
    post_page(client, uid, 1, {"a1": str(village), "a2": "leak", "a3": "东线"})
    assert client.post(f"/field/e/{uid}/check").status_code == 302

    assert begun(client)[1] == {"a3": "东线"}
    assert begun(client, "kind=%3Cscript%3E&village=999999")[1] == {"a3": "东线"}
    cast.sign_in(client, "official.yucun")
    assert begun(client)[1] == {}  # another person's route is none of theirs
