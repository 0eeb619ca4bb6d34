"""Which county an operator's command means."""

from __future__ import annotations

import click

from queries.orgs import counties


def county_id(code: str) -> int:
    """Return the id of the county with a code, or of the only one. Raises ClickException, which names them."""
    found = [unit for unit in counties() if code in ("", unit.code)]
    if len(found) != 1:
        names = "、".join(f"{unit.name}（{unit.code}）" for unit in counties())
        raise click.ClickException(f"请用 --county 说明是哪个县：{names}")
    return found[0].id
