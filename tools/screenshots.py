"""Take the pictures of README and the manuals: `python -m tools.screenshots [name ...]`.

Starts the application on a temporary data folder with the demo county, signs in with a real browser, and writes
docs/images/<name>.png. Pictures are reduced to a palette, so that the repository stays small.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Response, ViewportSize, sync_playwright

from services.demo_county import PASSWORD

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
FLASK = Path(sys.executable).with_name("flask")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
STARTED = "枝叶已启动"
START_SECONDS = 120
DESK = ViewportSize(width=1366, height=860)
PHONE = ViewportSize(width=390, height=672)
COLOURS = 64
REGISTER = "/admin/f/neighbour_dispute/"
ENTRY = "/field/f/neighbour_dispute/new"

Step = Callable[[Page], object]


@dataclass(frozen=True)
class Shot:
    """One picture: its file, who is signed in, where, what is done there first, and the size of the window."""

    name: str
    username: str
    path: str
    steps: tuple[Step, ...] = ()
    view: ViewportSize | None = None


def click(selector: str) -> Step:
    """Return a step that follows the first link or button found by a selector."""

    def step(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_load_state("networkidle")

    return step


def choose(label: str, option: str) -> Step:
    """Return a step that picks a radio button by the words beside it."""
    return lambda page: page.get_by_role("group", name=label).get_by_label(option, exact=True).check()


def fill(label: str, text: str) -> Step:
    return lambda page: page.get_by_label(label).first.fill(text)


SHOTS = (
    Shot("home", "official.tianhuangping", "/"),
    Shot("register", "official.tianhuangping", REGISTER),
    Shot("record", "official.tianhuangping", REGISTER, (click("tbody .lead-cell a"),)),
    Shot("entry-phone", "grid.yucun", ENTRY, (choose("纠纷类型", "其他"), fill("其他类型说明", "屋檐滴水")), PHONE),
    Shot("designer", "admin", "/admin/forms/", (click("main tbody a:has-text('邻里纠纷登记')"),)),
    Shot("audit", "auditor.county", "/admin/audit/"),
    Shot("coin-figures", "leader.county", "/coins/figures"),
    Shot("counter-phone", "clerk.yucun", "/counter", (), PHONE),
)


def main(names: list[str]) -> int:
    """Take the named pictures, or all."""
    wanted = [shot for shot in SHOTS if not names or shot.name in names]
    IMAGES.mkdir(parents=True, exist_ok=True)
    with served() as address, browser() as chromium:
        for shot in wanted:
            size = take(chromium, address, shot)
            sys.stdout.write(f"docs/images/{shot.name}.png  {size // 1024} KB\n")
    return 0


def take(chromium: Browser, address: str, shot: Shot) -> int:
    """Take one picture in a fresh browser session and return its size in bytes."""
    view = shot.view or DESK
    context = chromium.new_context(
        viewport=view,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        device_scale_factor=2 if view is PHONE else 1,
    )
    page = context.new_page()
    failed: list[Response] = []
    page.on("response", lambda answer: failed.append(answer) if answer.status >= HTTPStatus.BAD_REQUEST else None)
    sign_in(page, address, shot.username)
    page.goto(address + shot.path, wait_until="networkidle")
    for step in shot.steps:
        step(page)
    if failed:
        raise SystemExit(f"{shot.name}: {failed[0].url} answers {failed[0].status}")
    page.evaluate("document.activeElement?.blur?.(); window.scrollTo(0, 0); document.fonts.ready")
    picture = page.screenshot(animations="disabled", caret="hide")
    context.close()
    return save(picture, IMAGES / f"{shot.name}.png")


def sign_in(page: Page, address: str, username: str) -> None:
    page.goto(f"{address}/login")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")
    if "/login" in page.url:
        raise SystemExit(f"{username} could not sign in")


def save(picture: bytes, path: Path) -> int:
    """Write a picture with a palette and return its size in bytes."""
    plain = Image.open(io.BytesIO(picture)).convert("RGB")
    plain.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    return path.stat().st_size


@contextmanager
def served() -> Iterator[str]:
    """Serve the demo county from a temporary folder on a free port; give its address."""
    with tempfile.TemporaryDirectory(prefix="zhiye-pictures-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        log = Path(folder) / "server.log"
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        settings = {"ZHIYE_DATA": folder, "ZHIYE_RATE_LIMITS": "0", "PYTHONUNBUFFERED": "1"}
        command = [str(FLASK), "--app", "app", "serve", "--prepare", "--port", str(port)]
        with log.open("wb") as output:
            server = subprocess.Popen(  # noqa: S603 - our own command
                command, cwd=ROOT, env={**kept, **settings}, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            _wait(server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(40)


def _wait(server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while STARTED not in (said := log.read_text("utf-8", errors="replace")):
        if server.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"the server did not start:\n{said}")
        time.sleep(0.2)


@contextmanager
def browser() -> Iterator[Browser]:
    path = next((found for name in CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("no Chromium here: install chromium and fonts-noto-cjk")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
