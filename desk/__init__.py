"""Pages for officials at work: home, search, own account."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the room's routes on the application."""
    # Importing hangs their routes.
    from desk import (  # noqa: F401
        accounts,
        awards,
        budgets,
        claims,
        coin_figures,
        coin_months,
        counter,
        files,
        home,
        month_sheets,
        own_coins,
        point_imports,
        points_table,
        search,
        statements,
        stock,
        tokens,
        unit_journals,
    )
    from desk.blueprint import bp

    app.register_blueprint(bp)
