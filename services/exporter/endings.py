"""How an export ends, in the transaction that ends it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.exporter.lease import put_right
from shared.adjustments import Doubt, Reason, move
from shared.adjustments.file_states import TO_SEND, file_counts_of, move_file
from shared.adjustments.states import NEEDS_HUMAN, NOT_TRANSFERRED, PLANNED, REFUSED, UNKNOWN, counts_of
from shared.messaging.consumer import Delivery
from shared.messaging.events import ExportFinished, new_event
from shared.store.adjustments import Export, ExportFile, ExportVoucher
from shared.store.firms import AuditEntry

VOUCHER_REFUSED = Doubt("voucher-refused", "the voucher that the file belongs to was refused")


def complete(session: Session, export: Export, delivery: Delivery) -> None:
    """End an export whose vouchers and files all have an outcome, whichever: the counts tell."""
    refused = select(ExportFile).join(ExportVoucher).where(ExportVoucher.export_id == export.id)
    for file in session.scalars(refused.where(ExportVoucher.state == REFUSED, ExportFile.state.in_(TO_SEND))):
        move_file(file, REFUSED, delivery.clock.now(), VOUCHER_REFUSED)
    _end(session, export, delivery, "completed", None)


def fail(session: Session, export: Export, delivery: Delivery, why: Reason) -> None:
    """End an export that cannot run: what was not sent is refused, what may have been sent needs a human."""
    now = delivery.clock.now()
    put_right(session, export, now)
    for voucher in _vouchers(session, export):
        if voucher.state == PLANNED:
            move(voucher, REFUSED, now, why)
            if voucher.reverses is None:
                # Nothing is wrong with the adjustment: the next export may take it.
                voucher.adjustment.status = NOT_TRANSFERRED
        elif voucher.state == UNKNOWN:
            move(voucher, NEEDS_HUMAN, now, Doubt("outcome-unknown", _where_to_look(voucher, why)))
    for file in _files(session, export):
        if file.state in TO_SEND:
            move_file(file, REFUSED, now, why)
        elif file.state == UNKNOWN:
            move_file(
                file, NEEDS_HUMAN, now, Doubt("outcome-unknown", f"look in Fortnox for {file.name}; {why.reason}")
            )
    _end(session, export, delivery, "failed", why)


def _where_to_look(voucher: ExportVoucher, why: Reason) -> str:
    day = voucher.adjustment.date
    return f"look in Fortnox for {voucher.marker} in series {voucher.series} on {day}; {why.reason}"


def _end(session: Session, export: Export, delivery: Delivery, state: str, why: Reason | None) -> None:
    now = delivery.clock.now()
    counts = counts_of(voucher.state for voucher in _vouchers(session, export))
    counts |= file_counts_of(file.state for file in _files(session, export))
    export.state, export.finished_at, export.waiting_until = state, now, None
    export.reason_code, export.reason = (why.code, why.reason[:1000]) if why else (None, None)
    finished = ExportFinished(export_id=export.id, counts=counts, reason_code=export.reason_code, reason=export.reason)
    name = f"export-{state}"
    delivery.emit(session, new_event(name, export.engagement_id, finished, now, delivery.event.lane))
    session.add(
        AuditEntry(
            firm_id=export.firm_id,
            at=now,
            actor=export.requested_by,
            action=name,
            subject=export.id,
            details={**counts, "reason": export.reason},
        )
    )


def _vouchers(session: Session, export: Export) -> list[ExportVoucher]:
    return list(session.scalars(select(ExportVoucher).where(ExportVoucher.export_id == export.id)))


def _files(session: Session, export: Export) -> list[ExportFile]:
    of_export = select(ExportFile).join(ExportVoucher).where(ExportVoucher.export_id == export.id)
    return list(session.scalars(of_export.order_by(ExportFile.id)))
