"""A tour of the whole application: every route, asked with what lies in one village."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.routing import Rule

from admin.rows import ScopedView
from admin.user_acts import ACTS as USER_ACTS
from queries.settings import SETTINGS
from tests.pages import JudgingClient
from tests.support import village as marks
from tests.support.cast import Cast
from tests.support.village import KEY, Village

# These end or judge the visitor's own session, or tell of the machine; they have their own tests.
OWN_SESSION = {
    "portal.sign_in", "portal.sign_out", "portal.second_factor", "portal.oidc_start", "portal.oidc_callback",
    "desk.end_other_sign_ins", "portal.set_language", "portal.healthz",
}  # fmt: skip
THINGS = {"org_unit": "unit", "user": "user", "household": "household", "resident": "resident", "category": "category",
          "coin_station": "station", "coin_good": "good", "coin_rule_set": "rules", "audit_event": "audit",
          "api_token": "token", "webhook": "webhook"}  # fmt: skip
WORDS = (marks.WORD, "楼板", "余村", marks.PHONE, marks.RESIDENT_PHONE, "lljf-000001")


def flask_admin_view(app: Flask, endpoint: str) -> Any:
    """Return the back-office view behind an endpoint, or None."""
    name = endpoint.rpartition(".")[0]
    views = [view for office in app.extensions["admin"] for view in office._views if view.blueprint is not None]
    return next((view for view in views if view.blueprint.name == name), None)


def is_file(endpoint: str) -> bool:
    return endpoint == "static" or endpoint.endswith(".static")


class Tour:
    """Everything there is to try on one application against one village."""

    def __init__(self, app: Flask, village: Village) -> None:
        self.app, self.village = app, village
        self.arguments: dict[str, tuple[Any, ...]] = {
            "key": (KEY,),
            "form_key": (KEY,),
            "record_id": (village.record_id,),
            "uid": (village.draft, village.record_uid, village.photo, village.draft_photo),
            "view_uid": (village.view,),
            "fid": ("b3", "a8", "c1"),
            "page_no": (1, 3),
            "page_id": ("p1",),
            "kind": ("text",),
            "place": (0,),
            "template": ("village",),
            "number": (1,),
            "export_type": ("xlsx", "csv"),
            "sign_in_id": (village.ids["sign_in"],),
            "notice_id": (village.ids["notice"],),
            "token_id": (village.ids["token"],),
            "job_id": (1,),
            "run_uid": (village.exchanged["run"],),
            "job_uid": (village.exchanged["job"],),
            "which": ("phone", "address"),
            "name": ("village",),
            "day": ("2026-11-20",),
            "ym": ("2026-10", "2026-11"),
            "station_id": (village.ids["station"],),
            "household_id": (village.ids["household"],),
            "code": (village.coins["code"],),
            "receipt_uid": (village.coins["receipt"],),
            "award_uid": (village.coins["award"],),
            "allotment_uid": (village.coins["allotment"],),
            "settlement_uid": (village.coins["settlement"],),
            "claim_uid": (village.coins["claim"],),
        }
        cells: dict[str, Any] = {"f_a1": village.ids["unit"], "f_a2": "leak", "f_a5_ge": 1, "f_a4_ge": "2026-11-01"}
        lists: list[dict[str, Any]] = [
            {},
            *({"q": word} for word in WORDS),
            *({name: value} for name, value in cells.items()),
        ]
        lists += [{"view": village.view}, {"f_a2_ne": "noise"}, {"f_a1_under": village.ids["unit"]}, {"f_c1_filled": 1}]
        lists += [{"sort": "a5"}, {"sort": "-a4"}, {"after": village.cursor}]
        api: list[dict[str, Any]] = [{}, *({"q": word} for word in WORDS), {"sort": "-a5"}, {"after": village.cursor}]
        api += [{"f.a1": village.ids["unit"]}, {"f.a5.ge": 1}, {"f.c1.contains": "楼板"}, {"f.b3": marks.PHONE}]
        self.questions: dict[str, list[dict[str, Any]]] = {
            "hub.index_view": lists,
            "hub_chosen.index_view": [{"rowid": village.record_id}],
            "hub.export_view": [{"type": "xlsx"}, {"type": "csv", "q": marks.WORD}, {"type": "csv", **cells}],
            "hub_statistics.index_view": [{"view": village.view}, {"of": "a5"}, {"split": "a2", "rows": "month"}, {}],
            "hub_statistics.export_view": [{"type": "csv", "span": "36", "of": "avg.a5"}],
            "hub_conditions.index_view": [{"field": "a1"}, {"field": "a4"}, {}],
            "hub_views.new_view": [{"f_a2": "leak", "sort": "-a5", "cols": "a1,a5"}],
            "hub_views.edit_view": [{"f_a2": "leak"}],
            "hub_print.index_view": [{"q": marks.WORD}, {}],
            "api.list_records": api,
            "api.orgs": [{}, {"q": "余村"}, {"q": "ycc"}, {"q": "暗号旧"}, {"level": "village"}],
            "desk.counter_station": [{"q": marks.WORD}, {}],
            "desk.month_sheet": [{"month": "2026-11"}, {"village": village.ids["unit"], "hash": "0" * 64}, {}],
            "desk.month_sheet_pdf": [{"village": village.ids["unit"], "month": "2026-11"}],
            "desk.household_statement": [{"from": "2026-11", "to": "2026-11"}, {}],
            "desk.household_statement_pdf": [{"from": "2026-11", "to": "2026-11"}],
            "desk.own_statement_pdf": [{"from": "2026-11", "to": "2026-11"}],
            "desk.search": [{"q": word} for word in WORDS],
            "settings.edit_view": [{"key": name} for name in SETTINGS],
            "users.act_view": [{"id": village.ids["user"], "act": name} for name in USER_ACTS],
            "users.end_role_view": [{"id": village.ids["user"], "role": village.ids["membership"]}],
            **{f"calendar.{page}_view": [{"id": "2026-11-20"}] for page in ("details", "edit")},
        }

    def rules(self, method: str) -> Iterator[Rule]:
        for rule in self.app.url_map.iter_rules():
            if method in (rule.methods or ()) and not is_file(rule.endpoint) and rule.endpoint not in OWN_SESSION:
                yield rule

    def addresses(self, method: str, most: int | None = None) -> Iterator[tuple[str, str]]:
        """Yield (endpoint, address) for everything that can be asked of every route, or for `most` of each."""
        for rule in self.rules(method):
            for path in self.paths(rule):
                for asked in self.asked(rule.endpoint)[:most]:
                    yield rule.endpoint, f"{path}?{urlencode(asked)}" if asked else path

    def paths(self, rule: Rule) -> Iterator[str]:
        unknown = set(rule.arguments) - set(self.arguments)
        assert not unknown, f"{rule.rule}: say here what of the village {unknown} could name"
        names = sorted(rule.arguments)
        for values in product(*(self.arguments[name] for name in names)):
            built = rule.build(dict(zip(names, values, strict=True)))
            assert built
            yield built[1]

    def asked(self, endpoint: str) -> list[dict[str, Any]]:
        view, method = flask_admin_view(self.app, endpoint), endpoint.rpartition(".")[2]
        if endpoint in self.questions or not isinstance(view, ScopedView):
            return self.questions.get(endpoint, [{}])
        if method == "index_view":
            return [{}, *({"search": word} for word in WORDS), *self.conditions(view), {"sort": 0, "desc": 1}]
        if method in {"export", "create_view"}:
            return [{}]
        if method == "ajax_lookup":
            return [{"name": name, "query": word} for name in view._form_ajax_refs for word in WORDS]
        own = self.village.ids.get(THINGS.get(view.model.__tablename__, ""))
        return [{"id": own}] if own else [{"id": ident} for ident in sorted(self.village.ids.values())]

    def conditions(self, view: ScopedView) -> Iterator[dict[str, Any]]:
        for index, condition in enumerate(view._filters or ()):
            for value in (self.village.ids["unit"], self.village.ids["user"], "2020-01-01"):
                yield {f"flt{index}_{condition.arg}": value}


def visitor(app: Flask, cast: Cast, username: str) -> JudgingClient:
    """Return a browser of its own in which this person (or nobody) is signed in, and which knows its token."""
    client = JudgingClient(app, app.response_class)
    if username:
        cast.sign_in(client, username)
    client.get("/me" if username else "/login", judge=False)
    assert client.token
    return client
