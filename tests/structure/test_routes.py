"""Facts about all routes: each one says who may come in, and the public ones are few and named."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from admin.guard import Guarded
from models.access import PERMISSIONS
from shell.access import PUBLIC, SIGNED_IN

PUBLIC_ENDPOINTS = {
    "portal.sign_in",
    "portal.sign_out",
    "portal.second_factor",
    "portal.set_language",
    "portal.oidc_start",
    "portal.oidc_callback",
    "portal.healthz",
}


def access_of(app: Flask, endpoint: str) -> str | None:
    """Return the access mark of an endpoint: a permission, "signed-in", "public", or None where nobody said."""
    view = app.view_functions[endpoint]
    bound = getattr(view, "__self__", None) or _flask_admin_view(app, endpoint)
    if isinstance(bound, Guarded):
        return bound.permission_for(endpoint.rpartition(".")[2])
    return getattr(view, "access", None)


def _flask_admin_view(app: Flask, endpoint: str) -> Any:
    name = endpoint.rpartition(".")[0]
    for office in app.extensions.get("admin", []):
        for view in office._views:
            if view.blueprint is not None and view.blueprint.name == name:
                return view
    return None


def is_file(endpoint: str) -> bool:
    return endpoint == "static" or endpoint.endswith(".static")


def test_every_route_has_a_permission_or_is_on_the_public_list(app: Flask) -> None:
    unmarked, public = [], set()
    for rule in app.url_map.iter_rules():
        if is_file(rule.endpoint):
            continue
        access = access_of(app, rule.endpoint)
        if access == PUBLIC:
            public.add(rule.endpoint)
        elif access != SIGNED_IN and access not in PERMISSIONS:
            unmarked.append((rule.endpoint, access))
    assert unmarked == []
    assert public <= PUBLIC_ENDPOINTS


def test_every_admin_view_inherits_the_guarded_base(app: Flask) -> None:
    views = [view for office in app.extensions["admin"] for view in office._views]
    assert views
    assert [type(view).__name__ for view in views if not isinstance(view, Guarded)] == []


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_every_permission_is_held_by_some_role(permission: str) -> None:
    assert PERMISSIONS[permission]
