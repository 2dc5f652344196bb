"""What the exporter does with an export-requested event: one slice of one export at a time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.exporter import endings
from services.exporter.file_sending import find_out_files, send_files
from services.exporter.file_steps import FileSteps
from services.exporter.lease import FINISHED, Lease, is_held
from services.exporter.sending import find_out, send_planned
from services.exporter.steps import Steps
from shared.adjustments import plan_export
from shared.connections.access import FortnoxAccess
from shared.connections.states import reconnect_needed
from shared.errors import Later, PipelineError, Rejected, Retryable
from shared.fortnox import FortnoxClient
from shared.messaging.consumer import Delivery
from shared.messaging.events import ExportRequested, new_event
from shared.organisation_number import is_same
from shared.store.adjustments import Export
from shared.store.connections import Connection
from shared.store.engagements import Engagement
from shared.store.firms import AuditEntry

log = structlog.get_logger(__name__)


def export(delivery: Delivery, access: FortnoxAccess, slice_time: timedelta) -> None:
    """Work on the export for one slice, then ask for the next slice, wait, or finish."""
    payload = _payload(delivery)
    if payload.export_id is None:
        _plan(delivery, payload)
        return
    lease = Lease(delivery.store, delivery.clock, payload.export_id)
    if not lease.take(delivery):
        return
    try:
        _work(delivery, access, lease, slice_time)
    except Rejected as error:
        log.warning("export_failed", code=error.code, reason=error.reason)
        with delivery.settle() as session:
            endings.fail(session, lease.own(session), delivery, error)
            lease.release(session)
    except BaseException as error:  # a stop of the process too: nobody should wait for the lease to run out
        match error:
            case Later():
                lease.let_go(error, error.until)
            case Retryable():
                lease.let_go(error, delivery.retry_at(error))
            case _:
                lease.let_go()
        raise


def give_up(session: Session, delivery: Delivery, error: PipelineError) -> None:
    """End the export whose event is given up, unless another worker has it in hand."""
    export_id = _payload(delivery).export_id
    export = session.get(Export, export_id, with_for_update=True) if export_id else None
    if export is None or export.engagement_id != delivery.event.subject or export.state in FINISHED:
        return
    if not is_held(export, delivery.clock.now()):
        endings.fail(session, export, delivery, error)


def _plan(delivery: Delivery, payload: ExportRequested) -> None:
    """Make the export that the event asks for; its work begins with an event of its own."""
    now = delivery.clock.now()
    series = {str(kind): code for kind, code in (payload.series or {}).items()}
    requested_by = delivery.event.source[:100]
    with delivery.settle() as session:
        engagement = session.get_one(Engagement, delivery.event.subject)
        try:
            planned = plan_export(session, engagement, series, None, requested_by, now)
        except Rejected as error:
            refused = Export(
                id=uuid7(),
                firm_id=engagement.firm_id,
                engagement_id=engagement.id,
                series=series,
                state="failed",
                requested_by=requested_by,
                created_at=now,
            )
            session.add(refused)
            endings.fail(session, refused, delivery, error)
        else:
            session.add(
                AuditEntry(
                    firm_id=planned.firm_id,
                    at=now,
                    actor=requested_by,
                    action="export-requested",
                    subject=planned.id,
                    details={"series": series, "vouchers": len(planned.vouchers)},
                )
            )
            _emit_slice(session, delivery, planned.id)


def _work(delivery: Delivery, access: FortnoxAccess, lease: Lease, slice_time: timedelta) -> None:
    engagement_id = delivery.event.subject
    steps, file_steps = Steps(lease), FileSteps(lease)
    ends_at = delivery.clock.now() + slice_time
    connection = access.connection_of(engagement_id)
    if connection.tenant_id is None:
        raise reconnect_needed(connection.id, connection.state, None)
    lease.take_tenant(connection.tenant_id)
    with delivery.store.read() as session:
        engagement = session.get_one(Engagement, engagement_id)
        year_end, organisation_number = engagement.year_end, engagement.client.organisation_number
    with access.open(engagement_id, delivery.event.lane, renew=True, on_request=lease.before_request) as fortnox:
        _require_client(fortnox, connection, organisation_number)
        send_planned(fortnox, steps, delivery.clock, year_end, ends_at)
        find_out(fortnox, steps)
        send_files(fortnox, file_steps, delivery.clock, ends_at)
        find_out_files(fortnox, file_steps)
    remaining = steps.settle_states()
    if remaining.look_from is not None and not remaining.to_send:
        raise Later(
            "outcome-unknown", "Fortnox did not say whether it took a voucher or a file", until=remaining.look_from
        )
    with delivery.settle() as session:
        export = lease.own(session)
        if remaining.to_send:
            export.state = "queued"
            _emit_slice(session, delivery, export.id)
        else:
            endings.complete(session, export, delivery)
        lease.release(session)


def _require_client(fortnox: FortnoxClient, connection: Connection, organisation_number: str) -> None:
    """Raise Later "reconnect-needed" when the connection leads into another company than the client's.

    The importer checks a new connection too and takes a wrong one away, but an export that waited for it goes on at the
    same moment.
    """
    company = fortnox.company()
    if not is_same(organisation_number, company.organisation_number):
        where = f"it leads into {company.name} ({company.organisation_number}), the client is {organisation_number}"
        raise reconnect_needed(connection.id, connection.state, where)


def _emit_slice(session: Session, delivery: Delivery, export_id: UUID) -> None:
    event = new_event(
        "export-requested",
        delivery.event.subject,
        ExportRequested(export_id=export_id),
        delivery.clock.now(),
        delivery.event.lane,
    )
    delivery.emit(session, event)


def _payload(delivery: Delivery) -> ExportRequested:
    payload = delivery.event.payload
    if not isinstance(payload, ExportRequested):
        raise Rejected("event-not-handled", f"{delivery.event.name} is not for the exporter")
    return payload
