"""What the schedule builder does with its events.

The sub-ledgers are read once after each import, and every schedule known at that run is made of this reading. Reading
goes in slices: what was read singly is stored when a slice ends, and the next one goes on behind it. A slice that is
broken off, by a rate limit say, starts over from what the slices before it have stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, cast
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from services.scheduler.accounts import BAS_DEFAULT, KINDS, PREDEFINED_NAME, Kind
from services.scheduler.build import ReadAt, build_schedule, read_before
from services.scheduler.facts import read_subledger, write_subledger
from services.scheduler.fetch import SubledgerReader, Years
from services.scheduler.ledger import read_ledger
from services.scheduler.open_items import Subledger
from shared.connections.access import FortnoxAccess
from shared.errors import Later, Rejected
from shared.fortnox import FortnoxClient, PermissionMissing
from shared.ledger.balances import FINISHED_STATES, run_known_at, year_containing
from shared.messaging.consumer import Delivery
from shared.messaging.events import ImportFinished, Payload, SchedulesBuilt, SchedulesRequested, new_event
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.imports import Import

FORTNOX = "fortnox"
log = structlog.get_logger(__name__)


class Handler(Protocol):
    def __call__(self, delivery: Delivery, access: FortnoxAccess, singles_per_slice: int) -> None: ...


@dataclass(frozen=True)
class Work:
    """Schedules to be made at a balance date, as known at a run."""

    delivery: Delivery
    access: FortnoxAccess
    engagement: Engagement
    run: int
    balance_date: date


@dataclass
class Reading:
    """What one slice has read of the sub-ledgers, by kind; `left` is what the next slice has to read."""

    subledgers: dict[Kind, Subledger] = field(default_factory=dict)
    read_at: dict[Kind, ReadAt] = field(default_factory=dict)
    singles: int = 0
    left: int = 0
    requests: int = 0

    def note_request(self) -> None:
        self.requests += 1


class _SupersededError(Exception):
    """A later import was finished: read now, the sub-ledgers would be younger than the ledger beside them."""


def build_after_import(delivery: Delivery, access: FortnoxAccess, singles_per_slice: int) -> None:
    """Make both schedules at the engagement's year-end from what the import has brought."""
    payload = cast("ImportFinished", delivery.event.payload)
    with delivery.store.read() as session:
        engagement = of_firm(session, Engagement, delivery.firm_id, delivery.event.subject)
        run = _run_of(session, delivery, payload.import_id)
    try:
        _build(Work(delivery, access, engagement, run, engagement.year_end), singles_per_slice)
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
    work = Work(delivery, access, engagement, run, payload.balance_date or engagement.year_end)
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
    now = work.delivery.clock.now()
    schedules = []
    for kind in KINDS:
        read_at = read_before(session, work.engagement, kind, work.run) or reading.read_at.get(kind)
        if read_at is not None:
            schedules.append(build_schedule(session, work.engagement, kind, work.balance_date, read_at, now))
    built = SchedulesBuilt(schedule_ids=[schedule.id for schedule in schedules], balance_date=work.balance_date)
    _emit(session, work.delivery, "schedules-built", built)


def _read(work: Work, kinds: Sequence[Kind], singles_allowed: int) -> Reading:
    """Read the sub-ledgers; one that the connection may not see is left out, unless that leaves nothing."""
    reading = Reading()
    refused: PermissionMissing | None = None
    with work.access.open(
        work.engagement.id, work.delivery.event.lane, renew=False, on_request=reading.note_request
    ) as client:
        years = {year.id: year.from_date for year in client.financial_years()}
        predefined = _predefined_accounts(client)
    for kind in kinds:
        try:
            _read_one(work, kind, predefined[kind], years, reading, singles_allowed - reading.singles)
        except PermissionMissing as why:
            log.warning("subledger_refused", kind=kind, code=why.code, reason=why.reason)
            refused = why
    if refused is not None and not reading.subledgers:
        raise refused
    log.info(
        "subledgers_read",
        documents=sum(len(subledger.documents) for subledger in reading.subledgers.values()),
        payments=sum(len(subledger.payments) for subledger in reading.subledgers.values()),
        singles=reading.singles,
        left=reading.left,
        requests=reading.requests,
    )
    return reading


def _read_one(work: Work, kind: Kind, predefined: str, years: Years, reading: Reading, singles_allowed: int) -> None:
    with work.delivery.store.read() as session:
        ledger = read_ledger(session, work.engagement.id, kind, predefined, work.run)
        known = read_subledger(session, work.engagement.id, kind, work.run)
    known_at = work.delivery.clock.now()
    reader = SubledgerReader(kind, years, singles_allowed)
    with work.access.open(
        work.engagement.id,
        work.delivery.event.lane,
        renew=False,
        on_request=reading.note_request,
        on_unreadable=reader.note_unreadable,
    ) as client:
        reading.subledgers[kind] = reader.read(client, ledger, known)
    reading.read_at[kind] = ReadAt(work.run, known_at, predefined, reader.faults)
    reading.singles += reader.singles
    reading.left += reader.left


def _predefined_accounts(client: FortnoxClient) -> dict[Kind, str]:
    named = {account.name: str(account.account) for account in client.predefined_accounts()}
    return {kind: named.get(PREDEFINED_NAME[kind], BAS_DEFAULT[kind]) for kind in KINDS}


def _emit(session: Session, delivery: Delivery, name: str, payload: Payload) -> None:
    event = new_event(name, delivery.event.subject, payload, delivery.clock.now(), delivery.event.lane)
    delivery.emit(session, event)
