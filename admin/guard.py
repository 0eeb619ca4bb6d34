"""Who may reach which method of a back-office view: nothing is open unless the view says with which permission."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

import flask_admin
from flask import abort, g

from shell.access import SIGNED_IN, admit, current_actor

F = TypeVar("F", bound=Callable[..., Any])

# Method of a view -> the act whose permission opens it. Methods that stand here for no act of a view have no route.
METHODS: Mapping[str, str] = {
    "index_view": "list",
    "details_view": "list",
    "ajax_lookup": "list",
    "create_view": "create",
    "edit_view": "edit",
    "delete_confirm_view": "delete",
    "delete_view": "delete",
    "export": "export",
    "action_view": "bulk",
}


def expose(url: str = "/", methods: Iterable[str] = ("GET",)) -> Callable[[F], F]:
    """Give a method of a view its address below the view's own. Without a permission it still gets no route."""
    exposed: Callable[[F], F] = flask_admin.expose(url, methods)
    return exposed


class Guarded:
    """Deny by default. `allows` maps an act to its permission, `methods` maps own routes to acts.

    A method without an act, or an act without a permission, gets no route at all: that keeps Flask-Admin's
    /ajax/update/ and everything a later release may add out of reach.
    """

    allows: ClassVar[Mapping[str, str]] = {}
    methods: ClassVar[Mapping[str, str]] = {}
    _urls: Any

    @classmethod
    def permission_for(cls, method: str) -> str | None:
        """Return the permission that opens a method of this view, or None where it is closed."""
        act = {**METHODS, **cls.methods}.get(method)
        return cls.allows.get(act) if act else None

    @classmethod
    def routes(cls) -> list[tuple[str, str, Any]]:
        """Return (rule, method, HTTP verbs) of every method that has a permission."""
        own: list[tuple[str, str, Any]] = cls._urls
        return [route for route in own if cls.permission_for(route[1])]

    def may(self, act: str) -> bool:
        """Tell whether who is signed in may do this act anywhere."""
        permission = self.allows.get(act)
        actor = current_actor()
        if permission is None or actor is None:
            return False
        return permission == SIGNED_IN or actor.can(permission)

    def is_accessible(self) -> bool:
        return self.may("list")

    def create_blueprint(self, admin: Any) -> Any:
        self._urls = self.routes()
        return super().create_blueprint(admin)  # type: ignore[misc]

    def _handle_view(self, name: str, **_kwargs: Any) -> Any:
        permission = self.permission_for(name)
        if permission is None:
            abort(404)
        g.admin_permission = permission
        return admit(permission)

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        # Flask-Admin calls a view a second time when it raised TypeError; an act must not run twice.
        return fn(self, *args, **kwargs)


class ZhiyeView(Guarded, flask_admin.BaseView):  # type: ignore[misc]
    """A back-office page that is no list of rows."""


class HomeView(ZhiyeView):
    """Where /admin/ leads: the places of configuration this person may use."""

    allows = {"list": SIGNED_IN}
    methods = {"index": "list"}

    @expose("/")
    def index(self) -> Any:
        return self.render("admin/index.html")
