"""What a firm decides about an adjustment that is not in Fortnox: to be sent, not to be sent, deleted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.auth import Caller
from shared.adjustments.live import is_live
from shared.adjustments.states import DELETED, NOT_APPLICABLE, NOT_TRANSFERRED, POSTED, REFUSED
from shared.errors import Rejected
from shared.store.adjustments import Adjustment, ExportVoucher
from shared.store.database import of_firm
from shared.store.engagements import Engagement

CHANGEABLE = frozenset({NOT_TRANSFERRED, REFUSED})


def adjustment_of(
    session: Session, caller: Caller, engagement_id: UUID, adjustment_id: UUID, *, lock: bool = False
) -> Adjustment:
    """Return the engagement's adjustment, locked together with the planning of exports; raises Rejected "not-found"."""
    engagement = of_firm(session, Engagement, caller.firm_id, engagement_id, lock=lock)
    adjustment = session.get(Adjustment, adjustment_id)
    if adjustment is None or adjustment.engagement_id != engagement.id:
        raise Rejected("not-found", f"no adjustment {adjustment_id}")
    return adjustment


def set_status(
    session: Session, caller: Caller, engagement_id: UUID, adjustment_id: UUID, status: str, now: datetime
) -> Adjustment:
    """Move the adjustment between not_transferred, refused, not_applicable and deleted; the same again does nothing.

    Raises Rejected with not-found, adjustment-in-export, or adjustment-transferred for one that has to be undone first.
    """
    adjustment = adjustment_of(session, caller, engagement_id, adjustment_id, lock=True)
    require_not_on_its_way(session, adjustment)
    before = adjustment.status
    if status != before:
        adjustment.status = status
        audit.note(
            session,
            firm_id=caller.firm_id,
            actor=caller.name,
            action="adjustment-status-changed",
            subject=adjustment.id,
            at=now,
            before=before,
            after=status,
        )
    return adjustment


def require_changeable(session: Session, adjustment: Adjustment) -> None:
    """Raise Rejected for an adjustment whose content must stay: as `refusal_of_change` names it."""
    require_not_on_its_way(session, adjustment)
    if refusal := refusal_of_change(adjustment):
        raise refusal


def refusal_of_change(adjustment: Adjustment) -> Rejected | None:
    """Return why the content may not change, though it is in no export; None when it may.

    The codes are adjustment-deleted, adjustment-not-applicable and adjustment-not-changeable.
    """
    name = f"{adjustment.kind}{adjustment.number}"
    if adjustment.status in CHANGEABLE:
        return None
    if adjustment.status == DELETED:
        return Rejected("adjustment-deleted", f"{name} is deleted: make it not_transferred first")
    if adjustment.status == NOT_APPLICABLE:
        return Rejected("adjustment-not-applicable", f"{name} is not applicable: make it not_transferred first")
    return Rejected("adjustment-not-changeable", f"{name} is {adjustment.status}")


def require_not_on_its_way(session: Session, adjustment: Adjustment) -> None:
    """Raise Rejected "adjustment-transferred" or "adjustment-in-export" while Fortnox has it or may have it."""
    name = f"{adjustment.kind}{adjustment.number}"
    live = session.scalar(select(ExportVoucher).where(ExportVoucher.adjustment_id == adjustment.id, is_live()))
    if live is None:
        return
    if live.state == POSTED:
        raise Rejected("adjustment-transferred", f"{name} is {live.series}{live.fortnox_number} in Fortnox: undo it")
    raise Rejected("adjustment-in-export", f"{name} is in an export")
