"""A page that is filled in shows, requires and computes after every answer what the server would: static/live.js."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.answers import clean
from engine.check import check
from engine.definition import Definition, Item, parse
from engine.rows import answer_at, places, rows_of, with_answer
from forms.filling import Filling
from forms.live import known
from models.access import Actor
from tests.conftest import chromium
from tests.support.javascript import Perform, in_chromium, in_node, node
from tests.unit.engine.helpers import context
from tests.unit.engine.test_settle_javascript import RAW, forms

Drawn = tuple[Definition, dict[str, Any], list[tuple[str, Any]]]
HERE = Path(__file__).parent
MODULES = [
    *(HERE.parents[2] / "static" / name for name in ("expressions.js", "answers.js", "live.js")),
    HERE / "live_driver.js",
]
NOBODY = Actor(user_id=None, username="", name="")


def modules(folder: Path) -> list[str]:
    """Return static/live.js and the driver as addresses for node, which must see that they are modules."""
    for path in MODULES:
        (folder / f"{path.stem}.mjs").write_text(path.read_text("utf-8").replace('.js";', '.mjs";'), "utf-8")
    return [(folder / name).as_uri() for name in ("live.mjs", "live_driver.mjs")]


def carried() -> list[str]:
    """Return the same for Chromium, as addresses that carry everything in themselves."""
    found: dict[str, str] = {}
    for path in MODULES:
        source = path.read_text("utf-8")
        for name, address in found.items():
            source = source.replace(f'"./{name}"', f'"{address}"')
        found[path.name] = "data:text/javascript;base64," + base64.b64encode(source.encode()).decode()
    return [found["live.js"], found["live_driver.js"]]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Perform]:
    node_path, chromium_path = node(), chromium()
    if not node_path and not chromium_path:
        pytest.skip("neither node nor Chromium here")
    started = (
        in_node(node_path, modules(tmp_path_factory.mktemp("modules")))
        if node_path
        else in_chromium(str(chromium_path), carried())
    )
    with started as perform:
        yield perform


def controls(item: Item, raw: Any) -> list[dict[str, Any]]:
    """Return what a page would have in its controls for a raw answer."""
    if item.type == "boolean":
        return [{"type": "radio", "value": word, "checked": raw is (word == "true")} for word in ("true", "false")]
    if item.type == "acknowledge":
        return [{"type": "checkbox", "value": "true", "checked": raw is True}]
    if item.type == "select_multiple":
        return [{"type": "checkbox", "value": one.value, "checked": one.value in (raw or [])} for one in item.options]
    return [{"type": "text", "value": "" if raw is None else str(raw)}]


def judged(form: Definition, raw: dict[str, Any]) -> dict[str, Any]:
    outcome = clean(form, raw, context())
    computed = {at: answer_at(outcome.values, at) for at in outcome.shown if is_computed(form, at)}
    return {
        "shown": sorted(outcome.shown),
        "required": sorted(outcome.required),
        "computed": {at: f"{value:f}" for at, value in computed.items() if value is not None},
    }


def is_computed(form: Definition, at: str) -> bool:
    return form.item(at.rsplit("/", 1)[-1]).calculation is not None


def job(form: Definition, raw: dict[str, Any], changes: list[tuple[str, Any]]) -> dict[str, Any]:
    filling = Filling.of(form, raw, actor=NOBODY, context=context())
    found = list(places(form.live_items, raw))
    asked = {at: (item, one) for at, item, one in found if item.asked and not item.kind.holds_items}
    return {
        "told": known(filling),
        "rows": {at: [row["_id"] for row in rows_of({"rows": rows}, "rows")] for at, item, rows in found
                 if item.kind.repeats},
        "fields": {at: {"item": {"fid": item.fid, "type": item.type}, "controls": controls(item, one)}
                   for at, (item, one) in asked.items()},
        "changes": [[at, controls(asked[at][0], one)] for at, one in changes],
    }  # fmt: skip


@st.composite
def fillings(draw: st.DrawFn) -> Drawn | None:
    """Draw a form, first answers, and answers that change one after the other."""
    drawn = draw(forms())
    if check(drawn["definition"]):
        return None
    form, raw = parse(drawn["definition"]), drawn["raw"]
    asked = [(at, item.type) for at, item, _raw in places(form.live_items, raw) if item.type in RAW]
    chosen = draw(st.lists(st.sampled_from(asked), max_size=5)) if asked else []
    return form, raw, [(at, draw(RAW[type_])) for at, type_ in chosen]


def _given(raw: Any, _before: Any) -> Any:
    return raw


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])  # shrinking forms takes minutes
@given(drawn=fillings())
def test_after_every_answer_the_page_shows_what_the_server_would(page: Perform, drawn: Drawn | None) -> None:
    if drawn is None:
        return
    form, raw, changes = drawn
    expected, now = [judged(form, raw)], raw
    for at, one in changes:
        now = with_answer(now, at, partial(_given, one))
        expected.append(judged(form, now))
    assert page([job(form, raw, changes)]) == [expected]
