"""The life of an import's row: who may work on it, and how it ends.

queued → running(stage, cursor) ⇄ waiting(until, why) → completed | incomplete | failed | cancelled
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.importer.cursor import Cursor
from services.importer.facts import undo_run
from services.importer.plan import FIRST_YEARS
from shared.errors import Later, PipelineError, Rejected
from shared.messaging.consumer import Delivery
from shared.messaging.events import ImportFinished, ImportRequested, Lane, Payload, new_event
from shared.observability.metrics import IMPORTS_FINISHED
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.imports import NOT_ACCEPTED, Import
from shared.uploads import forget_superseded

QUEUED: Final = "queued"
RUNNING: Final = "running"
WAITING: Final = "waiting"
COMPLETED: Final = "completed"
INCOMPLETE: Final = "incomplete"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
UNFINISHED: Final = (QUEUED, RUNNING, WAITING)

LEASE = timedelta(minutes=2)  # longer than it takes to read and store the largest year; each request renews it
BUSY_PAUSE = timedelta(seconds=10)
REASON_CHARS = 1000
REQUESTED_BY_CHARS = 100


class Stopped(Exception):
    """The import was cancelled while a step was at work; nothing of the step is kept."""


def request_import(session: Session, delivery: Delivery, requested_by: str, years: int | None = None) -> Import:
    """Add a queued import for the event's engagement, and the event that starts it."""
    event = delivery.event
    engagement = of_firm(session, Engagement, delivery.firm_id, event.subject)
    row = Import(
        firm_id=delivery.firm_id,
        engagement_id=engagement.id,
        source=engagement.data_source,
        lane=event.lane,
        state=QUEUED,
        years=years,
        cursor={},
        counts={},
        completeness=[],
        requested_by=requested_by[:REQUESTED_BY_CHARS],
        created_at=delivery.clock.now(),
    )
    session.add(row)
    session.flush()
    emit_next(session, delivery, row)
    return row


def has_unfinished(session: Session, engagement_id: UUID) -> bool:
    """Say whether an import is under way or waits: it then goes on by itself, and another one would only cancel it."""
    unfinished = select(Import.id).where(Import.engagement_id == engagement_id, Import.state.in_(UNFINISHED))
    return session.scalar(unfinished.limit(1)) is not None


def emit_next(session: Session, delivery: Delivery, row: Import) -> None:
    """Ask for the import's next slice: an event of its own."""
    _emit(session, delivery, row, "import-requested", ImportRequested(import_id=row.id))


def held(session: Session, delivery: Delivery, import_id: UUID, owner: UUID) -> Import:
    """Return the import for work beside which requests leave: the engagement is locked, the import stays free to be noted in.

    Call `keep_hold` before the end. Raises what `require_hold` raises, and Rejected "not-found".
    """
    row = _of_engagement(session, delivery, import_id)
    session.refresh(row)
    require_hold(row, owner)
    return row


def keep_hold(session: Session, import_id: UUID, owner: UUID) -> None:
    """Lock the import after all; raises what `require_hold` raises, for somebody may have cancelled it meanwhile."""
    state = select(Import.state, Import.lease_owner, Import.lease_until).where(Import.id == import_id)
    _require(owner, *session.execute(state.with_for_update()).one())


def locked(session: Session, delivery: Delivery, import_id: UUID) -> Import:
    """Return the import of the event's engagement, locked together with the engagement.

    Whoever changes an import takes the engagement first, so two of them take turns and never wait for each other.
    Raises Rejected "not-found".
    """
    row = _of_engagement(session, delivery, import_id)
    session.refresh(row, with_for_update=True)
    return row


def _of_engagement(session: Session, delivery: Delivery, import_id: UUID) -> Import:
    row = of_firm(session, Import, delivery.firm_id, import_id)
    if row.engagement_id != delivery.event.subject:
        raise Rejected("not-found", f"engagement {delivery.event.subject} has no import {import_id}")
    session.get_one(Engagement, row.engagement_id, with_for_update={"key_share": True})
    return row


def claim(session: Session, row: Import, now: datetime) -> UUID | None:
    """Take the lease for one slice; None when the import is finished, or yields to a newer one.

    One import of an engagement runs at a time, and the newest request wins: what waits is cancelled for it, what runs
    is let finish. Raises Later "import-busy".
    """
    if row.state not in UNFINISHED:
        _undo(session, row)
        return None
    if row.reason_code == NOT_ACCEPTED:
        return None  # everything is read, and a person decides
    if row.lease_until is not None and row.lease_until > now:
        raise Later("import-busy", "another worker has this import", until=row.lease_until)
    for other in _unfinished_others(session, row):
        is_newer = (other.created_at, other.id) > (row.created_at, row.id)
        if is_newer and other.state != QUEUED:
            _cancel(session, row, now, f"import {other.id} was asked for later")
            return None
        if not is_newer and other.state == RUNNING:
            raise Later("import-busy", f"import {other.id} of this engagement runs", until=now + BUSY_PAUSE)
        if not is_newer:
            _cancel(session, other, now, f"import {row.id} was asked for later")
    owner = uuid4()
    row.state, row.reason_code, row.reason, row.waiting_until = RUNNING, None, None, None
    row.started_at = row.started_at or now
    row.lease_owner, row.lease_until = owner, now + LEASE
    return owner


def require_hold(row: Import, owner: UUID) -> None:
    """Raise Stopped when the import was cancelled, and Later "import-busy" when another worker has taken it over."""
    _require(owner, row.state, row.lease_owner, row.lease_until)


