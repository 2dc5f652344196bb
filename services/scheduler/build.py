"""Makes one schedule out of the stored facts: sub-ledger beside ledger, at a balance date, as known at a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.accounts import SIGN, Kind, family
from services.scheduler.facts import read_subledger
from services.scheduler.open_items import Ledger, OpenItem, Posting, VoucherKey, ageing, content_hash, open_items
from shared.ledger.balances import closing_balances, known, year_containing
from shared.ledger.transactions import LedgerRow, voucher_rows_on
from shared.money import kronor
from shared.store.engagements import Engagement
from shared.store.ledger import FinancialYearFact
from shared.store.schedules import Schedule, ScheduleItem


def build_schedule(
    session: Session, engagement: Engagement, kind: Kind, predefined: str, balance_date: date, run: int, now: datetime
) -> Schedule:
    """Return the schedule of the engagement, the stored one when it was built before (it does not change, P14)."""
    stored = session.scalar(
        select(Schedule).where(
            Schedule.engagement_id == engagement.id,
            Schedule.kind == kind,
            Schedule.balance_date == balance_date,
            Schedule.known_run == run,
        )
    )
    if stored is not None:
        return stored
    rows = voucher_rows_on(session, engagement.id, family(kind), run=run, until=None)
    subledger = read_subledger(session, engagement.id, kind, run)
    ledger = Ledger(_postings(rows, SIGN[kind]), _year_starts(session, engagement, run))
    items, faults = open_items(subledger.documents, subledger.payments, ledger, balance_date)
    booked = {document.voucher for document in subledger.documents if document.voucher is not None}
    accounts = _accounts(predefined, ledger.postings, booked)
    year = year_containing(session, engagement.id, balance_date, run)
    closing = closing_balances(session, engagement.id, year.from_date, until=balance_date, run=run)
    schedule = Schedule(
        firm_id=engagement.firm_id,
        engagement_id=engagement.id,
        kind=kind,
        balance_date=balance_date,
        known_run=run,
        known_at=now,
        accounts=accounts,
        total_ore=sum(item.open_ore for item in items),
        ledger_ore=SIGN[kind] * sum(closing.get(account, 0) for account in accounts),
        ageing=ageing(items),
        faults=[asdict(fault) for fault in faults],
        created_at=now,
        items=[_row(engagement, item, position) for position, item in enumerate(items, 1)],
    )
    schedule.difference_ore = schedule.total_ore - schedule.ledger_ore
    schedule.content_hash = content_hash(items, _header(schedule))
    session.add(schedule)
    session.flush()
    return schedule


def _postings(rows: Sequence[LedgerRow], sign: int) -> dict[VoucherKey, Posting]:
    """Add up what each voucher put on the accounts of the family."""
    by_voucher: defaultdict[VoucherKey, list[LedgerRow]] = defaultdict(list)
    for row in rows:
        if row.fortnox_year is not None:
            by_voucher[row.fortnox_year, row.series, row.number].append(row)
    return {
        voucher: Posting(
            of_voucher[0].date,
            sign * sum(row.amount_ore for row in of_voucher),
            tuple(sorted({row.account for row in of_voucher})),
        )
        for voucher, of_voucher in by_voucher.items()
    }


def _year_starts(session: Session, engagement: Engagement, run: int) -> dict[int, date]:
    years = session.execute(
        select(FinancialYearFact.fortnox_id, FinancialYearFact.from_date).where(
            FinancialYearFact.engagement_id == engagement.id,
            FinancialYearFact.fortnox_id.is_not(None),
            known(FinancialYearFact, run),
        )
    )
    return {fortnox_id: from_date for fortnox_id, from_date in years if fortnox_id is not None}


def _accounts(predefined: str, postings: Mapping[VoucherKey, Posting], booked: set[VoucherKey]) -> list[str]:
    """Return the predefined account and any other of the family that a document's voucher hit."""
    hit = {account for voucher in booked if voucher in postings for account in postings[voucher].accounts}
    return sorted({predefined, *hit})


def _row(engagement: Engagement, item: OpenItem, position: int) -> ScheduleItem:
    values = asdict(item) | {"flags": list(item.flags)}
    return ScheduleItem(firm_id=engagement.firm_id, position=position, **values)


def _header(schedule: Schedule) -> dict[str, object]:
    return {
        "kind": schedule.kind,
        "balance_date": schedule.balance_date,
        "accounts": schedule.accounts,
        "total": kronor(schedule.total_ore),
        "ledger": kronor(schedule.ledger_ore),
        "difference": kronor(schedule.difference_ore),
    }
