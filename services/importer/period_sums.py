"""Sums per account and month, taken from the rows that were just stored."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.importer import bulk
from services.importer.account_months import stored_account_months
from services.importer.differences import differ
from services.importer.target import Target
from shared.ledger.balances import BOOKED, booked_rows, sides
from shared.store.ledger import PeriodSumFact, VoucherRowFact

_SAID = (
    PeriodSumFact.account,
    PeriodSumFact.period,
    PeriodSumFact.debit_ore,
    PeriodSumFact.credit_ore,
    PeriodSumFact.row_count,
)


def write_period_sums(session: Session, target: Target, year_from: date, ids: tuple[int, int] | None) -> None:
    """Bring the sums of a year to what its stored rows give at the target's run; write only what differs.

    `ids` bounds those of the year's vouchers where none but the new ones are left, and is None otherwise.
    """
    month_id = VoucherRowFact.account_month_id
    columns = month_id, *sides(VoucherRowFact.amount_ore), func.count()
    booked = _booked(ids, *columns, target=target, year_from=year_from)
    summed = session.execute(booked.group_by(month_id))
    months = {row[-1]: row[:-1] for row in stored_account_months(session, target, year_from).iter_rows()}
    stored = session.execute(
        select(PeriodSumFact.id, *_SAID).where(
            PeriodSumFact.engagement_id == target.engagement_id,
            PeriodSumFact.year_from == year_from,
            PeriodSumFact.until_run.is_(None),
        )
    )
    difference = differ(
        ((row[0], tuple(row[1:])) for row in stored),
        [
            (*months[month], int(debit), int(credit), count)
            for month, debit, credit, count in summed
            if month in months  # ids between the first and the last may be of another ledger that is imported meanwhile
        ],
    )
    bulk.end_facts(session, PeriodSumFact, difference.gone, target.run)
    names = [column.key for column in _SAID]
    rows = [target.new(year_from=year_from, **dict(zip(names, said, strict=True))) for said in difference.new]
    bulk.write_rows(session, PeriodSumFact, rows)


def _booked(ids: tuple[int, int] | None, *columns: Any, target: Target, year_from: date) -> Select[Any]:
    """Select columns of the booked rows; where all are new there is no voucher to ask whether it is still known."""
    if ids is None:
        return booked_rows(*columns, engagement_id=target.engagement_id, run=target.run, year_from=year_from)
    return select(*columns).where(VoucherRowFact.voucher_id.between(*ids), VoucherRowFact.kind == BOOKED)
