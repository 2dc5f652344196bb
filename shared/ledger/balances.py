"""Balances over the stored facts: at any day, as known at any run. Amounts in öre, debit positive.

Work per financial year: the opening balance carries what came before, so nothing is summed over years. Within a year whole
months come from the period sums, and only a day within a month asks for rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from shared.errors import Rejected
from shared.ledger.periods import first_day, last_day, month_of
from shared.store.base import Fact
from shared.store.database import is_one_of
from shared.store.engagements import Engagement
from shared.store.imports import Import
from shared.store.ledger import (
    AccountFact,
    AccountMonth,
    BalanceFact,
    FinancialYearFact,
    PeriodSumFact,
    VoucherFact,
    VoucherRowFact,
)

FINISHED_STATES = ("completed", "incomplete")
BOOKED = "booked"
MIDDLE_OF_MONTH = 15


@dataclass(frozen=True)
class TrialBalanceRow:
    """One account: opening + debit - credit = closing; debit and credit are never negative."""

    account: str
    name: str
    opening_ore: int
    debit_ore: int
    credit_ore: int
    closing_ore: int


@dataclass
class _Movement:
    debit_ore: int = 0
    credit_ore: int = 0
    rows: int = 0


def known(fact: type[Fact], run: int) -> ColumnElement[bool]:
    """Return the condition that a fact was known at a run."""
    return and_(fact.since_run <= run, or_(fact.until_run.is_(None), fact.until_run > run))


def run_known_at(session: Session, engagement: Engagement, known_at: datetime | None) -> int:
    """Return the run of the last import that was finished by then, the last of all without `known_at`.

    Raises Rejected "not-imported" when there was none.
    """
    finished = select(func.max(Import.run)).where(
        Import.engagement_id == engagement.id, Import.state.in_(FINISHED_STATES)
    )
    if known_at is not None:
        finished = finished.where(Import.finished_at <= known_at)
    run = session.scalar(finished)
    if run is None:
        when = f" before {known_at:%Y-%m-%d %H:%M}" if known_at else ""
        raise Rejected("not-imported", f"no import of this engagement was finished{when}")
    return run


def year_containing(session: Session, engagement_id: UUID, day: date, run: int) -> FinancialYearFact:
    """Return the financial year that holds the day; raises Rejected "year-not-imported" when none does."""
    year = session.scalar(
        select(FinancialYearFact).where(
            FinancialYearFact.engagement_id == engagement_id,
            known(FinancialYearFact, run),
            FinancialYearFact.from_date <= day,
            FinancialYearFact.to_date >= day,
        )
    )
    if year is None:
        raise Rejected("year-not-imported", f"no imported financial year holds {day}")
    return year


def opening_balances(session: Session, engagement_id: UUID, year_from: date, *, run: int) -> dict[str, int]:
    """Return the opening balance per account as the year's own file states it.

    Every stored year was read from its file, so a year that states none opens with nothing: what the year before closed
    with is not its own word, and the proof of completeness holds the two against each other.
    """
    return stated_balances(session, engagement_id, year_from, "IB", run=run)


def opening_balance(session: Session, engagement_id: UUID, year_from: date, account: str, *, run: int) -> int:
    """Return one account's `opening_balances`, 0 when none is stated."""
    stated = session.execute(_stated(engagement_id, year_from, "IB", run).where(BalanceFact.account == account)).first()
    return stated.amount_ore if stated else 0


def stated_balances(session: Session, engagement_id: UUID, year_from: date, kind: str, *, run: int) -> dict[str, int]:
    """Return the balances that the source states for a year: `kind` is IB, UB or RES."""
    return dict(session.execute(_stated(engagement_id, year_from, kind, run)).all())


def _stated(engagement_id: UUID, year_from: date, kind: str, run: int) -> Select[str, int]:
    return select(BalanceFact.account, BalanceFact.amount_ore).where(
        BalanceFact.engagement_id == engagement_id,
        BalanceFact.year_from == year_from,
        BalanceFact.kind == kind,
        known(BalanceFact, run),
    )


def closing_balances(
    session: Session, engagement_id: UUID, year_from: date, *, until: date | None, run: int
) -> dict[str, int]:
    """Return the balance per account at the end of `until` (of the year when None), by voucher date."""
    rows = trial_balance(session, engagement_id, year_from, until=until, run=run)
    return {row.account: row.closing_ore for row in rows}


def trial_balance(
    session: Session, engagement_id: UUID, year_from: date, *, until: date | None, run: int
) -> list[TrialBalanceRow]:
    """Return every account with an opening balance or a booked row up to `until`, by account."""
    openings = opening_balances(session, engagement_id, year_from, run=run)
    moved = _movements(session, engagement_id, year_from, until, run)
    names = account_names(session, engagement_id, year_from, run=run)
    return [_trial_row(account, names, openings, moved) for account in sorted({*openings, *moved})]


