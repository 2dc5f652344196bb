"""What was booked on an account, row by row, over the stored facts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from shared.errors import Rejected
from shared.ledger.balances import BOOKED, booked_rows, known, moved_before, opening_balance
from shared.ledger.periods import month_of
from shared.store.database import is_one_of
from shared.store.ledger import AccountMonth, FinancialYearFact, VoucherFact, VoucherRowFact

LARGEST_ID, LARGEST_POSITION = 2**63 - 1, 2**31 - 1  # what the columns take
LARGEST_BALANCE = 2**64  # an opening balance and the sum of a year


# by date; the period before it is what the index knows, so that a page sorts the month it is in and no other
_ORDER = (AccountMonth.period, VoucherRowFact.voucher_date, VoucherRowFact.voucher_id, VoucherRowFact.position)


class Transaction(NamedTuple):
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
    voucher_id: int
    position: int
    run: int

    @property
    def cursor(self) -> str:
        """Return where the list goes on: behind this row, from this balance, as known at this run."""
        return f"{self.date.isoformat()}.{self.voucher_id}.{self.position}.{self.run}.{self.balance_ore}"


@dataclass(frozen=True)
class _Place:
    """What a cursor says."""

    date: date
    voucher_id: int
    position: int
    run: int
    balance_ore: int


class _Sides(NamedTuple):
    """The accounts that a voucher debits, and those that it credits."""

    debit: set[str]
    credit: set[str]

    def across(self, amount_ore: int) -> set[str]:
        """Return the accounts on the other side of an amount; nothing stands across from nought."""
        if amount_ore == 0:
            return set()
        return self.credit if amount_ore > 0 else self.debit


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
    month: str | None = None,
    until: date | None = None,
    after: str | None = None,
    limit: int = 100,
) -> list[Transaction]:
    """Return at most `limit` rows of one account and year by date, behind the cursor `after`.

    `month` leaves only that one, `until` what comes before the next day. A list is read to its end as it was known when it
    began: a cursor carries its run, and the balance that the next row goes on from. Raises Rejected "cursor-invalid" when
    `after` is no cursor of this account and year.
    """
    if after is None:
        balance_ore = opening_balance(session, engagement_id, year_from, account, run=run)
        if month is not None:
            balance_ore += moved_before(session, engagement_id, year_from, account, month, run=run)
        statement = _rows_of(engagement_id, account, year_from, run)
    else:
        place = _place_of(after)
        is_place = _is_place(place, engagement_id, account, year_from)
        if place.run > run:
            raise _cursor_invalid()
        balance_ore = place.balance_ore
        statement = _rows_of(engagement_id, account, year_from, place.run).where(
            is_place,
            AccountMonth.period >= month_of(place.date),
            tuple_(*_ORDER[1:]) > tuple_(literal(place.date), literal(place.voucher_id), literal(place.position)),
        )
    if month is not None:
        statement = statement.where(AccountMonth.period == month)
    if until is not None:
        statement = statement.where(VoucherRowFact.voucher_date <= until)
    rows = session.execute(statement.limit(limit)).all()
    if after is not None and not rows and not session.scalar(select(is_place)):
        raise _cursor_invalid()
    sides = _sides(session, {row.voucher_id for row in rows})
    known_run = run if after is None else place.run
    found: list[Transaction] = []
    for row in rows:
        balance_ore += row.amount_ore
        found.append(_transaction(row, account, balance_ore, sides[row.voucher_id], known_run))
    return found


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
        )
        .join(AccountMonth, AccountMonth.id == VoucherRowFact.account_month_id)
        .join(
            FinancialYearFact,
            and_(
                FinancialYearFact.engagement_id == AccountMonth.engagement_id,
                FinancialYearFact.from_date == AccountMonth.year_from,
                known(FinancialYearFact, run),
            ),
        )
        .where(AccountMonth.engagement_id == engagement_id, AccountMonth.account.in_(accounts))
        .order_by(*_ORDER)
    )
    if until is not None:
        rows = rows.where(VoucherRowFact.voucher_date <= until)
    return [LedgerRow(*row) for row in session.execute(rows)]


def _rows_of(engagement_id: UUID, account: str, year_from: date, run: int) -> Select[Any]:
    """Select an account's rows in the order of the index that leads through them, so that a page stops at its limit."""
    return (
        booked_rows(
            VoucherRowFact.voucher_date,
            VoucherRowFact.voucher_id,
            VoucherRowFact.position,
            VoucherFact.series,
            VoucherFact.number,
            VoucherFact.text.label("voucher_text"),
            VoucherRowFact.text.label("row_text"),
            VoucherRowFact.amount_ore,
            VoucherRowFact.objects,
            engagement_id=engagement_id,
            run=run,
        )
        .join(AccountMonth, AccountMonth.id == VoucherRowFact.account_month_id)
        .where(
            AccountMonth.engagement_id == engagement_id,
            AccountMonth.year_from == year_from,
            AccountMonth.account == account,
        )
        .order_by(*_ORDER)
    )


def _transaction(row: Any, account: str, balance_ore: int, sides: _Sides, run: int) -> Transaction:
    return Transaction(
        date=row.voucher_date,
        series=row.series,
        number=row.number,
        voucher_text=row.voucher_text,
        text=row.row_text,
        amount_ore=row.amount_ore,
        balance_ore=balance_ore,
        counter_accounts=tuple(sorted(sides.across(row.amount_ore) - {account})),
        objects=tuple((dimension, code) for dimension, code in row.objects),
        voucher_id=row.voucher_id,
        position=row.position,
        run=run,
    )


def _sides(session: Session, voucher_ids: Collection[int]) -> dict[int, _Sides]:
    """Return the accounts on both sides of each voucher; an account may stand on both."""
    is_debit = VoucherRowFact.amount_ore > 0
    rows = (
        select(VoucherRowFact.voucher_id, VoucherRowFact.account, is_debit)
        .where(
            is_one_of(session, VoucherRowFact.voucher_id, voucher_ids),
            VoucherRowFact.kind == BOOKED,
            VoucherRowFact.amount_ore != 0,
        )
        .distinct()
    )
    sides = {voucher_id: _Sides(set(), set()) for voucher_id in voucher_ids}
    for voucher_id, account, debit in session.execute(rows):
        (sides[voucher_id].debit if debit else sides[voucher_id].credit).add(account)
    return sides


def _is_place(place: _Place, engagement_id: UUID, account: str, year_from: date) -> ColumnElement[bool]:
    """Return the condition that there is such a row in the list; asked with the rows behind it, it costs no query."""
    row, month = aliased(VoucherRowFact), aliased(AccountMonth)
    return exists().where(
        row.voucher_id == place.voucher_id,
        row.position == place.position,
        row.voucher_date == place.date,
        row.account_month_id == month.id,
        month.engagement_id == engagement_id,
        month.account == account,
        month.year_from == year_from,
    )


def _cursor_invalid() -> Rejected:
    return Rejected("cursor-invalid", "it is no place in this list of transactions")


def _place_of(cursor: str) -> _Place:
    try:
        day, voucher_id, position, run, balance_ore = cursor.split(".")
        place = _Place(date.fromisoformat(day), int(voucher_id), int(position), int(run), int(balance_ore))
    except ValueError:
        place = None
    if (
        place is None
        or not (0 <= place.voucher_id <= LARGEST_ID and 0 <= place.position <= LARGEST_POSITION)
        or place.run < 1
        or abs(place.balance_ore) > LARGEST_BALANCE
    ):
        raise Rejected("cursor-invalid", f"{cursor!r} is no place in a list of transactions")
    return place
