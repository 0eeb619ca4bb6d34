"""Language of a request: the user's choice, the cookie's, or the county's default."""

from __future__ import annotations

import functools
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, Domain, format_date

LOCALES = {"zh_Hans_CN": "中文", "en": "English"}
COOKIE = "zhiye_locale"
MINUTES = len("2026-11-22 14:02")


def init_app(app: Flask) -> None:
    """Set up Flask-Babel: Chinese by default, English by switch, dates in the county's time zone."""
    settings = app.config["ZHIYE"]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(settings.root / "translations")
    babel = Babel(
        app,
        default_locale=settings.default_locale,
        default_timezone=settings.timezone,
        locale_selector=lambda: _parsed(locale()),
    )
    babel.domain_instance = Catalogues()
    app.jinja_env.filters.update(moment=moment, day=day)
    app.context_processor(lambda: {"locale": locale(), "locales": LOCALES})


def locale() -> str:
    """Return the locale of this request, one of LOCALES."""
    # Operator commands and jobs speak the county's language: they have no cookie.
    chosen = g.get("locale") or (request.cookies.get(COOKIE, "") if has_request_context() else "")
    return chosen if chosen in LOCALES else str(current_app.config["ZHIYE"].default_locale)


@functools.cache
def _parsed(name: str) -> Locale:
    """Return what Flask-Babel would make of a name anew in each request, with looks at the disk."""
    return Locale.parse(name)


def speak_as_asked(fallback: str = "") -> None:
    """Set the language of this request by its Accept-Language, for programs, which carry no cookie of ours."""
    best = request.accept_languages.best_match(["zh-Hans-CN", "zh-CN", "zh", "en"]) or ""
    chosen = "zh_Hans_CN" if best.startswith("zh") else best or fallback
    if chosen in LOCALES:
        g.locale = chosen


def moment(value: datetime | None) -> str:
    """Say an instant in the county's time as 2026-11-22 14:02, in every language."""
    # Not format_datetime: it reads its pattern and looks for its zone anew for each of the fifty rows of a list.
    if value is None:
        return ""
    return value.astimezone(_zone(current_app.config["ZHIYE"].timezone)).isoformat(" ", "minutes")[:MINUTES]


@functools.cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


class Catalogues(Domain):  # type: ignore[misc]
    """Our texts. The catalogue is found once a request: Flask-Babel spells the locale anew for each of 150 texts."""

    def get_translations(self) -> Any:
        seen = g.get("_flask_babel") if g else None
        locale_then, catalogue = getattr(seen, "zhiye_catalogue", (None, None))
        # force_locale and refresh change the locale in the middle of a request
        if seen is None or catalogue is None or locale_then is not getattr(seen, "babel_locale", None):
            catalogue = super().get_translations()
            g._flask_babel.zhiye_catalogue = (g._flask_babel.babel_locale, catalogue)  # noqa: SLF001 - its own place
        return catalogue


def day(value: date | None) -> str:
    """Say a date as 2026-11-22, in every language."""
    return format_date(value, "yyyy-MM-dd", rebase=False) if value else ""