def moved_before(session: Session, engagement_id: UUID, year_from: date, account: str, month: str, *, run: int) -> int:
    """Return what an account moved in the year before a month, in öre."""
    net = select(func.sum(PeriodSumFact.debit_ore) - func.sum(PeriodSumFact.credit_ore)).where(
        PeriodSumFact.engagement_id == engagement_id,
        PeriodSumFact.year_from == year_from,
        PeriodSumFact.account == account,
        PeriodSumFact.period < month,
        known(PeriodSumFact, run),
    )
    return int(session.scalar(net) or 0)


def booked_rows(*columns: Any, engagement_id: UUID, run: int, year_from: date | None = None) -> Select[Any]:
    """Select columns of the booked rows and their vouchers as known at the run; struck and added rows never count."""
    rows = (
        select(*columns)
        .select_from(VoucherFact)
        .join(VoucherRowFact, VoucherRowFact.voucher_id == VoucherFact.id)
        .where(VoucherFact.engagement_id == engagement_id, known(VoucherFact, run), VoucherRowFact.kind == BOOKED)
    )
    return rows if year_from is None else rows.where(VoucherFact.year_from == year_from)


def sides(amount: ColumnElement[int] | Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return debit and credit as sums over amounts."""
    return func.sum(case((amount > 0, amount), else_=0)), func.sum(case((amount < 0, -amount), else_=0))


def _movements(
    session: Session, engagement_id: UUID, year_from: date, until: date | None, run: int
) -> dict[str, _Movement]:
    """Return what each account moved until a day: whole months, and the days of one month from its nearer end."""
    sums = (
        select(
            PeriodSumFact.account,
            func.sum(PeriodSumFact.debit_ore),
            func.sum(PeriodSumFact.credit_ore),
            func.sum(PeriodSumFact.row_count),
        )
        .where(
            PeriodSumFact.engagement_id == engagement_id,
            PeriodSumFact.year_from == year_from,
            known(PeriodSumFact, run),
        )
        .group_by(PeriodSumFact.account)
    )
    moved: dict[str, _Movement] = {}
    if until is None:
        _add(moved, session.execute(sums), 1)
        return moved
    month = month_of(until)
    if until == last_day(month):
        _add(moved, session.execute(sums.where(PeriodSumFact.period <= month)), 1)
    elif until.day <= MIDDLE_OF_MONTH:
        _add(moved, session.execute(sums.where(PeriodSumFact.period < month)), 1)
        _add(moved, _days(session, engagement_id, year_from, month, (first_day(month), until), run), 1)
    else:
        rest = until + timedelta(days=1), last_day(month)
        _add(moved, session.execute(sums.where(PeriodSumFact.period <= month)), 1)
        _add(moved, _days(session, engagement_id, year_from, month, rest, run), -1)
    return {account: movement for account, movement in moved.items() if movement.rows}


def _days(
    session: Session, engagement_id: UUID, year_from: date, month: str, days: tuple[date, date], run: int
) -> Iterable[Any]:
    """Return what each account moved in some days of a month; rows and vouchers are each found by their own index.

    The account months are asked for first: joined, they would lead to the rows account by account, to and fro.
    """
    of_month = select(AccountMonth.id, AccountMonth.account).where(
        AccountMonth.engagement_id == engagement_id,
        AccountMonth.year_from == year_from,
        AccountMonth.period == month,
    )
    accounts = dict(session.execute(of_month).all())
    rows = booked_rows(
        VoucherRowFact.account_month_id,
        *sides(VoucherRowFact.amount_ore),
        func.count(),
        engagement_id=engagement_id,
        run=run,
        year_from=year_from,
    ).where(
        VoucherFact.date.between(*days),
        VoucherRowFact.voucher_date.between(*days),
        is_one_of(session, VoucherRowFact.account_month_id, accounts),
    )
    summed = session.execute(rows.group_by(VoucherRowFact.account_month_id))
    return [(accounts[of_account], *sums) for of_account, *sums in summed]


def _add(moved: dict[str, _Movement], sums: Iterable[Any], sign: int) -> None:
    for account, debit_ore, credit_ore, rows in sums:
        movement = moved.setdefault(account, _Movement())
        movement.debit_ore += sign * int(
            debit_ore
        )  # int, because PostgreSQL hands sums of big integers over as decimals
        movement.credit_ore += sign * int(credit_ore)
        movement.rows += sign * int(rows)


def account_names(session: Session, engagement_id: UUID, year_from: date, *, run: int) -> dict[str, str]:
    """Return the name of every account in the year's chart, by number."""
    names = select(AccountFact.number, AccountFact.name).where(
        AccountFact.engagement_id == engagement_id, AccountFact.year_from == year_from, known(AccountFact, run)
    )
    return dict(session.execute(names).all())


def _trial_row(
    account: str, names: dict[str, str], openings: dict[str, int], moved: dict[str, _Movement]
) -> TrialBalanceRow:
    opening_ore = openings.get(account, 0)
    movement = moved.get(account, _Movement())
    closing_ore = opening_ore + movement.debit_ore - movement.credit_ore
    return TrialBalanceRow(
        account, names.get(account, ""), opening_ore, movement.debit_ore, movement.credit_ore, closing_ore
    )
