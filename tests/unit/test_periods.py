"""Periods relative to a day."""

from __future__ import annotations

from datetime import date

import pytest

from queries.periods import days_of, month_before, months_between


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2024-03-01", "2024-03-01"),
        ("this_week", "2024-02-26", "2024-03-03"),
        ("this_month", "2024-03-01", "2024-03-31"),
        ("last_month", "2024-02-01", "2024-02-29"),
        ("last_30", "2024-02-01", "2024-03-01"),
        ("this_year", "2024-01-01", "2024-12-31"),
        ("last_year", "2023-01-01", "2023-12-31"),
    ],
)
def test_a_period_has_its_first_and_last_day(name: str, first: str, last: str) -> None:
    assert tuple(day.isoformat() for day in days_of(name, date(2024, 3, 1))) == (first, last)


def test_months_go_over_the_year() -> None:
    assert month_before("2026-01") == "2025-12"
    assert month_before("2026-11", 35) == "2023-12"
    assert months_between("2025-11", "2026-02") == ["2025-11", "2025-12", "2026-01", "2026-02"]
