"""The other evaluator, kept running: static/expressions.js and settle.js in node, else in Chromium."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Perform = Callable[[list[dict[str, Any]]], list[Any]]

# One line of jobs in, one line of results out.
_LOOP = """
import { createInterface } from "node:readline";
const [twin, driver] = await Promise.all(process.argv.slice(1).map((address) => import(address)));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(JSON.parse(line).map((job) => driver.perform(twin, job))));
}
"""
_PAGE = """
async ([addresses, line]) => {
  const [twin, driver] = await Promise.all(addresses.map((address) => import(address)));
  return JSON.stringify(JSON.parse(line).map((job) => driver.perform(twin, job)));
}
"""


def _addresses() -> list[str]:
    """Return the twin and its driver as addresses that need no server: each carries what it imports in itself."""
    found: dict[str, str] = {}
    for path in ("static/expressions.js", "static/settle.js", "tests/unit/engine/driver.js"):
        source = (ROOT / path).read_text("utf-8")
        for name, address in found.items():
            source = source.replace(f'"./{name}"', f'"{address}"')
        encoded = base64.b64encode(source.encode()).decode()
        found[Path(path).name] = f"data:text/javascript;base64,{encoded}"
    return [found["settle.js"], found["driver.js"]]


def node() -> str | None:
    """Return the path of node, or None."""
    return shutil.which("node")


@contextmanager
def in_node(path: str, modules: list[str] | None = None) -> Iterator[Perform]:
    """Start node and hand jobs to it. `modules` are addresses of another twin and its driver."""
    command = [path, "--input-type=module", "--eval", _LOOP, "--", *(modules or _addresses())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdin
        assert process.stdout
        pipe_in, pipe_out = process.stdin, process.stdout

        def perform(jobs: list[dict[str, Any]]) -> list[Any]:
            pipe_in.write(json.dumps(jobs) + "\n")
            pipe_in.flush()
            results: list[Any] = json.loads(pipe_out.readline())
            return results

        yield perform


@contextmanager
def in_chromium(path: str, modules: list[str] | None = None) -> Iterator[Perform]:
    """Open an empty page in Chromium and hand jobs to it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        addresses = modules or _addresses()

        def perform(jobs: list[dict[str, Any]]) -> list[Any]:
            results: list[Any] = json.loads(page.evaluate(_PAGE, [addresses, json.dumps(jobs)]))
            return results

        yield perform
        browser.close()
