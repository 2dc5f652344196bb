"""Makes one schedule out of the stored facts: sub-ledger beside ledger, at a balance date, as known at a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.scheduler.accounts import Kind
from services.scheduler.compute import Figures, compute
from services.scheduler.facts import cancellations_seen, read_subledger
from services.scheduler.ledger import read_ledger
from services.scheduler.open_items import UNREADABLE, hit_accounts
from services.scheduler.wishes import Wish
from shared.ledger.balances import account_names, year_containing
from shared.schedules import content
from shared.schedules.content import AccountBalance, Calls, Fault
from shared.schedules.reading import add_schedule
from shared.store.engagements import Engagement
from shared.store.imports import Import
from shared.store.schedules import Schedule

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
"""Balance dates are Swedish days."""


@dataclass(frozen=True)
class ReadAt:
    """How a sub-ledger was read at a run: when, with which predefined account, what it took and what is unreadable."""

    run: int
    known_at: datetime
    predefined: str
    unreadable: Sequence[Fault] = ()
    plan: tuple[Calls, ...] = ()


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
    source = TypeAdapter(content.Source).validate_python(first.source)
    unreadable = [Fault(**fault) for fault in first.faults if fault["code"] == UNREADABLE]
    return ReadAt(run, first.known_at, first.accounts[0][0], unreadable, source.plan)


def build_schedule(session: Session, engagement: Engagement, wish: Wish, read_at: ReadAt, now: datetime) -> Schedule:
    """Return the schedule of the engagement, the stored one when it was built before (it does not change, P14).

    The engagement's row is locked by the caller. Raises Rejected "year-not-imported".
    """
    stored = session.scalar(
        select(Schedule).where(
            Schedule.engagement_id == engagement.id,
            Schedule.kind == wish.kind,
            Schedule.balance_date == wish.balance_date,
            Schedule.known_run == read_at.run,
            Schedule.terms_hash == wish.terms.hash,
        )
    )
    if stored is not None:
        return stored
    figures = _figures(session, engagement, wish, read_at)
    schedule = _schedule(session, engagement, wish, read_at, figures)
    return add_schedule(session, schedule, engagement, wish.terms.to_json(), wish.terms.hash, now)


def _figures(session: Session, engagement: Engagement, wish: Wish, read_at: ReadAt) -> Figures:
    kind, balance_date, chosen = wish.kind, wish.balance_date, wish.terms.accounts
    subledger = replace(
        read_subledger(session, engagement.id, kind, read_at.run),
        cancelled_seen=_cancelled_seen(session, engagement, kind, read_at),
    )
    ledger = read_ledger(session, engagement.id, kind, read_at.predefined, read_at.run, chosen)
    others = (hit_accounts(subledger.documents, ledger, balance_date) | set(chosen)) - {read_at.predefined}
    accounts = [read_at.predefined, *sorted(others)]
    figures = compute(kind, subledger, replace(ledger, accounts=accounts), balance_date, wish.terms.rates)
    return replace(figures, faults=(*read_at.unreadable, *figures.faults))


def _cancelled_seen(session: Session, engagement: Engagement, kind: Kind, read_at: ReadAt) -> dict[str, date]:
    """Return the Swedish day of the reading that first saw each cancellation, by document: Fortnox keeps none."""
    runs = cancellations_seen(session, engagement.id, kind, read_at.run)
    instants = {run: _first_known(session, engagement, kind, run) or read_at.known_at for run in set(runs.values())}
    return {number: instants[run].astimezone(STOCKHOLM).date() for number, run in runs.items()}


def _first_known(session: Session, engagement: Engagement, kind: Kind, run: int) -> datetime | None:
    """Return when the first schedule was known that has what was read at the run; None before there is one."""
    return session.scalar(
        select(Schedule.known_at)
        .where(Schedule.engagement_id == engagement.id, Schedule.kind == kind, Schedule.known_run >= run)
        .order_by(Schedule.known_run, Schedule.id)
        .limit(1)
    )


def _schedule(
    session: Session, engagement: Engagement, wish: Wish, read_at: ReadAt, figures: Figures
) -> content.Schedule:
    year = year_containing(session, engagement.id, wish.balance_date, read_at.run)
    names = account_names(session, engagement.id, year.from_date, run=read_at.run)
    return content.Schedule(
        id=uuid7(),
        kind=wish.kind,
        company_name=engagement.client.name,
        organisation_number=engagement.client.organisation_number,
        year_from=year.from_date,
        year_to=year.to_date,
        balance_date=wish.balance_date,
        known_at=read_at.known_at,
        accounts=_accounts(figures.balances_ore, names),
        total_ore=figures.total_ore,
        ledger_ore=figures.ledger_ore,
        difference_ore=figures.difference_ore,
        ageing=figures.ageing,
        items=figures.items,
        bridge=figures.bridge,
        revaluations=figures.revaluations,
        reclassifications=figures.reclassifications,
        faults=figures.faults,
        complete=figures.complete,
        source=_source(session, engagement, read_at),
        version=_next_version(session, engagement, wish),
    )


def _accounts(balances_ore: Mapping[str, int], names: Mapping[str, str]) -> tuple[AccountBalance, ...]:
    return tuple(AccountBalance(number, names.get(number, ""), ore) for number, ore in balances_ore.items())


def _source(session: Session, engagement: Engagement, read_at: ReadAt) -> content.Source:
    of_run = select(Import).where(Import.engagement_id == engagement.id, Import.run == read_at.run)
    found = session.scalars(of_run).one()
    return content.Source(
        data_source=found.source,
        import_id=found.id,
        run=read_at.run,
        ledger_read_at=found.finished_at or read_at.known_at,
        subledger_read_at=read_at.known_at,
        requests=sum(calls.requests for calls in read_at.plan),
        plan=read_at.plan,
    )


def _next_version(session: Session, engagement: Engagement, wish: Wish) -> int:
    last = session.scalar(
        select(func.max(Schedule.version)).where(
            Schedule.engagement_id == engagement.id,
            Schedule.kind == wish.kind,
            Schedule.balance_date == wish.balance_date,
        )
    )
    return (last or 0) + 1
