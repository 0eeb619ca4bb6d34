from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from models.access import Role
from models.base import db
from queries.forms import form_of_county
from queries.packs import digest
from services.packs import Line, PackRefused, PackUnreadable, State, apply_pack, compare, export_pack, read_pack
from services.views import create_view
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.registers import REGISTER, publish


def packed(cast: Cast) -> dict[str, Any]:
    """Publish a register with a shared view in 安吉, and export it."""
    county = cast.unit("安吉县综治中心").id
    form = publish(cast)
    seen = {"columns": ["a2"], "conditions": [{"fid": "a1", "operator": "eq", "values": [str(county)]},
                                              {"fid": "a2", "operator": "eq", "values": ["leak"]}]}  # fmt: skip
    create_view(
        form, name="漏水", document=seen, org_id=county, role=Role.VILLAGE_OFFICIAL, actor=cast.actor("admin"), at=AT
    )
    return export_pack(county, keys=[REGISTER["key"]], actor=SYSTEM, at=AT)


def neighbour(cast: Cast) -> int:
    return cast.unit("邻县综治中心").id


def take(document: dict[str, Any], cast: Cast, *, publish: bool = True) -> list[Line]:
    return apply_pack(document, neighbour(cast), publish=publish, actor=SYSTEM, at=AT, today=TODAY)


def states(lines: list[Line]) -> set[tuple[str, str]]:
    return {(line.section, line.state.value) for line in lines}


def resealed(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "sha256": digest(document)}


@pytest.mark.usefixtures("app")
def test_a_pack_of_one_county_works_in_another_and_applying_it_again_changes_nothing(cast: Cast) -> None:
    document = packed(cast)
    assert ("forms", "new") in states(take(document, cast))
    form = form_of_county(neighbour(cast), REGISTER["key"])
    assert form is not None
    assert form.current_version == 1
    again = compare(document, neighbour(cast), actor=SYSTEM)
    assert {line.state for line in again} == {State.SAME}
    take(document, cast)
    db.session.refresh(form)
    assert form.current_version == 1


@pytest.mark.usefixtures("app")
def test_a_pack_names_no_place_and_no_person(cast: Cast) -> None:
    (view,) = packed(cast)["views"]
    assert view["document"]["conditions"] == [{"fid": "a2", "operator": "eq", "values": ["leak"]}]


@pytest.mark.usefixtures("app")
def test_a_changed_form_is_told_question_by_question_and_what_was_here_stays_retired(cast: Cast) -> None:
    document = packed(cast)
    take(document, cast)
    later = copy.deepcopy(document)
    items = later["forms"][0]["definition"]["pages"][0]["items"]
    gone = items.pop()
    items.append({"fid": "z9", "key": "street", "type": "text", "label": "街巷"})
    (line,) = (one for one in compare(resealed(later), neighbour(cast), actor=SYSTEM) if one.section == "forms")
    assert line.state == State.CHANGED
    assert any("街巷" in str(detail) for detail in line.details)
    take(resealed(later), cast)
    form = form_of_county(neighbour(cast), REGISTER["key"])
    assert form is not None
    drafted = {item["fid"]: item for page in form.draft["pages"] for item in page["items"]}
    assert drafted[gone["fid"]]["retired"] is True
    assert form.current_version == 2


@pytest.mark.usefixtures("app")
def test_one_thing_that_cannot_be_taken_over_keeps_everything_out(cast: Cast) -> None:
    document = packed(cast)
    bad = copy.deepcopy(document)
    bad["forms"].append({"key": "bad", "title": "坏", "prefix": "HUAI", "definition": {"schema": "zhiye-form/1"}})
    bad["roles"].append("sheriff")
    with pytest.raises(PackRefused) as refused:
        take(resealed(bad), cast)
    assert {(line.section, line.name) for line in refused.value.lines} == {("forms", "bad"), ("roles", "sheriff")}
    assert form_of_county(neighbour(cast), REGISTER["key"]) is None


@pytest.mark.usefixtures("app")
def test_an_altered_pack_is_refused(cast: Cast) -> None:
    document = packed(cast)
    document["forms"][0]["title"] = "别的"
    with pytest.raises(PackUnreadable, match="校验码"):
        read_pack(json.dumps(document).encode())


def test_packs_go_by_command_too(app: Flask, cast: Cast, tmp_path: Path) -> None:
    packed(cast)
    here, there = cast.unit("安吉县综治中心").code, cast.unit("邻县综治中心").code
    file, run = tmp_path / "pack.json", app.test_cli_runner().invoke
    made = run(args=["pack", "export", str(file), "--form", REGISTER["key"], "--county", here])
    assert made.exit_code == 0, made.output
    told = run(args=["pack", "diff", str(file), "--county", there])
    assert (told.exit_code, f"新增  表单  {REGISTER['key']}" in told.output) == (0, True), told.output
    assert run(args=["pack", "apply", str(file), "--dry-run", "--county", there]).exit_code == 0
    assert form_of_county(neighbour(cast), REGISTER["key"]) is None
    assert run(args=["pack", "apply", str(file), "--county", there]).exit_code == 0
    db.session.rollback()
    form = form_of_county(neighbour(cast), REGISTER["key"])
    assert form is not None
    assert form.current_version is None


def test_an_admin_compares_before_taking_over(cast: Cast, client: JudgingClient) -> None:
    document = packed(cast)
    changed = copy.deepcopy(document)
    changed["forms"][0]["definition"]["pages"][0]["items"][1]["label"] = "纠纷种类"
    cast.sign_in(client, "admin")
    assert client.get("/admin/packs/").status_code == 200
    exported = client.get(f"/admin/packs/pack.json?form={REGISTER['key']}")
    assert json.loads(exported.data)["forms"][0]["key"] == REGISTER["key"]
    text = json.dumps(resealed(changed), ensure_ascii=False).encode()
    compared = client.post("/admin/packs/compare", data={"upload": (io.BytesIO(text), "包.json")})
    assert "更新" in compared.text
    refused = client.post("/admin/packs/compare", data={"upload": (io.BytesIO(b"{}"), "包.json")})
    assert refused.status_code == 422
    applied = client.post("/admin/packs/apply", data={"pack": text.decode()})
    assert applied.status_code == 302
    db.session.rollback()
    form = form_of_county(cast.unit("安吉县综治中心").id, REGISTER["key"])
    assert form is not None
    assert form.draft["pages"][0]["items"][1]["label"] == "纠纷种类"
