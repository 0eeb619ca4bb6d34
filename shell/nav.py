"""The navigation as data: who sees which places, in which order, under which heading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from flask import Flask, current_app, request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from models.access import Actor
from queries.forms import form_lines
from shell import access, assets, problems
from shell.addresses import address

Text = Any  # a str or a lazy string


class PublishedForm(Protocol):
    """What the navigation needs to know of a form."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...


@dataclass(frozen=True)
class Entry:
    """One place: its name, its icon, where it leads, which permission opens it, and the paths that belong to it."""

    label: Text
    icon: str
    endpoint: str
    permission: str | None = None
    prefix: str | tuple[str, ...] = ""
    args: dict[str, Any] = field(default_factory=dict)
    count: int = 0
    phone: bool = False
    short: Text = ""

    @property
    def url(self) -> str:
        return address(self.endpoint, **self.args)

    @property
    def current(self) -> bool:
        """Tell whether the page shown belongs to this place: the path itself, or anything below a prefix."""
        here = request.path
        return here == self.url or (bool(self.prefix) and here.startswith(self.prefix))

    def open_to(self, actor: Actor) -> bool:
        """Tell whether the actor may go there and the place exists in this installation."""
        return self.endpoint in current_app.view_functions and (self.permission is None or actor.can(self.permission))


@dataclass(frozen=True)
class Section:
    """A heading and its places; the first section has no heading."""

    label: Text
    entries: tuple[Entry, ...]


WORK = Section(
    "",
    (
        Entry(_l("今日"), "sun", "desk.home", phone=True),
        Entry(_l("录入"), "pencil-square", "field.home", "record:create", prefix="/field/e/", phone=True),
    ),
)
COINS = Section(
    _l("道德币"),
    (
        Entry(_l("申报"), "award", "field.claims_home", "claim:file", prefix="/field/claims/"),
        Entry(_l("申报办理"), "clipboard-check", "desk.claim_list", "claim:list", prefix=("/claims/", "/coins/awards")),
        Entry(_l("公示"), "megaphone", "desk.coin_notice", "claim:file"),
        Entry(_l("道德币统计"), "bar-chart", "desk.coin_figures", "coin:statistics"),
        Entry(_l("月度公示"), "file-earmark-check", "desk.month_sheet", "coin:list"),
        Entry(_l("结账"), "lock", "desk.coin_months", "coin:months", prefix="/coins/months/"),
        Entry(_l("额度"), "cash-coin", "desk.coin_budgets", "coin:list", prefix="/coins/budgets/"),
        Entry(_l("导入积分"), "file-earmark-spreadsheet", "desk.point_imports", "coin:import", prefix="/coins/import/"),
        Entry(_l("积分规则"), "list-check", "rules.index_view", "rule:list", prefix="/admin/rules/"),
        Entry(_l("兑换台"), "basket", "desk.counter", "coin:redeem", prefix="/counter/", phone=True, short=_l("兑换")),
        Entry(_l("我家道德币"), "coin", "desk.own_coins", "own:coins", prefix="/own/", phone=True, short=_l("道德币")),
        Entry(_l("库存"), "box", "desk.stock", "stock:move", prefix="/stock/"),
        Entry(
            _l("易站"),
            "shop",
            "stations.index_view",
            "station:list",
            prefix=("/admin/stations/", "/coins/settlements/"),
        ),
        Entry(_l("物品"), "gift", "goods.index_view", "station:list", prefix="/admin/goods/"),
    ),
)
SETUP = Section(
    _l("统计与配置"),
    (
        Entry(_l("表单设计"), "ui-checks", "forms.index_view", "form:list", prefix="/admin/forms/"),
        Entry(_l("类别"), "tags", "categories.index_view", "category:list", prefix="/admin/categories/"),
        Entry(_l("组织"), "diagram-3", "orgs.index_view", "org:list", prefix="/admin/orgs/"),
        Entry(_l("用户与角色"), "person-badge", "users.index_view", "user:list", prefix="/admin/users/"),
        Entry(_l("居民"), "people", "people.index_view", "resident:list", prefix="/admin/people/"),
        Entry(_l("家庭"), "house-door", "households.index_view", "household:list", prefix="/admin/households/"),
        Entry(_l("工作日历"), "calendar3", "calendar.index_view", "calendar:list", prefix="/admin/calendar/"),
        Entry(_l("数据接口"), "plug", "interface.index_view", "form:list", prefix="/admin/api/"),
        Entry(_l("配置包"), "box-seam", "packs.index_view", "form:design", prefix="/admin/packs/"),
        Entry(_l("设置"), "sliders", "settings.index_view", "setting:list", prefix="/admin/settings/"),
        Entry(_l("审计日志"), "journal-text", "audit.index_view", "audit:list", prefix="/admin/audit/"),
    ),
)
SEARCH = Entry(_l("搜索"), "search", "desk.search", "record:list", phone=True)
PROFILE = Entry(_l("我的账号"), "person-circle", "desk.profile", phone=True, short=_l("我的"))
PHONE_PLACES = 4  # and the fifth opens everything else


