"""What starts and ends runs: the run's row, its event and the audit entry in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.gateway import audit
from services.gateway.auth import Caller
from services.gateway.deps import GatewayDeps
from services.gateway.schemas.imports import FINAL_STATES
from services.gateway.schemas.schedule_requests import NewSchedules
from shared.adjustments.plan import plan_export
from shared.adjustments.undo import plan_undo
from shared.errors import Rejected
from shared.ledger.balances import run_known_at, year_containing
from shared.messaging.events import ExportRequested, ImportRequested, Lane, SchedulesRequested, new_event
from shared.messaging.outbox import emit
from shared.store.adjustments import Export
from shared.store.connections import Connection
from shared.store.database import of_firm
from shared.store.engagements import FORTNOX, SIE, Engagement
from shared.store.imports import COMPARISON, LEDGER, Import
from shared.store.schedules import Schedule
from shared.uploads import forget_superseded, store_upload


def connected_engagement(session: Session, firm_id: UUID, engagement_id: UUID) -> Engagement:
    """Return an engagement that works with Fortnox; a connection that is lost for now will do, the run waits for it.

    Raises Rejected with not-found, data-source-not-fortnox or not-connected.
    """
    engagement = of_firm(session, Engagement, firm_id, engagement_id)
    if engagement.data_source != FORTNOX:
        raise Rejected("data-source-not-fortnox", f"the engagement reads from {engagement.data_source}")
    require_connection(session, engagement)
    return engagement


def require_connection(session: Session, engagement: Engagement) -> None:
    """Raise Rejected "not-connected" for a client that was never connected to Fortnox."""
    if session.scalar(select(Connection.id).where(Connection.client_id == engagement.client_id)) is None:
        raise Rejected("not-connected", "connect the client to Fortnox first")


def start_import(
    session: Session, deps: GatewayDeps, caller: Caller, engagement_id: UUID, lane: Lane, years: int | None = None
) -> UUID:
    """Ask for an import over the API; raises what `connected_engagement` raises."""
    engagement = connected_engagement(session, caller.firm_id, engagement_id)
    return add_import(session, engagement, by=caller.name, now=deps.clock.now(), lane=lane, years=years).id


def add_import(
    session: Session,
    engagement: Engagement,
    *,
    by: str,
    now: datetime,
    lane: Lane,
    years: int | None = None,
    purpose: str = LEDGER,
    source: str = FORTNOX,
    upload_id: UUID | None = None,
) -> Import:
    """Add a queued import and the event that starts it."""
    run = Import(
        id=uuid7(),
        firm_id=engagement.firm_id,
        engagement_id=engagement.id,
        source=source,
        purpose=purpose,
        upload_id=upload_id,
        lane=lane,
        state="queued",
        years=years,
        cursor={},
        counts={},
        completeness=[],
        requested_by=by,
        created_at=now,
    )
    session.add(run)
    requested = new_event("import-requested", engagement.id, ImportRequested(import_id=run.id, years=years), now, lane)
    emit(session, requested, firm_id=engagement.firm_id, now=now)
    return run


def upload_engagement(session: Session, firm_id: UUID, engagement_id: UUID, *, compare: bool) -> Engagement:
    """Return an engagement that takes a file: as its ledger, or to be compared with what Fortnox says.

    Raises Rejected with not-found, data-source-not-sie or nothing-to-compare.
    """
    engagement = of_firm(session, Engagement, firm_id, engagement_id)
    if compare and engagement.data_source == SIE:
        raise Rejected("nothing-to-compare", "the engagement reads from files: upload the file without compare")
    if not compare and engagement.data_source != SIE:
        raise Rejected("data-source-not-sie", f"the engagement reads from {engagement.data_source}; see compare")
    return engagement


def import_file(
    session: Session,
    firm_id: UUID,
    engagement_id: UUID,
    file: BinaryIO,
    name: str,
    *,
    by: str,
    now: datetime,
    lane: Lane,
    compare: bool = False,
) -> UUID:
    """Keep a SIE file and ask for its import; raises what `upload_engagement` raises, and "file-too-large"."""
    engagement = upload_engagement(session, firm_id, engagement_id, compare=compare)
    upload_id = store_upload(session, file, firm_id=firm_id, engagement_id=engagement.id, name=name, by=by, at=now)
    purpose = COMPARISON if compare else LEDGER
    run = add_import(session, engagement, by=by, now=now, lane=lane, purpose=purpose, source=SIE, upload_id=upload_id)
    audit.note(session, firm_id=firm_id, actor=by, action="file-uploaded", subject=run.id, at=now, name=name)
    return run.id


def cancel_import(session: Session, deps: GatewayDeps, caller: Caller, import_id: UUID) -> Import:
    """End the run; a worker that is at it keeps nothing of its slice. Raises Rejected "import-finished"."""
    run = of_firm(session, Import, caller.firm_id, import_id, lock=True)
    if run.state == "cancelled":
        return run
    if run.state in FINAL_STATES:
        raise Rejected("import-finished", f"the import is {run.state}")
    now = deps.clock.now()
    run.state, run.waiting_until, run.finished_at = "cancelled", None, now
    run.reason_code, run.reason = "cancelled", f"cancelled by {caller.name}"
    session.flush()
    forget_superseded(session, run.engagement_id)
    audit.note(session, firm_id=caller.firm_id, actor=caller.name, action="import-cancelled", subject=run.id, at=now)
    return run


def request_schedules(
    session: Session, deps: GatewayDeps, caller: Caller, engagement_id: UUID, wanted: NewSchedules
) -> UUID:
    """Ask for both schedules; what was read before needs no connection any more.

    Raises Rejected with not-found, data-source-not-fortnox, not-imported, year-not-imported, subledger-not-read or
    not-connected.
    """
    engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
    _require_subledger(engagement)
    run = run_known_at(session, engagement, wanted.known_at)
    year_containing(session, engagement.id, wanted.balance_date or engagement.year_end, run)
    if not _was_read(session, engagement, run):
        if run < run_known_at(session, engagement, None):
            raise Rejected("subledger-not-read", "the sub-ledgers were not read before a later import was finished")
        connected_engagement(session, caller.firm_id, engagement_id)
    now = deps.clock.now()
    payload = SchedulesRequested(
        balance_date=wanted.balance_date,
        import_id=None if wanted.known_at is None else _import_of(session, engagement, run),
        closing_rates=wanted.rates() or None,
    )
    requested = new_event("schedules-requested", engagement.id, payload, now)
    emit(session, requested, firm_id=caller.firm_id, now=now)
    return UUID(requested.id)


def _require_subledger(engagement: Engagement) -> None:
    if engagement.data_source != "fortnox":
        raise Rejected("data-source-not-fortnox", f"data source {engagement.data_source} has no sub-ledger")


def _was_read(session: Session, engagement: Engagement, run: int) -> bool:
    of_run = exists().where(Schedule.engagement_id == engagement.id, Schedule.known_run == run)
    return bool(session.scalar(select(of_run)))


def _import_of(session: Session, engagement: Engagement, run: int) -> UUID:
    return session.scalars(select(Import.id).where(Import.engagement_id == engagement.id, Import.run == run)).one()


def start_export(
    session: Session,
    deps: GatewayDeps,
    caller: Caller,
    engagement_id: UUID,
    series: Mapping[str, str],
    adjustment_ids: Collection[UUID] | None,
) -> UUID:
    """Plan the export and ask for it; raises what `plan_export` raises."""
    engagement = connected_engagement(session, caller.firm_id, engagement_id)
    return add_export(session, engagement, series, adjustment_ids, by=caller.name, now=deps.clock.now()).id


def add_export(
    session: Session,
    engagement: Engagement,
    series: Mapping[str, str],
    adjustment_ids: Collection[UUID] | None,
    *,
    by: str,
    now: datetime,
) -> Export:
    """Add the export, the event that starts it, and the audit entry."""
    export = plan_export(session, engagement, series, adjustment_ids, by, now)
    _request(session, export, now)
    audit.note(
        session,
        firm_id=engagement.firm_id,
        actor=by,
        action="export-requested",
        subject=export.id,
        at=now,
        series=dict(series),
        vouchers=len(export.vouchers),
    )
    return export


def start_undo(
    session: Session, deps: GatewayDeps, caller: Caller, export_id: UUID, adjustment_ids: Collection[UUID] | None
) -> UUID:
    """Plan the reversals of what the export has posted, and ask for them; raises what `plan_undo` raises."""
    export = of_firm(session, Export, caller.firm_id, export_id)
    engagement = connected_engagement(session, caller.firm_id, export.engagement_id)
    return add_undo(session, engagement, export, adjustment_ids, by=caller.name, now=deps.clock.now()).id


def add_undo(
    session: Session,
    engagement: Engagement,
    export: Export,
    adjustment_ids: Collection[UUID] | None,
    *,
    by: str,
    now: datetime,
) -> Export:
    """Add the undo, the event that starts it, and the audit entry."""
    undo = plan_undo(session, export, adjustment_ids, by, now)
    _request(session, undo, now)
    audit.note(
        session,
        firm_id=engagement.firm_id,
        actor=by,
        action="undo-requested",
        subject=undo.id,
        at=now,
        undoes=str(export.id),
        vouchers=len(undo.vouchers),
    )
    return undo


def resume_export(session: Session, export: Export, now: datetime) -> None:
    """Take a finished export up again, because a person's decision has given it something to do."""
    export.state, export.finished_at = "queued", None
    export.reason_code = export.reason = None
    _request(session, export, now)


def _request(session: Session, export: Export, now: datetime) -> None:
    requested = new_event("export-requested", export.engagement_id, ExportRequested(export_id=export.id), now)
    emit(session, requested, firm_id=export.firm_id, now=now)
