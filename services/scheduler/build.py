"""Makes one schedule out of the stored facts: sub-ledger beside ledger, at a balance date, as known at a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.accounts import SIGN, Kind
from services.scheduler.facts import read_subledger
from services.scheduler.ledger import read_ledger
from services.scheduler.open_items import (
    UNREADABLE,
    Fault,
    OpenItem,
    ageing,
    content_hash,
    hit_accounts,
    open_items,
)
from shared.ledger.balances import closing_balances, year_containing
from shared.money import kronor
from shared.store.engagements import Engagement
from shared.store.schedules import Schedule, ScheduleItem


@dataclass(frozen=True)
class ReadAt:
    """How a sub-ledger was read at a run: when, with which predefined account, and what could not be read."""

    run: int
    known_at: datetime
    predefined: str
    unreadable: Sequence[Fault]


def read_before(session: Session, engagement: Engagement, kind: Kind, run: int) -> ReadAt | None:
    """Return how the sub-ledger was read at the run, None when it was not: the first schedule of a run tells."""
    first = session.scalar(
        select(Schedule)
        .where(Schedule.engagement_id == engagement.id, Schedule.kind == kind, Schedule.known_run == run)
        .order_by(Schedule.id)
        .limit(1)
    )
    if first is None:
        return None
    faults = [Fault(**fault) for fault in first.faults]
    return ReadAt(run, first.known_at, first.accounts[0], [fault for fault in faults if fault.code == UNREADABLE])


def build_schedule(
    session: Session, engagement: Engagement, kind: Kind, balance_date: date, read_at: ReadAt, now: datetime
) -> Schedule:
    """Return the schedule of the engagement, the stored one when it was built before (it does not change, P14)."""
    stored = session.scalar(
        select(Schedule).where(
            Schedule.engagement_id == engagement.id,
            Schedule.kind == kind,
            Schedule.balance_date == balance_date,
            Schedule.known_run == read_at.run,
        )
    )
    if stored is not None:
        return stored
    subledger = read_subledger(session, engagement.id, kind, read_at.run)
    ledger = read_ledger(session, engagement.id, kind, read_at.predefined, read_at.run)
    others = hit_accounts(subledger.documents, ledger, balance_date) - {read_at.predefined}
    accounts = [read_at.predefined, *sorted(others)]
    items, faults = open_items(subledger, replace(ledger, accounts=accounts), balance_date)
    year = year_containing(session, engagement.id, balance_date, read_at.run)
    closing = closing_balances(session, engagement.id, year.from_date, until=balance_date, run=read_at.run)
    total_ore = sum(item.open_ore for item in items)
    ledger_ore = SIGN[kind] * sum(closing.get(account, 0) for account in accounts)
    schedule = Schedule(
        firm_id=engagement.firm_id,
        engagement_id=engagement.id,
        kind=kind,
        balance_date=balance_date,
        known_run=read_at.run,
        known_at=read_at.known_at,
        accounts=accounts,
        total_ore=total_ore,
        ledger_ore=ledger_ore,
        difference_ore=total_ore - ledger_ore,
        ageing=ageing(items),
        faults=[asdict(fault) for fault in (*read_at.unreadable, *faults)],
        created_at=now,
        items=[_row(engagement, item, position) for position, item in enumerate(items, 1)],
    )
    schedule.content_hash = content_hash(items, _header(schedule))
    session.add(schedule)
    session.flush()
    return schedule


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
        "faults": schedule.faults,
    }
