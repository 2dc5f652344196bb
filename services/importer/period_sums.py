"""Sums per account and month, taken from the rows that were just stored."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.importer import bulk
from services.importer.differences import differ
from services.importer.target import Target
from shared.ledger.balances import booked_rows, sides
from shared.store.ledger import PeriodSumFact, VoucherRowFact

_SAID = (
    PeriodSumFact.account,
    PeriodSumFact.period,
    PeriodSumFact.debit_ore,
    PeriodSumFact.credit_ore,
    PeriodSumFact.row_count,
)


def write_period_sums(session: Session, target: Target, year_from: date) -> None:
    """Bring the sums of a year to what its stored rows give at the target's run; write only what differs."""
    summed = session.execute(
        booked_rows(
            VoucherRowFact.account,
            VoucherRowFact.period,
            *sides(VoucherRowFact.amount_ore),
            func.count(),
            engagement_id=target.engagement_id,
            run=target.run,
            year_from=year_from,
        ).group_by(VoucherRowFact.account, VoucherRowFact.period)
    )
    stored = session.execute(
        select(PeriodSumFact.id, *_SAID).where(
            PeriodSumFact.engagement_id == target.engagement_id,
            PeriodSumFact.year_from == year_from,
            PeriodSumFact.until_run.is_(None),
        )
    )
    difference = differ(
        ((row[0], tuple(row[1:])) for row in stored),
        [(account, period, int(debit), int(credit), count) for account, period, debit, credit, count in summed],
    )
    bulk.end_facts(session, PeriodSumFact, difference.gone, target.run)
    names = [column.key for column in _SAID]
    rows = [target.new(year_from=year_from, **dict(zip(names, said, strict=True))) for said in difference.new]
    bulk.write_rows(session, PeriodSumFact, rows)
