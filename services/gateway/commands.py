"""What starts and ends runs: the run's row, its event and the audit entry in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.gateway import audit
from services.gateway.auth import Caller
from services.gateway.deps import GatewayDeps
from services.gateway.progress import FINAL_STATES
from shared.adjustments.plan import plan_export
from shared.errors import Rejected
from shared.ledger.balances import run_known_at, year_containing
from shared.messaging.events import ExportRequested, ImportRequested, Lane, SchedulesRequested, new_event
from shared.messaging.outbox import emit
from shared.store.connections import Connection
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.imports import Import


def connected_engagement(session: Session, firm_id: UUID, engagement_id: UUID) -> Engagement:
    """Return an engagement that works with Fortnox; a connection that is lost for now will do, the run waits for it.

    Raises Rejected with not-found, data-source-not-fortnox or not-connected.
    """
    engagement = of_firm(session, Engagement, firm_id, engagement_id)
    if engagement.data_source != "fortnox":
        raise Rejected("data-source-not-fortnox", f"the engagement reads from {engagement.data_source}")
    if session.scalar(select(Connection.id).where(Connection.client_id == engagement.client_id)) is None:
        raise Rejected("not-connected", "connect the client to Fortnox first")
    return engagement


def start_import(session: Session, deps: GatewayDeps, caller: Caller, engagement_id: UUID, lane: Lane) -> UUID:
    engagement = connected_engagement(session, caller.firm_id, engagement_id)
    now = deps.clock.now()
    run = Import(
        id=uuid7(),
        firm_id=caller.firm_id,
        engagement_id=engagement.id,
        source=engagement.data_source,
        lane=lane,
        state="queued",
        cursor={},
        counts={},
        completeness=[],
        requested_by=caller.name,
        created_at=now,
    )
    session.add(run)
    requested = new_event("import-requested", engagement.id, ImportRequested(import_id=run.id), now, lane)
    emit(session, requested, firm_id=caller.firm_id, now=now)
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
    audit.note(session, firm_id=caller.firm_id, actor=caller.name, action="import-cancelled", subject=run.id, at=now)
    return run


def request_schedules(
    session: Session, deps: GatewayDeps, caller: Caller, engagement_id: UUID, balance_date: date | None
) -> UUID:
    """Ask for both schedules; raises what `connected_engagement`, `run_known_at` and `year_containing` raise."""
    engagement = connected_engagement(session, caller.firm_id, engagement_id)
    run = run_known_at(session, engagement, None)
    year_containing(session, engagement.id, balance_date or engagement.year_end, run)
    now = deps.clock.now()
    requested = new_event("schedules-requested", engagement.id, SchedulesRequested(balance_date=balance_date), now)
    emit(session, requested, firm_id=caller.firm_id, now=now)
    return UUID(requested.id)


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
    now = deps.clock.now()
    export = plan_export(session, engagement, series, adjustment_ids, caller.name, now)
    requested = new_event("export-requested", engagement.id, ExportRequested(export_id=export.id), now)
    emit(session, requested, firm_id=caller.firm_id, now=now)
    audit.note(
        session,
        firm_id=caller.firm_id,
        actor=caller.name,
        action="export-requested",
        subject=export.id,
        at=now,
        series=dict(series),
        vouchers=len(export.vouchers),
    )
    return export.id
