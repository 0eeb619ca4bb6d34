"""The description of the interface: valid, written from the published forms, and kept by what is answered."""

from __future__ import annotations

import contextvars
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.interface import Program, register, token_of
from tests.support.registers import publish

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6
SPEED = settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture
def program(client: JudgingClient, cast: Cast) -> Program:
    publish(cast, register())
    return Program(client, token_of(cast, "official.yucun"))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_whatever_is_asked_the_answer_is_as_described(program: Program, cast: Cast, app: Flask) -> None:
    answers = {"village": cast.units["余村村"], "kind": "leak", "tenants": [{"tenant": "李四"}]}
    for _number in range(3):
        assert program.enter("/api/v1/forms/quarrels/records", answers).status_code == 201
    headers = program.authorization
    described = contextvars.Context().run(program, "GET", "/api/v1/openapi.json").get_json()
    schema = schemathesis.openapi.from_dict(described)
    schema.app = app
    schema.validate()
    village = cast.units["余村村"]
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    statuses = {one.label: asked(one, headers, village) for one in operations}
    assert len(statuses) >= 10
    assert {name for name, told in statuses.items() if not told & {200, 201}} <= {"GET /api/v1/forms/{key}"}, statuses


def asked(operation: Any, headers: dict[str, str], village: int) -> set[int]:
    """Ask one operation all that its description allows, hold the answers against it, and return their statuses."""
    statuses: set[int] = set()

    @SPEED
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def ask(case: Any) -> None:
        aim(case, village)
        response = contextvars.Context().run(case.call, headers=headers)  # a request has its own `g`
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    ask()
    return statuses


def aim(case: Any, village: int) -> None:
    """Let cases meet a record, its version and a village of the token's own; of those with a body only half."""
    if isinstance(case.body, dict) and len(str(case.body)) % 2:
        return
    if "id" in case.path_parameters:
        case.path_parameters["id"] = 2 if case.path.endswith("void") else 1
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
    if isinstance(case.body, dict) and isinstance(case.body.get("answers"), dict):
        case.body["answers"] = {"village": village, "kind": "leak", "tenants": [{"tenant": "王五"}]}


def test_the_description_knows_only_the_forms_of_who_asks(client: JudgingClient, cast: Cast, program: Program) -> None:
    described = program("GET", "/api/v1/openapi.json").get_json()
    assert described["openapi"].startswith("3.1")
    sent = described["components"]["schemas"]["quarrels.input"]
    assert sorted(sent["required"]) == ["kind", "village"]
    assert sent["properties"]["tenants"]["anyOf"][0]["items"]["required"] == ["tenant"]
    next_door = Program(client, token_of(cast, "official.next"))("GET", "/api/v1/openapi.json").get_json()
    assert not [path for path in next_door["paths"] if "quarrels" in path]
    one = program("GET", "/api/v1/forms/quarrels").get_json()
    assert one["schema"]["properties"].keys() == sent["properties"].keys()
    assert next(field["label"] for field in one["fields"] if field["key"] == "amount") == "涉及金额"
    reader = Program(client, token_of(cast, "judge.yincai"))
    assert reader("GET", "/api/v1/openapi.json").status_code == 403
