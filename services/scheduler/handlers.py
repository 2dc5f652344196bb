"""What the schedule builder does with its events.

The sub-ledgers are read once after each import, and every schedule known at that run is made of this reading. Reading
goes in slices: what was read singly is stored when a slice ends, and the next one goes on behind it. A slice that is
broken off, by a rate limit say, starts over from what the slices before it have stored; its requests stay counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Protocol, cast
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from services.scheduler.accounts import BAS_DEFAULT, KINDS, PREDEFINED_NAME, Kind
from services.scheduler.build import ReadAt, build_schedule, read_before
from services.scheduler.facts import read_subledger, write_subledger
from services.scheduler.fetch import Before, SubledgerReader
from services.scheduler.ledger import read_ledger
from services.scheduler.listed import Years
from services.scheduler.progress import note_progress, progress_of
from services.scheduler.requests import Requests
from services.scheduler.revaluation import Rates
from services.scheduler.subledger import Subledger
from services.scheduler.wishes import wishes_at, wishes_of_signed
from shared.connections.access import FortnoxAccess
from shared.errors import Later, Rejected
from shared.fortnox import FortnoxClient, PermissionMissing
from shared.ledger.balances import FINISHED_STATES, run_known_at, year_containing
from shared.messaging.consumer import Delivery
from shared.messaging.events import ImportFinished, Payload, SchedulesBuilt, SchedulesRequested, new_event
from shared.schedules.signed import last_run_read, signed_schedules
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.imports import Import

FORTNOX = "fortnox"
OVERLAP = timedelta(hours=1)
"""So much of what was read before is read again, because Fortnox' clock is not ours and tells whole minutes."""
log = structlog.get_logger(__name__)


class Handler(Protocol):
    def __call__(self, delivery: Delivery, access: FortnoxAccess, singles_per_slice: int) -> None: ...


@dataclass(frozen=True)
class Work:
    """Schedules to be made at a balance date, as known at a run; `again` adds those that were signed."""

    delivery: Delivery
    access: FortnoxAccess
    engagement: Engagement
    run: int
    balance_date: date
    rates: Rates = field(default_factory=dict)
    again: bool = False


@dataclass
class Reading:
    """What one slice has read of the sub-ledgers, by kind; `left` is what the next slice has to read."""

    subledgers: dict[Kind, Subledger] = field(default_factory=dict)
    read_at: dict[Kind, ReadAt] = field(default_factory=dict)
    singles: int = 0
    left: int = 0


class _SupersededError(Exception):
    """A later import was finished: read now, the sub-ledgers would be younger than the ledger beside them."""


def build_after_import(delivery: Delivery, access: FortnoxAccess, singles_per_slice: int) -> None:
    """Make both schedules at the engagement's year-end from what the import has brought, and those signed anew."""
    payload = cast("ImportFinished", delivery.event.payload)
    with delivery.store.read() as session:
        engagement = of_firm(session, Engagement, delivery.firm_id, delivery.event.subject)
        run = _run_of(session, delivery, payload.import_id)
    try:
        _build(Work(delivery, access, engagement, run, engagement.year_end, again=True), singles_per_slice)
    except _SupersededError:
        log.info("schedules_superseded", run=run)  # the later import brings its own


def build_on_request(delivery: Delivery, access: FortnoxAccess, singles_per_slice: int) -> None:
    """Make both schedules at the balance date asked for (else the year-end), as known at an import (else the last)."""
    payload = cast("SchedulesRequested", delivery.event.payload)
    with delivery.store.read() as session:
        engagement = of_firm(session, Engagement, delivery.firm_id, delivery.event.subject)
        if payload.import_id is not None:
            run = _run_of(session, delivery, payload.import_id)
        else:
            run = run_known_at(session, engagement, None)
    rates = {currency: (closing.rate, closing.unit) for currency, closing in (payload.closing_rates or {}).items()}
    work = Work(delivery, access, engagement, run, payload.balance_date or engagement.year_end, rates)
    try:
        _build(work, singles_per_slice)
    except _SupersededError:
        if payload.import_id is None:
            raise Later("import-finished", "a later import was finished", until=delivery.clock.now()) from None
        raise Rejected("subledger-not-read", "the sub-ledgers were not read after that import") from None


def _run_of(session: Session, delivery: Delivery, import_id: UUID) -> int:
    row = of_firm(session, Import, delivery.firm_id, import_id)
    if row.engagement_id != delivery.event.subject or row.state not in FINISHED_STATES or row.run is None:
        raise Rejected("not-imported", f"import {import_id} is no finished import of this engagement")
    return row.run


def _build(work: Work, singles_per_slice: int) -> None:
    delivery, engagement = work.delivery, work.engagement
    if engagement.data_source != FORTNOX:
        # A SIE file has no sub-ledger, and a schedule without one would say that nothing is open.
        log.info("schedules_not_built", data_source=engagement.data_source)
        return
    with delivery.store.read() as session:
        year_containing(session, engagement.id, work.balance_date, work.run)  # refused before a long reading
        unread = [kind for kind in KINDS if read_before(session, engagement, kind, work.run) is None]
    if unread and work.run < engagement.last_run:
        raise _SupersededError
    reading = _read(work, unread, singles_per_slice) if unread else Reading()
    with delivery.settle() as session:
        locked = session.get_one(Engagement, engagement.id, with_for_update={"key_share": True})
        session.refresh(locked)
        if unread and work.run < locked.last_run:
            raise _SupersededError
        for kind, subledger in reading.subledgers.items():
            if read_before(session, engagement, kind, work.run) is None:
                write_subledger(session, engagement, kind, subledger, work.run)
        session.flush()
        if reading.left:
            _emit(session, delivery, delivery.event.name, delivery.event.payload)
        else:
            _build_all(session, work, reading)


