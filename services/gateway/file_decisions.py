"""What a person decides about a file that did not get to its voucher."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.auth import Caller
from services.gateway.commands import resume_export
from services.gateway.schemas.exports import NewFileDecision
from services.gateway.voucher_decisions import is_being_taken_back, voucher_of
from shared.adjustments.file_states import CONNECTED, TO_DECIDE, move_file
from shared.adjustments.states import NEEDS_HUMAN, PLANNED, POSTED, UNKNOWN
from shared.errors import Rejected
from shared.store.adjustments import Export, ExportFile, ExportVoucher


def decide(
    session: Session,
    caller: Caller,
    export_id: UUID,
    voucher_id: UUID,
    file_id: UUID,
    wanted: NewFileDecision,
    now: datetime,
) -> ExportVoucher:
    """Write down that the file hangs on its voucher, or have it sent again, once it is sure that it does not.

    Raises Rejected with not-found, export-not-finished, or decision-not-possible unless the file needs a human or was
    refused, and its voucher stands in Fortnox and is not being taken back.
    """
    voucher = voucher_of(session, caller, export_id, voucher_id, lock=True)
    file = next((file for file in voucher.files if file.file_id == file_id), None)
    if file is None:
        raise Rejected("not-found", f"no file {file_id}")
    if voucher.state != POSTED or file.state not in TO_DECIDE:
        raise Rejected("decision-not-possible", f"the file is {file.state}, its voucher {voucher.state}")
    if is_being_taken_back(session, voucher):
        raise Rejected("decision-not-possible", "its voucher is being taken back")
    before = file.state
    if wanted.outcome == "connected":
        move_file(file, CONNECTED, now, by_person=True)
    else:
        _send_again(file, now)
        resume_export(session, session.get_one(Export, export_id), now)
    audit.note(
        session,
        firm_id=caller.firm_id,
        actor=caller.name,
        action="file-decided",
        subject=export_id,
        at=now,
        voucher=str(voucher.id),
        file=file.name,
        name=wanted.name or caller.name,
        before=before,
        outcome=wanted.outcome,
    )
    return voucher


def _send_again(file: ExportFile, now: datetime) -> None:
    """Begin anew; what may have arrived meanwhile is looked for first, as often as after a lost answer."""
    in_doubt = file.state == NEEDS_HUMAN and file.sent_at is not None
    move_file(file, UNKNOWN if in_doubt else PLANNED, now, by_person=True)
    file.fortnox_file_id, file.attempts, file.misses = None, 0, 0
