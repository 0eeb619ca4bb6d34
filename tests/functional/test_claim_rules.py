"""What a rule item asks of its claims: evidence, a cap per person and per village, a form with the details."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from models.claims import ClaimState
from services.claim_filing import ClaimRefused
from services.claims import CapReached, agree, approve, refuse
from services.refusals import NotAllowed
from tests.functional.test_claims import OFFICIAL, WORKER, Village
from tests.pages import JudgingClient
from tests.support import registers
from tests.support.cast import Cast
from tests.support.coins import uid
from tests.support.points import ANYBODY, OFFICIALS, item, publish_rules

EASY: dict[str, Any] = {
    "name": "做好事",
    "points_min": 1,
    "points_max": 10,
    "review": False,
    "claimants": ANYBODY,
}


@pytest.fixture
def village(app: Flask, cast: Cast) -> Village:
    return Village(cast)


def test_a_claim_without_the_evidence_that_its_rule_asks_for_is_refused(village: Village, cast: Cast) -> None:
    publish_rules(cast, items={"photo": EASY | {"evidence": "photo"}, "text": EASY | {"evidence": "text"}})
    for what, more, field in (
        ("photo", {}, "photo"),
        ("photo", {"photo": "f" * 32}, "photo"),  # nobody sent it
        ("text", {"evidence": " "}, "evidence"),
    ):
        with pytest.raises(ClaimRefused) as refused:
            village.file("H1", 3, what=what, **more)
        assert refused.value.field == field
    assert village.file("H1", 3, what="text").state == ClaimState.FILED


def test_a_person_and_a_village_have_their_own_caps(village: Village, cast: Cast) -> None:
    publish_rules(cast, items={"each": EASY | {"cap_person_month": 12}, "all": EASY | {"cap_village_month": 15}})
    with pytest.raises(ClaimRefused) as refused:
        village.file("H1", 5, what="each")
    assert refused.value.field == "resident_id"
    one = village.station.move_in("H1", "villager.yucun")
    other = village.station.move_in("H1", "clerk.yucun")
    village.approved("H1", 8, what="each", resident_id=one)
    over = village.file("H1", 5, what="each", resident_id=one)
    with pytest.raises(CapReached) as reached:
        village.do(approve, over, today=village.day)
    assert "每人每月最多 12，已经有 8，还能给 4" in str(reached.value)
    village.approved("H1", 5, what="each", resident_id=other)
    village.approved("H1", 10, what="all")
    with pytest.raises(CapReached) as reached:
        village.approved("H2", 6, what="all")
    assert "全村每月最多 15" in str(reached.value)


def test_a_claim_names_a_record_of_the_form_that_its_item_is_bound_to(
    village: Village, cast: Cast, client: JudgingClient
) -> None:
    form = registers.publish(cast)
    record = registers.enter(cast, form)
    publish_rules(cast, items={"bound": EASY | {"form_id": form.id}, "free": EASY})
    cast.sign_in(client, WORKER)
    home = village.station.household("H1").id
    assert 'name="record_number"' in client.get(f"/field/claims/new?household={home}").text
    said = {"household": home, "points": "3", "what": "调解", "done_on": village.day.isoformat(), "evidence": ""}
    for number, wanted, status in ((record.number, "free", 422), ("QU-999999", "bound", 422),
                                   (record.number, "bound", 303)):  # fmt: skip
        sent = said | {"item": item(wanted).id, "record_number": number, "uid": uid(), "resident_id": ""}
        answer = client.post("/field/claims/new", data=sent)
        assert (answer.status_code, "没有找到这条登记" in answer.text) == (status, status == 422), (number, wanted)
    cast.sign_in(client, OFFICIAL)
    assert f"/admin/f/{form.key}/{record.id}/" in client.get(f"{answer.location.replace('/field', '')}").text


def test_one_record_is_claimed_once_for_a_household(village: Village, cast: Cast) -> None:
    form = registers.publish(cast)
    record = registers.enter(cast, form)
    publish_rules(cast, items={"bound": EASY | {"form_id": form.id}})
    first = village.file("H1", 3, what="bound", record_id=record.id)
    with pytest.raises(ClaimRefused) as refused:
        village.file("H1", 3, what="bound", record_id=record.id, by=OFFICIAL)
    assert refused.value.field == "record_number"
    village.file("H2", 3, what="bound", record_id=record.id)
    village.do(refuse, first, note="不是这一户")
    village.file("H1", 3, what="bound", record_id=record.id)


def test_only_the_roles_that_a_rule_names_claim_and_approve(village: Village, cast: Cast) -> None:
    town = {"roles": ["township_official"]}
    publish_rules(cast, items={"theirs": EASY | {"claimants": OFFICIALS, "approvers": town}})
    with pytest.raises(NotAllowed):
        village.file("H1", 3, what="theirs")
    claim = village.file("H1", 3, what="theirs", by=OFFICIAL)
    other = village.file("H2", 3, what="theirs", by="official.tianhuangping")
    with pytest.raises(NotAllowed):
        village.do(approve, other, today=village.day)
    with pytest.raises(NotAllowed):
        village.do(agree, claim, by="clerk.yucun")
    village.do(approve, claim, today=village.day, by="official.tianhuangping")
    assert claim.state == ClaimState.NOTICE
