"""The embedded server (`flask serve`) and the job worker alone (`flask worker`)."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from cli.prepare import make_ready, refuse_unsafe, welcome
from config import Settings, UnsafeSettings
from shell.background import Consumer, background
from shell.files import post_bytes
from shell.memory import settle_memory

GRACE_SECONDS = 30.0  # how long a stop waits for requests and jobs in hand
POLL_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 10.0
NAP_SECONDS = 0.2
MIB = 1024 * 1024


class Stop:
    """Set by SIGINT (Ctrl-C) or SIGTERM; a second signal stops waiting.

    A plain flag: the lock inside a threading.Event could be held by the very thread that the signal interrupts.
    """

    def __init__(self) -> None:
        self.asked = False
        self.wake: Callable[[], None] = lambda: None

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def wait(self, seconds: float) -> bool:
        """Sleep until asked to stop, at most `seconds`; return whether asked."""
        until = time.monotonic() + seconds
        while not self.asked and time.monotonic() < until:
            time.sleep(NAP_SECONDS)
        return self.asked

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise SystemExit(1)
        self.asked = True
        self.wake()


class Server:
    """Waitress with a stop that loses nothing: what has begun to arrive is received, answered and sent."""

    def __init__(self, app: Flask, settings: Settings, host: str, port: int) -> None:
        self._map: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._map,
            listen=f"{host}:{port}",
            threads=settings.threads,
            ident="",
            max_request_body_size=post_bytes(settings.upload_max_mb) + MIB,
            # Behind a trusted proxy the application itself reads the forwarded headers.
            clear_untrusted_proxy_headers=settings.trusted_proxies == 0,
        )

    def wake(self) -> None:
        for server in self._listening():
            server.pull_trigger()

    def run(self, stop: Stop, consumer: Consumer | None) -> None:
        """Serve until asked to stop, keeping the job threads alive meanwhile."""
        looked_after = time.monotonic()
        while not stop.asked:
            self._poll()
            if consumer and time.monotonic() - looked_after > KEEP_ALIVE_SECONDS:
                consumer.keep_alive()
                looked_after = time.monotonic()

    def finish(self, timeout: float) -> bool:
        """Take no new connection and let those in hand come to their end; return whether all did."""
        listening = self._listening()
        for server in listening:
            wasyncore.dispatcher.close(server)  # the socket alone: the channels still need its trigger
        deadline = time.monotonic() + timeout
        while (busy := self._close_idle()) and time.monotonic() < deadline:
            self._poll()
        for server in listening:
            server.task_dispatcher.shutdown(timeout=1)
        return not busy

    def _poll(self) -> None:
        wasyncore.loop(timeout=POLL_SECONDS, map=self._map, count=1)

    def _listening(self) -> list[BaseWSGIServer]:
        return [item for item in list(self._map.values()) if isinstance(item, BaseWSGIServer)]

    def _close_idle(self) -> int:
        """Close the connections that wait between two requests; return how many are in the middle of one."""
        wasyncore.loop(timeout=0, map=self._map, count=1)  # first take in what has already arrived
        channels = [item for item in list(self._map.values()) if isinstance(item, HTTPChannel)]
        busy = [item for item in channels if item.requests or item.request or item.total_outbufs_len]
        for channel in channels:
            if channel not in busy:
                channel.handle_close()
        return len(busy)


@click.command("serve")
@click.option("--host", default=None, help="the address to listen on")
@click.option("--port", type=int, default=None, help="the port to listen on")
@click.option("--prepare", is_flag=True, help="first migrate the database and seed the demo when it is empty")
@with_appcontext
def serve(host: str | None, port: int | None, *, prepare: bool) -> None:
    """Serve the pages and carry out the jobs, in one process."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way
    settings: Settings = app.config["ZHIYE"]
    host, port = host or settings.host, port or settings.port
    if prepare:
        make_ready(settings)
    try:
        refuse_unsafe(settings)
    except UnsafeSettings as refusal:
        raise click.ClickException(str(refusal)) from refusal
    consumer = background(app).consumer() if settings.embedded_jobs else None
    server = Server(app, settings, host, port)
    stop = Stop()
    stop.wake = server.wake
    stop.listen()
    if consumer:
        consumer.start()
    click.echo(welcome(host, port))
    settle_memory()
    server.run(stop, consumer)
    _finish(server, consumer)


def _finish(server: Server, consumer: Consumer | None) -> None:
    click.echo("正在停止：等待未完成的请求和任务……")
    started = time.monotonic()
    answered = server.finish(GRACE_SECONDS)
    left = GRACE_SECONDS - (time.monotonic() - started)
    worked = consumer.finish(max(left, 1.0)) if consumer else True
    click.echo("已停止。" if answered and worked else "已停止，有未完成的请求或任务。")


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Carry out jobs only; any number of web processes share the queue over Redis."""
    consumer = background().consumer()
    stop = Stop()
    stop.listen()
    consumer.start()
    click.echo("任务进程已启动。")
    while not stop.wait(KEEP_ALIVE_SECONDS):
        consumer.keep_alive()
    worked = consumer.finish(GRACE_SECONDS)
    click.echo("已停止。" if worked else "已停止，有未完成的任务。")
