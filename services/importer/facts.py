"""Writes what a year's file says as dated facts: only differences, nothing overwritten (design: two clocks)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from services.importer.cursor import PlannedYear
from services.importer.differences import StoredVoucher, VoucherDifference, differ, differ_vouchers
from services.importer.sie import SieFile, Voucher
from shared.ledger.balances import booked_rows
from shared.store.base import Fact
from shared.store.ledger import AccountFact, BalanceFact, FinancialYearFact, VoucherFact, VoucherRowFact
from shared.store.subledger import DocumentFact, PaymentFact

FACTS: tuple[type[Fact], ...] = (
    FinancialYearFact,
    AccountFact,
    BalanceFact,
    VoucherFact,
    DocumentFact,
    PaymentFact,
)
FACTS_OF_YEAR: tuple[type[AccountFact | BalanceFact | VoucherFact], ...] = (AccountFact, BalanceFact, VoucherFact)
BALANCE_KINDS = ("IB", "UB", "RES")
CHUNK = 5_000  # ids in one statement; SQLite takes 32,766 parameters at most
NAME_CHARS = 200
TEXT_CHARS = 1000


@dataclass(frozen=True)
class Target:
    """Where facts go: the run that sees them, in an engagement."""

    firm_id: UUID
    engagement_id: UUID
    run: int

    def new(self, **values: Any) -> dict[str, Any]:
        """Return the row of a fact that this run sees first."""
        return {
            "firm_id": self.firm_id,
            "engagement_id": self.engagement_id,
            "since_run": self.run,
            "until_run": None,
            **values,
        }


def write_year(session: Session, target: Target, year: PlannedYear, file: SieFile) -> VoucherDifference:
    """Write what the year's file says differently from the stored facts; return how its vouchers differ.

    A year that overlaps this one and begins on another day was lengthened or moved in Fortnox: its facts end here.
    """
    displaced = _displace_overlapping(session, target, year)
    _write_financial_year(session, target, year)
    _write_accounts(session, target, year.from_date, file)
    _write_balances(session, target, year.from_date, file)
    written = _write_vouchers(session, target, year.from_date, file.vouchers)
    return VoucherDifference(written.gone_ids, written.new, written.added, written.changed, written.gone + displaced)


def stored_rows(session: Session, target: Target, year_from: date) -> dict[str, tuple[int, int]]:
    """Return number and sum in öre of the stored booked rows per account, as this run will be read."""
    rows = booked_rows(
        VoucherRowFact.account,
        func.count(),
        func.sum(VoucherRowFact.amount_ore),
        engagement_id=target.engagement_id,
        run=target.run,
        year_from=year_from,
    ).group_by(VoucherRowFact.account)
    return {account: (count, int(sum_ore)) for account, count, sum_ore in session.execute(rows)}


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
            ids = session.scalars(
                select(fact.id).where(
                    fact.engagement_id == target.engagement_id,
                    fact.year_from == other.from_date,
                    fact.until_run.is_(None),
                )
            ).all()
            _end(session, fact, ids, target.run)
            vouchers += len(ids) if fact is VoucherFact else 0
    return vouchers


def _write_financial_year(session: Session, target: Target, year: PlannedYear) -> None:
    stored = session.execute(
        select(
            FinancialYearFact.id,
            FinancialYearFact.to_date,
            FinancialYearFact.fortnox_id,
            FinancialYearFact.accounting_method,
        ).where(
            FinancialYearFact.engagement_id == target.engagement_id,
            FinancialYearFact.from_date == year.from_date,
            FinancialYearFact.until_run.is_(None),
        )
    )
    method = year.accounting_method or None
    difference = differ(((row[0], tuple(row[1:])) for row in stored), [(year.to_date, year.id, method)])
    _end(session, FinancialYearFact, difference.gone, target.run)
    _insert(
        session,
        FinancialYearFact,
        [
            target.new(from_date=year.from_date, to_date=to_date, fortnox_id=fortnox_id, accounting_method=method)
            for to_date, fortnox_id, method in difference.new
        ],
    )


def _write_accounts(session: Session, target: Target, year_from: date, file: SieFile) -> None:
    columns = (AccountFact.number, AccountFact.name, AccountFact.sru)
    read = [
        (account.number, account.name[:NAME_CHARS], account.sru[0] if account.sru else None)
        for account in file.accounts.values()
    ]
    _write_difference(session, target, AccountFact, year_from, columns, read)


def _write_balances(session: Session, target: Target, year_from: date, file: SieFile) -> None:
    columns = (BalanceFact.kind, BalanceFact.account, BalanceFact.amount_ore)
    read = [
        (kind, account, amount_ore)
        for (kind, year), amounts in file.balances.items()
        if year == 0 and kind in BALANCE_KINDS
        for account, amount_ore in amounts.items()
    ]
    _write_difference(session, target, BalanceFact, year_from, columns, read)


def _write_difference(
    session: Session,
    target: Target,
    fact: type[AccountFact | BalanceFact],
    year_from: date,
    columns: tuple[Any, ...],
    read: Iterable[tuple[Any, ...]],
) -> None:
    stored = session.execute(
        select(fact.id, *columns).where(
            fact.engagement_id == target.engagement_id, fact.year_from == year_from, fact.until_run.is_(None)
        )
    )
    difference = differ(((row[0], tuple(row[1:])) for row in stored), read)
    _end(session, fact, difference.gone, target.run)
    names = [column.key for column in columns]
    rows = [target.new(year_from=year_from, **dict(zip(names, said, strict=True))) for said in difference.new]
    _insert(session, fact, rows)


def _write_vouchers(
    session: Session, target: Target, year_from: date, vouchers: Sequence[Voucher]
) -> VoucherDifference:
    stored = session.execute(
        select(VoucherFact.id, VoucherFact.series, VoucherFact.number, VoucherFact.content_hash).where(
            VoucherFact.engagement_id == target.engagement_id,
            VoucherFact.year_from == year_from,
            VoucherFact.until_run.is_(None),
        )
    )
    difference = differ_vouchers([StoredVoucher(*row) for row in stored], vouchers)
    _end(session, VoucherFact, difference.gone_ids, target.run)
    if not difference.new:
        return difference
    ids = session.scalars(
        insert(VoucherFact).returning(VoucherFact.id, sort_by_parameter_order=True),
        [_voucher_row(target, year_from, voucher, hash_) for voucher, hash_ in difference.new],
    ).all()
    rows = [
        row
        for voucher_id, (voucher, _) in zip(ids, difference.new, strict=True)
        for row in _voucher_rows(target.firm_id, voucher_id, voucher)
    ]
    _insert(session, VoucherRowFact, rows)
    return difference


def _voucher_row(target: Target, year_from: date, voucher: Voucher, hash_: bytes) -> dict[str, Any]:
    return target.new(
        year_from=year_from,
        series=voucher.series,
        number=voucher.number,
        date=voucher.date,
        text=voucher.text[:TEXT_CHARS],
        registered=voucher.registered,
        content_hash=hash_,
    )


def _voucher_rows(firm_id: UUID, voucher_id: int, voucher: Voucher) -> list[dict[str, Any]]:
    return [
        {
            "firm_id": firm_id,
            "voucher_id": voucher_id,
            "position": position,
            "kind": row.kind,
            "account": row.account,
            "amount_ore": row.amount_ore,
            "date": row.date,
            "text": row.text[:TEXT_CHARS],
            "quantity": None if row.quantity is None else str(row.quantity),
            "objects": [list(pair) for pair in row.objects],
        }
        for position, row in enumerate(voucher.rows, 1)
    ]


def _end(session: Session, fact: type[Fact], ids: Sequence[int], run: int) -> None:
    for start in range(0, len(ids), CHUNK):
        session.execute(update(fact).where(fact.id.in_(ids[start : start + CHUNK])).values(until_run=run))


def _insert(session: Session, fact: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(fact), rows)
