"""Sign-off of schedules: first who prepared it, then another person who reviewed it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.auth import Caller
from services.gateway.schemas.schedule_requests import NewSignOff
from shared.errors import Rejected
from shared.money import kronor
from shared.schedules.content import UNEXPLAINED, Role
from shared.store.database import of_firm
from shared.store.schedules import Schedule, ScheduleSignOff

PREPARER: Final = "preparer"
REVIEWER: Final = "reviewer"


def sign(session: Session, caller: Caller, schedule_id: UUID, wanted: NewSignOff, now: datetime) -> ScheduleSignOff:
    """Put a name under the schedule; it stays until it is withdrawn.

    Raises Rejected with not-found, sign-off-exists, preparer-missing, reviewer-is-preparer, unexplained-difference or
    schedule-incomplete.
    """
    schedule = of_firm(session, Schedule, caller.firm_id, schedule_id, lock=True)
    _require_turn(schedule, wanted)
    if not wanted.comment:
        _require_no_question(schedule)
    sign_off = ScheduleSignOff(
        firm_id=caller.firm_id,
        schedule_id=schedule.id,
        role=wanted.role,
        name=wanted.name,
        comment=wanted.comment,
        at=now,
        signed_with=caller.name,
    )
    session.add(sign_off)
    _note(session, caller, "schedule-signed", schedule, sign_off, now, comment=wanted.comment)
    return sign_off


def withdraw(session: Session, caller: Caller, schedule_id: UUID, role: Role, reason: str, now: datetime) -> None:
    """Take a sign-off back; the row and the audit log keep it.

    Raises Rejected with not-found, or sign-off-reviewed for the preparer's while the reviewer's stands on it.
    """
    schedule = of_firm(session, Schedule, caller.firm_id, schedule_id, lock=True)
    sign_off = _standing(schedule, role)
    if sign_off is None:
        raise Rejected("not-found", f"no {role} has signed schedule {schedule_id}")
    if role == PREPARER and _standing(schedule, REVIEWER) is not None:
        raise Rejected("sign-off-reviewed", "withdraw the reviewer's sign-off first")
    sign_off.withdrawn_at, sign_off.withdrawn_by, sign_off.withdrawn_reason = now, caller.name, reason
    _note(session, caller, "schedule-sign-off-withdrawn", schedule, sign_off, now, reason=reason)


def _require_turn(schedule: Schedule, wanted: NewSignOff) -> None:
    if _standing(schedule, wanted.role) is not None:
        raise Rejected("sign-off-exists", f"a {wanted.role} has signed already")
    if wanted.role == PREPARER:
        return
    preparer = _standing(schedule, PREPARER)
    if preparer is None:
        raise Rejected("preparer-missing", "the preparer signs before the reviewer")
    if _same_person(preparer.name, wanted.name):
        raise Rejected("reviewer-is-preparer", f"{preparer.name} prepared it; another person reviews")


def _require_no_question(schedule: Schedule) -> None:
    unexplained = [line["amount_ore"] for line in schedule.bridge if line["code"] == UNEXPLAINED]
    if any(unexplained):
        raise Rejected("unexplained-difference", f"{kronor(sum(unexplained))} is unexplained; say in a comment why")
    if not schedule.complete:
        count = len(schedule.faults)
        raise Rejected("schedule-incomplete", f"{count} documents could not be judged; say in a comment why")


def _standing(schedule: Schedule, role: Role) -> ScheduleSignOff | None:
    return next((sign_off for sign_off in schedule.standing_sign_offs if sign_off.role == role), None)


def _same_person(name: str, other: str) -> bool:
    return " ".join(name.split()).casefold() == " ".join(other.split()).casefold()


def _note(
    session: Session,
    caller: Caller,
    action: str,
    schedule: Schedule,
    sign_off: ScheduleSignOff,
    now: datetime,
    **details: str,
) -> None:
    audit.note(
        session,
        firm_id=caller.firm_id,
        actor=caller.name,
        action=action,
        subject=schedule.id,
        at=now,
        role=sign_off.role,
        name=sign_off.name,
        content_hash=schedule.content_hash,
        **details,
    )