def _require(owner: UUID, state: str, lease_owner: UUID | None, lease_until: datetime | None) -> None:
    if state != RUNNING:
        raise Stopped
    if lease_owner != owner:
        raise Later("import-busy", "another worker has taken this import over", until=lease_until)


def note_request(session: Session, import_id: UUID, owner: UUID, now: datetime) -> None:
    """Count a call to Fortnox before it leaves, so that a crash hides none; it also shows that the work goes on.

    Raises what `require_hold` raises: then the call must not leave.
    """
    noted = session.execute(
        update(Import)
        .where(Import.id == import_id, Import.lease_owner == owner, Import.state == RUNNING)
        .values(requests=Import.requests + 1, lease_until=now + LEASE)
        .returning(Import.id)
    )
    if noted.one_or_none() is None:
        require_hold(session.get_one(Import, import_id), owner)


def lane_of(row: Import) -> Lane:
    return "bulk" if row.lane == "bulk" else "interactive"


def years_to_read(session: Session, row: Import, asked: int | None) -> int:
    """Return how many years the import reads: those that the last one from this source read, and more when asked for."""
    row.years = row.years or asked
    last = session.scalar(
        select(Import.cursor)
        .where(
            Import.engagement_id == row.engagement_id,
            Import.source == row.source,
            Import.state.in_((COMPLETED, INCOMPLETE)),
        )
        .order_by(Import.run.desc())
        .limit(1)
    )
    held = len(last.get("years", ())) if last else 0
    return max(row.years or held or FIRST_YEARS, held)


def note_progress(row: Import, stage: str, cursor: Cursor) -> None:
    """Note what has been read, and the stage that comes next."""
    row.stage, row.cursor = stage, cursor.to_json()
    row.counts, row.share_done = cursor.counts(), cursor.share_done(stage)
    row.fault_count, row.faults = sum(year.fault_count for year in cursor.read), cursor.faults()


def release(row: Import) -> None:
    row.lease_owner = row.lease_until = None


def prolong(row: Import, now: datetime) -> None:
    row.lease_until = now + LEASE


def wait(row: Import, why: PipelineError, until: datetime | None) -> None:
    row.state, row.waiting_until = WAITING, until
    row.reason_code, row.reason = why.code, why.reason[:REASON_CHARS]


def give_run_number(session: Session, row: Import) -> int:
    """Return the import's run, numbered when it first writes facts, on a ground free of runs that came to nothing."""
    if row.run is None:
        last_run = session.get_one(Engagement, row.engagement_id).last_run
        runs = session.scalars(
            select(Import.run).where(Import.engagement_id == row.engagement_id, Import.run > last_run)
        )
        came_to_nothing = [run for run in runs if run is not None]
        for run in came_to_nothing:
            undo_run(session, row.engagement_id, run)
        row.run = max([last_run, *came_to_nothing]) + 1
    return row.run


def complete(session: Session, delivery: Delivery, row: Import, state: str) -> None:
    """End as completed or incomplete: from here on, readers see this run."""
    engagement = session.get_one(Engagement, row.engagement_id)
    engagement.last_run = row.run or engagement.last_run
    row.share_done = 1.0
    _finish(session, row, state, delivery.clock.now())
    _emit_finished(session, delivery, row, "import-completed")


def await_acceptance(row: Import) -> None:
    """Let a comparison that has read everything wait until somebody accepts it; until then no reader sees its run."""
    row.state, row.waiting_until, row.share_done = WAITING, None, 1.0
    row.reason_code, row.reason = NOT_ACCEPTED, "the other data source was read: see its differences"


def fail(session: Session, delivery: Delivery, row: Import, why: PipelineError) -> None:
    """End as failed, and take back what the run wrote."""
    _undo(session, row)
    row.reason_code, row.reason = why.code, why.reason[:REASON_CHARS]
    _finish(session, row, FAILED, delivery.clock.now())
    _emit_finished(session, delivery, row, "import-failed")


def _cancel(session: Session, row: Import, now: datetime, reason: str) -> None:
    _undo(session, row)
    row.reason_code, row.reason = "superseded", reason
    _finish(session, row, CANCELLED, now)


def _finish(session: Session, row: Import, state: str, now: datetime) -> None:
    row.state, row.finished_at, row.waiting_until = state, now, None
    release(row)
    if row.upload_id is not None:
        session.flush()
        forget_superseded(session, row.engagement_id)
    IMPORTS_FINISHED.labels(state).inc()


def _emit_finished(session: Session, delivery: Delivery, row: Import, name: str) -> None:
    finished = ImportFinished(
        import_id=row.id, state=row.state, run=row.run, reason_code=row.reason_code, reason=row.reason
    )
    _emit(session, delivery, row, name, finished)


def _emit(session: Session, delivery: Delivery, row: Import, name: str, payload: Payload) -> None:
    event = new_event(name, row.engagement_id, payload, delivery.clock.now(), lane_of(row))
    delivery.emit(session, event)


def _undo(session: Session, row: Import) -> None:
    """Take back the facts of a run that no reader has seen."""
    if row.run is not None and row.state not in (COMPLETED, INCOMPLETE):
        undo_run(session, row.engagement_id, row.run)


def _unfinished_others(session: Session, row: Import) -> Sequence[Import]:
    return session.scalars(
        select(Import)
        .where(Import.engagement_id == row.engagement_id, Import.id != row.id, Import.state.in_(UNFINISHED))
        .order_by(Import.created_at, Import.id)
        .with_for_update()
    ).all()
