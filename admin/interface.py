"""What the interface offers, for people: how to sign in, and the addresses of every form with their fields."""

from __future__ import annotations

from typing import Any

from flask import request

from admin.guard import ZhiyeView, expose
from queries.interface import usable_forms
from shell import i18n
from shell.access import actor
from shell.limits import INTERFACE_LIMIT


class InterfaceView(ZhiyeView):
    """The description of the interface as a page; /api/v1/openapi.json says the same to programs."""

    allows = {"list": "form:list"}

    @expose("/")
    def index_view(self) -> Any:
        forms = usable_forms(actor(), i18n.locale())
        return self.render(
            "admin/interface/index.html", forms=forms, base=request.host_url.rstrip("/"), limit=INTERFACE_LIMIT
        )
