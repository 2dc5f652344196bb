"""Idempotency-Key: a command that is sent again, because its answer was lost, runs once and is answered the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.gateway.auth import CallerDep
from services.gateway.deps import Deps, GatewayDeps
from shared.errors import Rejected
from shared.store.database import Store
from shared.store.messages import InboxMessage

CONSUMER = "gateway-commands"
HIT_HEADER = "Idempotency-Hit"
T = TypeVar("T")


@dataclass(frozen=True)
class Command:
    """One POST that starts something; without a key each sending is a new one."""

    deps: GatewayDeps
    firm_id: UUID
    path: str
    key: str | None
    response: Response

    def once(self, body: BaseModel, act: Callable[[Session], UUID]) -> UUID:
        """Run `act` in a transaction and return the id it made; or the id made before, with a header that says so.

        Raises Rejected "idempotency-key-reused" when the key came with another body or to another address before.
        """
        effect, is_hit = first_wins(self.deps.store, lambda session: self._once(session, body, act))
        if is_hit:
            self.response.headers[HIT_HEADER] = "true"
        return effect

    def _once(self, session: Session, body: BaseModel, act: Callable[[Session], UUID]) -> tuple[UUID, bool]:
        if self.key is None:
            return act(session), False
        said = json.dumps([self.path, body.model_dump(mode="json")], sort_keys=True).encode()
        fingerprint = hashlib.sha256(said).digest()
        before = session.get(InboxMessage, (CONSUMER, str(self.firm_id), self.key))
        if before is not None:
            if before.body_hash != fingerprint or before.effect is None:
                raise Rejected("idempotency-key-reused", "take a new key for another request")
            return before.effect, True
        entry = InboxMessage(
            consumer=CONSUMER,
            source=str(self.firm_id),
            event_id=self.key,
            firm_id=self.firm_id,
            body_hash=fingerprint,
            received_at=self.deps.clock.now(),
        )
        session.add(entry)
        session.flush()
        entry.effect = act(session)
        return entry.effect, False


def first_wins(store: Store, work: Callable[[Session], T]) -> T:
    """Run the work in a transaction; when another one has written the same key meanwhile, once more to find that."""
    try:
        with store.write() as session:
            return work(session)
    except IntegrityError:
        with store.write() as session:
            return work(session)


async def _command(
    request: Request,
    deps: Deps,
    caller: CallerDep,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="The same key again: the same answer, no second run."),
    ] = None,
) -> Command:
    return Command(deps, caller.firm_id, request.url.path, idempotency_key, response)


CommandDep = Annotated[Command, Depends(_command)]
