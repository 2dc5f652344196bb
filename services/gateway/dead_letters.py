"""What a person decides about a dead letter, once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.auth import Caller
from services.gateway.deps import GatewayDeps
from shared.errors import Rejected
from shared.messaging.events import parse_event
from shared.messaging.outbox import emit
from shared.store.messages import DeadLetter


def replay(session: Session, deps: GatewayDeps, caller: Caller, dead_letter_id: UUID) -> DeadLetter:
    """Send the event again with its first attempt; its inbox entry is still missing, so it is no duplicate.

    Raises Rejected with not-found, dead-letter-decided or dead-letter-unreadable.
    """
    letter = _undecided(session, caller, dead_letter_id)
    try:
        event = parse_event(letter.body)
    except Rejected as error:
        raise Rejected("dead-letter-unreadable", error.reason) from None
    again = event.model_copy(update={"attempt": 1, "away": None, "dead": None})
    emit(session, again, firm_id=caller.firm_id, now=deps.clock.now())
    return _decided(session, deps, caller, letter, "replayed")


def discard(session: Session, deps: GatewayDeps, caller: Caller, dead_letter_id: UUID) -> DeadLetter:
    """Leave it at that; raises Rejected with not-found or dead-letter-decided."""
    return _decided(session, deps, caller, _undecided(session, caller, dead_letter_id), "discarded")


def letter_of(session: Session, firm_id: UUID, dead_letter_id: UUID, *, lock: bool = False) -> DeadLetter:
    """Return the firm's dead letter; raises Rejected "not-found", also for those that are nobody's."""
    statement = select(DeadLetter).where(DeadLetter.firm_id == firm_id, DeadLetter.id == dead_letter_id)
    letter = session.scalar(statement.with_for_update() if lock else statement)
    if letter is None:
        raise Rejected("not-found", f"no dead letter {dead_letter_id}")
    return letter


def _undecided(session: Session, caller: Caller, dead_letter_id: UUID) -> DeadLetter:
    letter = letter_of(session, caller.firm_id, dead_letter_id, lock=True)
    if letter.decided_at is not None:
        raise Rejected("dead-letter-decided", f"it was {letter.decision} at {letter.decided_at:%Y-%m-%d %H:%M} UTC")
    return letter


def _decided(session: Session, deps: GatewayDeps, caller: Caller, letter: DeadLetter, decision: str) -> DeadLetter:
    now = deps.clock.now()
    letter.decided_at, letter.decision = now, f"{decision} by {caller.name}"[:100]
    audit.note(
        session, firm_id=caller.firm_id, actor=caller.name, action=f"dead-letter-{decision}", subject=letter.id, at=now
    )
    return letter
