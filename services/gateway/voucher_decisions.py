"""What a person decides about a voucher whose outcome no look has settled, or which is gone from Fortnox."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.auth import Caller
from services.gateway.commands import resume_export
from services.gateway.deps import GatewayDeps
from services.gateway.schemas.exports import FINAL_STATES, NewDecision
from shared.adjustments import (
    Fault,
    Marker,
    ReversalMarker,
    book,
    markers_in,
    move,
    read_marker,
    reversal_markers_in,
)
from shared.adjustments.facts import year_ending
from shared.adjustments.file_states import move_file
from shared.adjustments.live import is_live
from shared.adjustments.marker import letters_of
from shared.adjustments.states import (
    MISSING,
    NEEDS_HUMAN,
    NOT_TRANSFERRED,
    PLANNED,
    POSTED,
    REFUSED,
    REVERSED,
)
from shared.errors import Rejected
from shared.fortnox import FortnoxClient, NotFound, Voucher, VoucherKey
from shared.store.adjustments import Export, ExportVoucher
from shared.store.database import of_firm
from shared.store.engagements import Engagement

NOT_BOOKED = Fault(None, "decided-not-booked", "somebody has looked: Fortnox does not have the voucher")


class Seen(NamedTuple):
    """The voucher that a person named, as Fortnox has it, and in which company."""

    key: VoucherKey
    tenant_id: int | None


def voucher_of(
    session: Session, caller: Caller, export_id: UUID, voucher_id: UUID, *, lock: bool = False
) -> ExportVoucher:
    """Return the voucher of an export that has ended; raises Rejected with not-found or export-not-finished."""
    export = of_firm(session, Export, caller.firm_id, export_id)
    if lock:
        # As for an undo, and so that no two decisions name the same voucher of Fortnox.
        session.get_one(Engagement, export.engagement_id, with_for_update=True)
        session.refresh(export, with_for_update=True)
    voucher = session.get(ExportVoucher, voucher_id)
    if voucher is None or voucher.export_id != export.id:
        raise Rejected("not-found", f"no voucher {voucher_id}")
    if export.state not in FINAL_STATES:
        raise Rejected("export-not-finished", f"the export is {export.state}")
    return voucher


def open_question(
    session: Session, caller: Caller, export_id: UUID, voucher_id: UUID, outcome: str, *, lock: bool = False
) -> ExportVoucher:
    """Return the voucher if a person may decide this about it.

    Raises Rejected with what `voucher_of` raises, or decision-not-possible for a voucher about which there is no
    question.
    """
    voucher = voucher_of(session, caller, export_id, voucher_id, lock=lock)
    if voucher.state == NEEDS_HUMAN or (outcome == "not_booked" and _is_gone(session, voucher)):
        return voucher
    raise Rejected("decision-not-possible", f"the voucher is {voucher.state}, and no import has found it missing")


def is_being_taken_back(session: Session, voucher: ExportVoucher) -> bool:
    """Say whether the voucher has a reversal that is not refused."""
    reversal = exists().where(ExportVoucher.reverses_id == voucher.id, ExportVoucher.state != REFUSED)
    return bool(session.scalar(select(reversal)))


def look(deps: GatewayDeps, engagement: Engagement, voucher: ExportVoucher, wanted: NewDecision) -> Seen | None:
    """Return the voucher that the decision names as Fortnox has it, None when it names none.

    Raises Rejected with voucher-in-other-company, year-missing, voucher-not-in-fortnox and
    voucher-of-other-adjustment, and what reading raises.
    """
    if wanted.series is None or wanted.number is None:
        return None
    tenant_id = deps.access.connection_of(engagement.id).tenant_id
    if voucher.tenant_id not in (None, tenant_id):
        raise Rejected("voucher-in-other-company", "it was sent to another company than the one that is connected now")
    with deps.access.open(engagement.id, "interactive", renew=False) as fortnox:
        year_id = voucher.fortnox_year or _year_of(fortnox, engagement)
        try:
            booked = fortnox.voucher(wanted.series, wanted.number, year_id)
        except NotFound:
            named = f"{wanted.series}{wanted.number}"
            raise Rejected("voucher-not-in-fortnox", f"Fortnox has no voucher {named} in that year") from None
    _require_no_stranger(voucher, booked)
    return Seen(booked.key, tenant_id)


def decide(
    session: Session, caller: Caller, voucher: ExportVoucher, seen: Seen | None, name: str, now: datetime
) -> None:
    """Write the decision down: posted as what was seen, or refused as not booked.

    Raises Rejected "voucher-of-other-adjustment" when another voucher of ours is known under that number.
    """
    before = voucher.state
    if seen is None:
        move(voucher, REFUSED, now, NOT_BOOKED, by_person=True)
        if voucher.reverses_id is None:
            voucher.adjustment.status = NOT_TRANSFERRED  # nothing is wrong with it: the next export may take it
        for file in voucher.files:
            if file.state == PLANNED:
                move_file(file, REFUSED, now, NOT_BOOKED)
    else:
        _require_free(session, voucher, seen)
        book(voucher, seen.key, now, by_person=True)
        voucher.tenant_id = seen.tenant_id
        if voucher.files:  # they have waited for its number
            resume_export(session, session.get_one(Export, voucher.export_id), now)
    audit.note(
        session,
        firm_id=caller.firm_id,
        actor=caller.name,
        action="voucher-decided",
        subject=voucher.export_id,
        at=now,
        voucher=str(voucher.id),
        name=name,
        before=before,
        outcome="not_booked" if seen is None else f"{seen.key.series}{seen.key.number}",
    )


def _is_gone(session: Session, voucher: ExportVoucher) -> bool:
    """Say whether the newest import found the posted voucher missing, and nothing else has come of it since."""
    if voucher.state != POSTED or voucher.in_ledger != MISSING:
        return False
    if voucher.reverses is not None:
        return _may_stand_again(session, voucher.reverses)
    return not is_being_taken_back(session, voucher)


def _may_stand_again(session: Session, original: ExportVoucher) -> bool:
    """Say whether the adjustment still is what the voucher says that was taken back, and is in no export since."""
    live = exists().where(ExportVoucher.adjustment_id == original.adjustment_id, is_live())
    is_same = markers_in(original.marker)[0].version == letters_of(original.adjustment.content_hash)
    return is_same and not session.scalar(select(live))


def _year_of(fortnox: FortnoxClient, engagement: Engagement) -> int:
    year = year_ending(fortnox, engagement.year_end)
    if year is None:
        raise Rejected("year-missing", f"no financial year in Fortnox ends on {engagement.year_end}")
    return year.id


def _require_no_stranger(voucher: ExportVoucher, booked: Voucher) -> None:
    """Raise Rejected for a voucher that carries the marker of something else: a slip of the pen.

    A reversal is no adjustment's voucher at all, not even that of the one it takes back; nor is an adjustment's voucher
    a reversal.
    """
    said = f"{booked.comments} {booked.description}"
    ours = read_marker(voucher.marker)
    found: list[Marker | ReversalMarker] = [*markers_in(said), *reversal_markers_in(said)]
    if any(not _is_same_paper(marker, ours) for marker in found):
        named = f"{booked.series}{booked.number}"
        raise Rejected("voucher-of-other-adjustment", f"{named} belongs to something else of ours")


def _is_same_paper(found: Marker | ReversalMarker, ours: Marker | ReversalMarker) -> bool:
    """Say whether both name the same; an adjustment's voucher may hold another version of it."""
    if isinstance(found, Marker) and isinstance(ours, Marker):
        return found.document == ours.document
    return found == ours


def _require_free(session: Session, voucher: ExportVoucher, seen: Seen) -> None:
    """Raise Rejected for a number that another voucher of ours has or had: one voucher would stand for two."""
    taken = session.scalar(
        select(ExportVoucher)
        .where(
            ExportVoucher.firm_id == voucher.firm_id,
            ExportVoucher.id != voucher.id,
            ExportVoucher.tenant_id == seen.tenant_id,
            ExportVoucher.fortnox_year == seen.key.year_id,
            ExportVoucher.series == seen.key.series,
            ExportVoucher.fortnox_number == seen.key.number,
            ExportVoucher.state.in_((POSTED, REVERSED)),
        )
        .limit(1)
    )
    if taken is not None:
        name = f"{taken.adjustment.kind}{taken.adjustment.number}"
        raise Rejected("voucher-of-other-adjustment", f"{seen.key.series}{seen.key.number} is known as that of {name}")