def _build_all(session: Session, work: Work, reading: Reading) -> None:
    now, engagement = work.delivery.clock.now(), session.get_one(Engagement, work.engagement.id)
    wishes = wishes_at(engagement, work.balance_date, work.rates)
    if work.again:
        wishes += wishes_of_signed(session, engagement, work.run)
    built: dict[date, list[UUID]] = {work.balance_date: []}
    for wish in wishes:
        read_at = read_before(session, engagement, wish.kind, work.run) or reading.read_at.get(wish.kind)
        if read_at is not None:
            schedule = build_schedule(session, engagement, wish, read_at, now)
            at_the_date = built.setdefault(wish.balance_date, [])
            if schedule.id not in at_the_date:
                at_the_date.append(schedule.id)
    changed = [signed for signed in signed_schedules(session, [engagement.id]) if signed.is_changed]
    for day, schedule_ids in built.items():
        signed_changed = [signed.id for signed in changed if signed.balance_date == day]
        payload = SchedulesBuilt(schedule_ids=schedule_ids, balance_date=day, signed_changed=signed_changed)
        _emit(session, work.delivery, "schedules-built", payload)


def _read(work: Work, kinds: Sequence[Kind], singles_allowed: int) -> Reading:
    """Read the sub-ledgers; one that the connection may not see is left out, unless that leaves nothing."""
    reading = Reading()
    refused: PermissionMissing | None = None
    setup = Requests()
    readers: dict[Kind, SubledgerReader] = {}
    try:
        years, predefined = _set_up(work, setup)
        for kind in kinds:
            readers[kind] = _reader(work, kind, years, singles_allowed - reading.singles)
            try:
                _read_one(work, kind, predefined[kind], readers[kind], reading)
            except PermissionMissing as why:
                log.warning("subledger_refused", kind=kind, code=why.code, reason=why.reason)
                refused = why
    finally:
        _note(work, kinds, setup, readers, reading)
    if refused is not None and not reading.subledgers:
        raise refused
    log.info(
        "subledgers_read",
        documents=sum(len(subledger.documents) for subledger in reading.subledgers.values()),
        payments=sum(len(subledger.payments) for subledger in reading.subledgers.values()),
        singles=reading.singles,
        left=reading.left,
        requests=setup.total + sum(reader.requests.total for reader in readers.values()),
        plan={kind: dict(read_at.plan) for kind, read_at in reading.read_at.items()},
    )
    return reading


def _set_up(work: Work, setup: Requests) -> tuple[Years, dict[Kind, str]]:
    """Return what both sub-ledgers are read with: the financial years, and the predefined account of each."""
    with work.access.open(work.engagement.id, work.delivery.event.lane, renew=False, on_request=setup.note) as client:
        setup.call = "financial years"
        years = {year.id: year.from_date for year in client.financial_years()}
        setup.call = "predefined accounts"
        return years, _predefined_accounts(client)


def _reader(work: Work, kind: Kind, years: Years, singles_allowed: int) -> SubledgerReader:
    with work.delivery.store.read() as session:
        read_in_vain = progress_of(session, work.engagement, kind, work.run).unreadable
    return SubledgerReader(kind, years, singles_allowed, read_in_vain=read_in_vain)


def _note(
    work: Work, kinds: Sequence[Kind], setup: Requests, readers: Mapping[Kind, SubledgerReader], reading: Reading
) -> None:
    """Count the requests of this slice, also of one that was broken off: they were made."""
    with work.delivery.store.write() as session:
        for kind in kinds:
            reader = readers.get(kind)
            plan = (*setup.plan, *(reader.requests.plan if reader else ()))
            unreadable = (
                reader.read_in_vain if reader else progress_of(session, work.engagement, kind, work.run).unreadable
            )
            whole = note_progress(session, work.engagement, kind, work.run, plan, unreadable)
            if kind in reading.read_at:
                reading.read_at[kind] = replace(reading.read_at[kind], plan=whole.plan)


def _read_one(work: Work, kind: Kind, predefined: str, reader: SubledgerReader, reading: Reading) -> None:
    with work.delivery.store.read() as session:
        ledger = read_ledger(session, work.engagement.id, kind, predefined, work.run)
        before = _before(session, work, kind)
    known_at = work.delivery.clock.now()
    with work.access.open(
        work.engagement.id,
        work.delivery.event.lane,
        renew=False,
        on_request=reader.requests.note,
        on_unreadable=reader.note_unreadable,
    ) as client:
        reading.subledgers[kind] = reader.read(client, ledger, before)
    reading.read_at[kind] = ReadAt(work.run, known_at, predefined, reader.faults)
    reading.singles += reader.singles
    reading.left += reader.left


def _before(session: Session, work: Work, kind: Kind) -> Before:
    """Return what was known before; only a reading in which everything could be read may be brought up to date."""
    known = read_subledger(session, work.engagement.id, kind, work.run)
    last = read_before(session, work.engagement, kind, last_run_read(session, work.engagement.id, kind))
    return Before(known, None if last is None or last.unreadable else last.known_at - OVERLAP)


def _predefined_accounts(client: FortnoxClient) -> dict[Kind, str]:
    named = {account.name: str(account.account) for account in client.predefined_accounts()}
    return {kind: named.get(PREDEFINED_NAME[kind], BAS_DEFAULT[kind]) for kind in KINDS}


def _emit(session: Session, delivery: Delivery, name: str, payload: Payload) -> None:
    event = new_event(name, delivery.event.subject, payload, delivery.clock.now(), delivery.event.lane)
    delivery.emit(session, event)
