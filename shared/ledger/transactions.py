"""What was booked on an account, row by row, over the stored facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, literal, select, tuple_
from sqlalchemy.orm import Session

from shared.errors import Rejected
from shared.ledger.balances import BOOKED, booked_rows, known, opening_balances
from shared.store.ledger import FinancialYearFact, VoucherFact, VoucherRowFact

LARGEST_ID, LARGEST_POSITION = 2**63 - 1, 2**31 - 1  # what the columns take


@dataclass(frozen=True)
class Transaction:
    """One booked row of an account; `balance_ore` is the account's balance after it, `cursor` continues behind it.

    `counter_accounts` are the accounts on the other side of the voucher; `objects` are pairs of dimension and code.
    """

    date: date
    series: str
    number: str
    voucher_text: str
    text: str
    amount_ore: int
    balance_ore: int
    counter_accounts: tuple[str, ...]
    objects: tuple[tuple[str, str], ...]
    cursor: str


@dataclass(frozen=True)
class LedgerRow:
    """One booked row with its voucher's key; `fortnox_year` is Fortnox' id of the year, None for other sources."""

    fortnox_year: int | None
    year_from: date
    series: str
    number: str
    date: date
    voucher_text: str
    account: str
    amount_ore: int
    text: str


def account_transactions(
    session: Session,
    engagement_id: UUID,
    account: str,
    year_from: date,
    *,
    run: int,
    after: str | None = None,
    limit: int = 100,
) -> list[Transaction]:
    """Return at most `limit` rows of one account and year by date, behind the cursor `after`.

    Raises Rejected "cursor-invalid" when `after` is no cursor of a Transaction.
    """
    place = (VoucherFact.date, VoucherFact.id, VoucherRowFact.position)
    every = (
        booked_rows(
            VoucherFact.date.label("date"),
            VoucherFact.id.label("voucher_id"),
            VoucherRowFact.position.label("position"),
            VoucherFact.series,
            VoucherFact.number,
            VoucherFact.text.label("voucher_text"),
            VoucherRowFact.text.label("row_text"),
            VoucherRowFact.amount_ore,
            VoucherRowFact.objects,
            func.sum(VoucherRowFact.amount_ore).over(order_by=place).label("moved_ore"),
            engagement_id=engagement_id,
            run=run,
            year_from=year_from,
        )
        .where(VoucherRowFact.account == account)
        .subquery()
    )
    columns = (every.c.date, every.c.voucher_id, every.c.position)
    page = select(every).order_by(*columns).limit(limit)
    if after is not None:
        page = page.where(tuple_(*columns) > tuple_(*map(literal, _place_of(after))))
    rows = session.execute(page).all()
    opening_ore = opening_balances(session, engagement_id, year_from, run=run).get(account, 0)
    others = _sides(session, {row.voucher_id for row in rows})
    return [_transaction(row, account, opening_ore, others[row.voucher_id]) for row in rows]


def voucher_rows_on(
    session: Session, engagement_id: UUID, accounts: Collection[str], *, run: int, until: date | None
) -> list[LedgerRow]:
    """Return the booked rows on these accounts in all imported years, up to and including `until`, by voucher date."""
    rows = (
        booked_rows(
            FinancialYearFact.fortnox_id,
            VoucherFact.year_from,
            VoucherFact.series,
            VoucherFact.number,
            VoucherFact.date,
            VoucherFact.text,
            VoucherRowFact.account,
            VoucherRowFact.amount_ore,
            VoucherRowFact.text,
            engagement_id=engagement_id,
            run=run,
            until=until,
        )
        .join(
            FinancialYearFact,
            and_(
                FinancialYearFact.engagement_id == VoucherFact.engagement_id,
                FinancialYearFact.from_date == VoucherFact.year_from,
                known(FinancialYearFact, run),
            ),
        )
        .where(VoucherRowFact.account.in_(accounts))
        .order_by(VoucherFact.date, VoucherFact.id, VoucherRowFact.position)
    )
    return [LedgerRow(*row) for row in session.execute(rows)]


def _transaction(row: Any, account: str, opening_ore: int, sides: list[tuple[str, int]]) -> Transaction:
    counter = {other for other, amount_ore in sides if other != account and amount_ore * row.amount_ore < 0}
    return Transaction(
        date=row.date,
        series=row.series,
        number=row.number,
        voucher_text=row.voucher_text,
        text=row.row_text,
        amount_ore=row.amount_ore,
        balance_ore=opening_ore + int(row.moved_ore),
        counter_accounts=tuple(sorted(counter)),
        objects=tuple((dimension, code) for dimension, code in row.objects),
        cursor=f"{row.date.isoformat()}.{row.voucher_id}.{row.position}",
    )


def _sides(session: Session, voucher_ids: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """Return account and amount of every booked row of these vouchers."""
    sides: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    rows = select(VoucherRowFact.voucher_id, VoucherRowFact.account, VoucherRowFact.amount_ore).where(
        VoucherRowFact.voucher_id.in_(voucher_ids), VoucherRowFact.kind == BOOKED
    )
    for voucher_id, account, amount_ore in session.execute(rows):
        sides[voucher_id].append((account, amount_ore))
    return sides


def _place_of(cursor: str) -> tuple[date, int, int]:
    try:
        day, voucher_id, position = cursor.split(".")
        place = date.fromisoformat(day), int(voucher_id), int(position)
    except ValueError:
        place = None
    if place is None or not (0 <= place[1] <= LARGEST_ID and 0 <= place[2] <= LARGEST_POSITION):
        raise Rejected("cursor-invalid", f"{cursor!r} is no place in a list of transactions")
    return place
