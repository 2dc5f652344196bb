"""Writes what a year's file says as dated facts: only differences, nothing overwritten (design: two clocks)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.importer import bulk
from services.importer.cursor import PlannedYear
from services.importer.differences import VoucherDifference, differ
from services.importer.period_sums import write_period_sums
from services.importer.proof import YearBalances
from services.importer.sie import SieFile, opening_balances
from services.importer.sie.records import BalanceKind
from services.importer.target import Target
from services.importer.vouchers import write_vouchers
from shared.ledger.balances import closing_balances, known, stated_balances
from shared.store.base import Fact
from shared.store.database import rows_changed
from shared.store.ledger import (
    AccountFact,
    BalanceFact,
    FinancialYearFact,
    PeriodSumFact,
    VoucherFact,
    VoucherRowFact,
    YearReadingFact,
)
from shared.store.registers import REGISTERS, REGISTERS_OF_YEAR
from shared.store.subledger import DocumentFact, PaymentFact

FACTS_OF_YEAR: tuple[type[Any], ...] = (
    YearReadingFact,
    AccountFact,
    BalanceFact,
    VoucherFact,
    PeriodSumFact,
    *REGISTERS_OF_YEAR,
)
FACTS: tuple[type[Fact], ...] = (
    FinancialYearFact,
    YearReadingFact,
    AccountFact,
    BalanceFact,
    VoucherFact,
    PeriodSumFact,
    *REGISTERS,
    DocumentFact,
    PaymentFact,
)
CLOSING_KINDS: tuple[BalanceKind, ...] = ("UB", "RES")
NAME_CHARS = 200
SRU_CHARS = 20


def write_year(session: Session, target: Target, year: PlannedYear, file: SieFile) -> VoucherDifference:
    """Write what the year's file says differently from the stored facts; return how its vouchers differ.

    A year that overlaps this one and begins on another day was lengthened or moved in Fortnox: its facts end here.
    """
    displaced = _displace_overlapping(session, target, year)
    _write_financial_year(session, target, year)
    _write_accounts(session, target, year.from_date, file)
    _write_balances(session, target, year.from_date, file)
    written, ids = write_vouchers(session, target, year.from_date, file)
    write_period_sums(session, target, year.from_date, ids)
    return VoucherDifference(written.gone_ids, written.new, written.added, written.changed, written.gone + displaced)


def stored_rows(session: Session, target: Target, year_from: date) -> dict[str, tuple[int, int]]:
    """Return number and sum in öre of the stored booked rows per account, as this run will be read.

    They come from the period sums, which the database took from the rows themselves.
    """
    rows = (
        select(
            PeriodSumFact.account,
            func.sum(PeriodSumFact.row_count),
            func.sum(PeriodSumFact.debit_ore) - func.sum(PeriodSumFact.credit_ore),
        )
        .where(
            PeriodSumFact.engagement_id == target.engagement_id,
            PeriodSumFact.year_from == year_from,
            known(PeriodSumFact, target.run),
        )
        .group_by(PeriodSumFact.account)
    )
    return {account: (int(count), int(sum_ore)) for account, count, sum_ore in session.execute(rows)}


def stored_balances(
    session: Session, engagement_id: UUID, years: Iterable[PlannedYear], *, run: int
) -> dict[date, YearBalances]:
    """Return what the proof judges of each year as the run will be read: stated balances, and the trial balance served."""
    found: dict[date, YearBalances] = {}
    for year in years:
        day = year.from_date
        closing, results = (stated_balances(session, engagement_id, day, kind, run=run) for kind in CLOSING_KINDS)
        opening = stated_balances(session, engagement_id, day, "IB", run=run)
        served = closing_balances(session, engagement_id, day, until=year.to_date, run=run)
        found[day] = YearBalances(opening, closing, results, served)
    return found


def undo_run(session: Session, engagement_id: UUID, run: int) -> None:
    """Take back all that a run wrote, as if it had never been."""
    seen_first = select(VoucherFact.id).where(VoucherFact.engagement_id == engagement_id, VoucherFact.since_run == run)
    session.execute(delete(VoucherRowFact).where(VoucherRowFact.voucher_id.in_(seen_first)))
    for fact in FACTS:
        session.execute(delete(fact).where(fact.engagement_id == engagement_id, fact.since_run == run))
        session.execute(
            update(fact).where(fact.engagement_id == engagement_id, fact.until_run == run).values(until_run=None)
        )


def _displace_overlapping(session: Session, target: Target, year: PlannedYear) -> int:
    """End the facts of every other year that shares days with this one; return how many vouchers they had."""
    overlapping = session.scalars(
        select(FinancialYearFact).where(
            FinancialYearFact.engagement_id == target.engagement_id,
            FinancialYearFact.until_run.is_(None),
            FinancialYearFact.from_date != year.from_date,
            FinancialYearFact.from_date <= year.to_date,
            FinancialYearFact.to_date >= year.from_date,
        )
    ).all()
    vouchers = 0
    for other in overlapping:
        other.until_run = target.run
        for fact in FACTS_OF_YEAR:
            ended = session.execute(
                update(fact)
                .where(
                    fact.engagement_id == target.engagement_id,
                    fact.year_from == other.from_date,
                    fact.until_run.is_(None),
                )
                .values(until_run=target.run)
            )
            vouchers += rows_changed(ended) if fact is VoucherFact else 0
    return vouchers


def _write_financial_year(session: Session, target: Target, year: PlannedYear) -> None:
    columns = (FinancialYearFact.to_date, FinancialYearFact.fortnox_id, FinancialYearFact.accounting_method)
    read = [(year.to_date, year.id, year.accounting_method or None)]
    write_difference(session, target, FinancialYearFact, {"from_date": year.from_date}, columns, read)


def _write_accounts(session: Session, target: Target, year_from: date, file: SieFile) -> None:
    columns = (AccountFact.number, AccountFact.name, AccountFact.sru)
    read = [
        (account.number, account.name[:NAME_CHARS], account.sru[0][:SRU_CHARS] if account.sru else None)
        for account in file.accounts.values()
    ]
    write_difference(session, target, AccountFact, {"year_from": year_from}, columns, read)


def _write_balances(session: Session, target: Target, year_from: date, file: SieFile) -> None:
    columns = (BalanceFact.kind, BalanceFact.account, BalanceFact.amount_ore)
    stated = {kind: file.balances.get((kind, 0), {}) for kind in CLOSING_KINDS} | {"IB": opening_balances(file)}
    read = [(kind, account, ore) for kind, amounts in stated.items() for account, ore in amounts.items()]
    write_difference(session, target, BalanceFact, {"year_from": year_from}, columns, read)


def write_difference(
    session: Session,
    target: Target,
    fact: type[Fact],
    of_year: dict[str, date],
    columns: tuple[Any, ...],
    read: Iterable[tuple[Any, ...]],
) -> None:
    """Write facts of which a few hundred at most say something new; `of_year` is what they all have in common."""
    stored = session.execute(
        select(fact.id, *columns)
        .where(fact.engagement_id == target.engagement_id, fact.until_run.is_(None))
        .filter_by(**of_year)
    )
    difference = differ(((row[0], tuple(row[1:])) for row in stored), read)
    bulk.end_facts(session, fact, difference.gone, target.run)
    names = [column.key for column in columns]
    rows = [target.new(**of_year, **dict(zip(names, said, strict=True))) for said in difference.new]
    bulk.write_rows(session, fact, rows)
