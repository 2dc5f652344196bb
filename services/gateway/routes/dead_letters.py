from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from services.gateway import dead_letters
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.base import Listing
from services.gateway.schemas.dead_letters import DeadLetterView, DeadLetterWithBody
from shared.store.messages import DeadLetter

router = keyed_router("dead letters")


@router.get("/dead-letters")
def list_dead_letters(deps: Deps, caller: CallerDep, page: Page, *, decided: bool = False) -> Listing[DeadLetterView]:
    """Return the firm's messages that wait for a decision, or those that are decided."""
    statement = select(DeadLetter).where(
        DeadLetter.firm_id == caller.firm_id,
        DeadLetter.decided_at.is_not(None) if decided else DeadLetter.decided_at.is_(None),
    )
    with deps.store.read() as session:
        rows, next_cursor = page.read(session, statement, DeadLetter.id)
    return Listing(items=[DeadLetterView.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/dead-letters/{dead_letter_id}", responses=refusals(404))
def show_dead_letter(dead_letter_id: UUID, deps: Deps, caller: CallerDep) -> DeadLetterWithBody:
    with deps.store.read() as session:
        letter = dead_letters.letter_of(session, caller.firm_id, dead_letter_id)
    return DeadLetterWithBody.model_validate(letter)


@router.post("/dead-letters/{dead_letter_id}/replay", responses=refusals(404, 409))
def replay_dead_letter(dead_letter_id: UUID, deps: Deps, caller: CallerDep) -> DeadLetterView:
    """Send the event again, under its own id."""
    with deps.store.write() as session:
        return DeadLetterView.model_validate(dead_letters.replay(session, deps, caller, dead_letter_id))


@router.post("/dead-letters/{dead_letter_id}/discard", responses=refusals(404, 409))
def discard_dead_letter(dead_letter_id: UUID, deps: Deps, caller: CallerDep) -> DeadLetterView:
    """Decide that the message is not worth dealing with."""
    with deps.store.write() as session:
        return DeadLetterView.model_validate(dead_letters.discard(session, deps, caller, dead_letter_id))
