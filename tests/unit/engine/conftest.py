"""What the tests of both evaluators share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.conftest import chromium
from tests.support.javascript import Perform, in_chromium, in_node, node


@pytest.fixture(scope="module")
def perform(request: pytest.FixtureRequest) -> Iterator[Perform]:
    """The JavaScript evaluator, in node or else in Chromium."""
    node_path, chromium_path = node(), chromium()
    if node_path:
        with in_node(node_path) as found:
            yield found
    elif chromium_path:
        with in_chromium(chromium_path) as found:
            yield found
    else:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            sys.stderr.write("\n!!! NEITHER NODE NOR CHROMIUM: THE JAVASCRIPT EVALUATOR IS NOT TESTED !!!\n")
        pytest.skip("neither node nor Chromium here")
