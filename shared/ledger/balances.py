"""Balances over the stored facts: at any day, as known at any run. Amounts in öre, debit positive.

Work per financial year: the opening balance carries what came before, so nothing is summed over years.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from shared.errors import Rejected
from shared.store.base import Fact
from shared.store.engagements import Engagement
from shared.store.imports import Import
from shared.store.ledger import AccountFact, BalanceFact, FinancialYearFact, VoucherFact, VoucherRowFact

FINISHED_STATES = ("completed", "incomplete")
BOOKED = "booked"


@dataclass(frozen=True)
class TrialBalanceRow:
    """One account: opening + debit - credit = closing; debit and credit are never negative."""

    account: str
    name: str
    opening_ore: int
    debit_ore: int
    credit_ore: int
    closing_ore: int


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
    """Return the opening balance per account: what the year states, else what the year before closes with."""
    stated = stated_balances(session, engagement_id, year_from, "IB", run=run)
    if stated:
        return stated
    before = session.scalar(
        select(func.max(FinancialYearFact.from_date)).where(
            FinancialYearFact.engagement_id == engagement_id,
            known(FinancialYearFact, run),
            FinancialYearFact.to_date < year_from,
        )
    )
    return stated_balances(session, engagement_id, before, "UB", run=run) if before else {}


def stated_balances(session: Session, engagement_id: UUID, year_from: date, kind: str, *, run: int) -> dict[str, int]:
    """Return the balances that the source states for a year: `kind` is IB, UB or RES."""
    stated = select(BalanceFact.account, BalanceFact.amount_ore).where(
        BalanceFact.engagement_id == engagement_id,
        BalanceFact.year_from == year_from,
        BalanceFact.kind == kind,
        known(BalanceFact, run),
    )
    return dict(session.execute(stated).all())


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
    names = _account_names(session, engagement_id, year_from, run)
    return [_trial_row(account, names, openings, moved) for account in sorted({*openings, *moved})]


def booked_rows(
    *columns: Any, engagement_id: UUID, run: int, year_from: date | None = None, until: date | None = None
) -> Select[Any]:
    """Select columns of the booked rows and their vouchers as known at the run; struck and added rows never count."""
    rows = (
        select(*columns)
        .select_from(VoucherFact)
        .join(VoucherRowFact, VoucherRowFact.voucher_id == VoucherFact.id)
        .where(VoucherFact.engagement_id == engagement_id, known(VoucherFact, run), VoucherRowFact.kind == BOOKED)
    )
    if year_from is not None:
        rows = rows.where(VoucherFact.year_from == year_from)
    return rows if until is None else rows.where(VoucherFact.date <= until)


def _movements(
    session: Session, engagement_id: UUID, year_from: date, until: date | None, run: int
) -> dict[str, tuple[int, int]]:
    amount = VoucherRowFact.amount_ore
    debit = func.sum(case((amount > 0, amount), else_=0))
    credit = func.sum(case((amount < 0, -amount), else_=0))
    sums = booked_rows(
        VoucherRowFact.account, debit, credit, engagement_id=engagement_id, run=run, year_from=year_from, until=until
    ).group_by(VoucherRowFact.account)
    # int, because PostgreSQL hands sums of big integers over as decimals
    return {account: (int(debit), int(credit)) for account, debit, credit in session.execute(sums)}


def _account_names(session: Session, engagement_id: UUID, year_from: date, run: int) -> dict[str, str]:
    names = select(AccountFact.number, AccountFact.name).where(
        AccountFact.engagement_id == engagement_id, AccountFact.year_from == year_from, known(AccountFact, run)
    )
    return dict(session.execute(names).all())


def _trial_row(
    account: str, names: dict[str, str], openings: dict[str, int], moved: dict[str, tuple[int, int]]
) -> TrialBalanceRow:
    opening_ore = openings.get(account, 0)
    debit_ore, credit_ore = moved.get(account, (0, 0))
    return TrialBalanceRow(
        account, names.get(account, ""), opening_ore, debit_ore, credit_ore, opening_ore + debit_ore - credit_ore
    )