def registers(forms: Iterable[PublishedForm]) -> Section:
    """Return the section of the published forms, one place per form, in the order given."""
    return Section(_l("台账"), tuple(_register(form) for form in forms))


def _register(form: PublishedForm) -> Entry:
    where = {"form_key": form.key}
    return Entry(form.title, "table", "hub.index_view", "record:list", prefix=f"/admin/f/{form.key}/", args=where)


def navigation(actor: Actor | None, forms: Iterable[PublishedForm] = ()) -> list[Section]:
    """Return the sections with the places the actor may use; empty sections are left out."""
    if actor is None:
        return []
    sections = (WORK, registers(forms), COINS, SETUP)
    open_sections = (replace(section, entries=tuple(_open(section.entries, actor))) for section in sections)
    return [section for section in open_sections if section.entries]


def phone_places(actor: Actor | None) -> list[Entry]:
    """Return at most four places for the bottom bar of a phone; those of coins where the others leave room."""
    if actor is None:
        return []
    first = [entry for entry in (*WORK.entries, SEARCH, PROFILE, *COINS.entries) if entry.phone]
    chosen = list(_open(first, actor))[:PHONE_PLACES]
    # By identity: two entries are compared by translating their labels.
    return [entry for entry in (*WORK.entries, *COINS.entries, SEARCH, PROFILE) if any(entry is one for one in chosen)]


def _open(entries: Iterable[Entry], actor: Actor) -> Iterator[Entry]:
    return (entry for entry in entries if entry.open_to(actor))


class Shell:
    """What layout.html asks for. Everything is read when asked, so an error page may ask for nothing."""

    def __init__(
        self,
        forms_for: Callable[[Actor], Iterable[PublishedForm]] | None = None,
        todo_for: Callable[[Actor], int] | None = None,
    ) -> None:
        self._forms_for = forms_for
        self._todo_for = todo_for

    @property
    def actor(self) -> Actor | None:
        return access.current_actor()

    @property
    def lang(self) -> str:
        """The language of the page as HTML names it, such as zh-Hans-CN."""
        return str(get_locale() or "zh_Hans_CN").replace("_", "-")

    @property
    def sections(self) -> list[Section]:
        actor = self.actor
        forms = self._forms_for(actor) if actor and self._forms_for else ()
        return [self._counted(section, actor) for section in navigation(actor, forms)]

    @property
    def places(self) -> list[Entry]:
        return phone_places(self.actor)

    @property
    def search_url(self) -> str | None:
        """Where the search form leads, or None when the actor may not search."""
        actor = self.actor
        return SEARCH.url if actor and SEARCH.open_to(actor) else None

    @property
    def profile_url(self) -> str | None:
        actor = self.actor
        return PROFILE.url if actor and PROFILE.open_to(actor) else None

    def url(self, endpoint: str, **args: Any) -> str | None:
        """Return the address of an endpoint, or None when this installation does not have it."""
        return address(endpoint, **args) if endpoint in current_app.view_functions else None

    def _counted(self, section: Section, actor: Actor | None) -> Section:
        if section.label or actor is None or self._todo_for is None:
            return section
        first, *rest = section.entries
        return replace(section, entries=(replace(first, count=self._todo_for(actor)), *rest))


def init_app(
    app: Flask,
    *,
    forms_for: Callable[[Actor], Iterable[PublishedForm]] = form_lines,
    todo_for: Callable[[Actor], int] | None = None,
) -> None:
    """Give templates `shell`, `icon` and `asset`.

    `forms_for` returns the published forms an actor may list; `todo_for` counts what waits for them today.
    """
    shell = Shell(forms_for, todo_for)
    assets.init_app(app)
    app.jinja_env.globals.update(problems=problems.problems, own_errors=problems.own_errors)
    app.context_processor(lambda: {"shell": shell})
