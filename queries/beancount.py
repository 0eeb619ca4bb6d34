"""The ledger as plain text in Beancount's grammar: accounts, a transaction for each journal, and what must be left.

Amounts keep the ledger's sign: a balance is what an account holds, so the issuer's is negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, TextIO

import sqlalchemy as sa

from models.base import snapshot, table_of
from models.coins import AccountKind, CoinAccount, CoinJournal, CoinLine

CURRENCY = "DDB"
CHUNK = 2_000
_NAMES = {
    AccountKind.ISSUER.value: "Equity:Issuer",
    AccountKind.BUDGET.value: "Assets:Budget",
    AccountKind.HOUSEHOLD.value: "Assets:Household",
    AccountKind.DEBT.value: "Liabilities:Debt",
    AccountKind.STATION.value: "Assets:Station",
    AccountKind.EXPIRED.value: "Assets:Expired",
    AccountKind.SETTLED.value: "Assets:Settled",
}
_account, _journal, _line = table_of(CoinAccount), table_of(CoinJournal), table_of(CoinLine)


def write_beancount(out: TextIO) -> int:
    """Write the whole ledger; returns how many journals. Dates never fall: a late entry stands on its own day."""
    with snapshot() as connection:
        accounts = {row.id: row for row in connection.execute(sa.select(_account).order_by(_account.c.id))}
        names = {ident: f"{_NAMES[row.kind]}:A{ident}" for ident, row in accounts.items()}
        first = connection.scalar(sa.select(sa.func.min(_journal.c.effective_on))) or date(2020, 1, 1)
        out.write('option "operating_currency" "DDB"\n')
        out.writelines(
            f'{first} open {names[row.id]} {CURRENCY}\n  code: "{_escaped(row.code)}"\n' for row in accounts.values()
        )
        journals, last = 0, first
        for head, lines in _journals(connection):
            journals += 1
            last = max(last, head.effective_on)
            out.write(f'\n{head.effective_on} * "{head.kind}" "{head.id} {head.hash[:16]}"\n')
            for line in lines:
                out.write(f"  {names[line.from_id]}  {-line.amount} {CURRENCY}\n")
                out.write(f"  {names[line.to_id]}  {line.amount} {CURRENCY}\n")
        out.write("\n")
        out.writelines(
            f"{last + timedelta(days=1)} balance {names[ident]}  {row.balance} {CURRENCY}\n"
            for ident, row in accounts.items()
        )
        return journals


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _journals(
    connection: sa.Connection,
) -> Iterator[tuple[Any, list[Any]]]:
    after = 0
    while heads := connection.execute(
        sa.select(_journal.c.id, _journal.c.kind, _journal.c.effective_on, _journal.c.hash)
        .where(_journal.c.id > after)
        .order_by(_journal.c.id)
        .limit(CHUNK)
    ).all():
        rows = connection.execute(
            sa.select(_line)
            .where(_line.c.journal_id.between(heads[0].id, heads[-1].id))
            .order_by(_line.c.journal_id, _line.c.n)
        ).all()
        by_journal: dict[int, list[Any]] = {}
        for row in rows:
            by_journal.setdefault(row.journal_id, []).append(row)
        for head in heads:
            yield head, by_journal.get(head.id, [])
        after = heads[-1].id
