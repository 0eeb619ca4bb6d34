"""The way back after signing in leads nowhere but into this house."""

from __future__ import annotations

import pytest

from shell.redirects import local_path


@pytest.mark.parametrize("target", ["/", "/me", "/admin/f/disputes/?q=漏水&page=2", "/field/new#photo", "/a//b"])
def test_a_path_of_this_server_passes(target: str) -> None:
    assert local_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "me",
        "//evil.example",
        "///evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "/\n/evil.example",
        " /me",
        "/me\r\nSet-Cookie: a=b",
        "/" + "a" * 3000,
    ],
)
def test_anything_else_leads_home(target: str | None) -> None:
    assert local_path(target) == "/"
    assert local_path(target, "/me") == "/me"
