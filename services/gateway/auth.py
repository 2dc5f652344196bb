"""API keys: one key belongs to one firm, and is looked up by its hash before anything else is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, cast
from uuid import UUID

import structlog
from fastapi import Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from sqlalchemy import select, update
from starlette.concurrency import run_in_threadpool

from services.gateway.deps import GatewayDeps, deps_of
from shared.security.keys import hash_key
from shared.store.firms import ApiKey

USE_NOTED_EVERY = timedelta(minutes=1)

# Says in the OpenAPI document what AuthenticatedRoute does.
bearer = HTTPBearer(auto_error=False, description="An API key, fnp_…; it belongs to one firm.")


@dataclass(frozen=True)
class Caller:
    """Who calls; `name` is the key's name, which the audit log and the runs carry."""

    firm_id: UUID
    key_id: UUID
    name: str


class AuthenticatedRoute(APIRoute):
    """Checks the key before the body is read, so that strangers learn nothing about what would be valid."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def authenticated(request: Request) -> Response:
            authorization = request.headers.get("authorization", "")
            caller = await run_in_threadpool(authenticate, deps_of(request), authorization)
            request.state.caller = caller
            structlog.contextvars.bind_contextvars(firm_id=str(caller.firm_id))
            return await handle(request)

        return authenticated


def authenticate(deps: GatewayDeps, authorization: str) -> Caller:
    """Return the caller of an `Authorization` header.

    Raises HTTPException 401 in the same words for a missing, an unknown and a revoked key.
    """
    scheme, _, key = authorization.partition(" ")
    with deps.store.read() as session:
        row = session.scalar(select(ApiKey).where(ApiKey.key_hash == hash_key(key.strip())))
    if scheme.lower() != "bearer" or row is None or row.revoked_at is not None:
        raise HTTPException(401, "send a valid key as Authorization: Bearer fnp_…", {"WWW-Authenticate": "Bearer"})
    now = deps.clock.now()
    if row.last_used_at is None or now - row.last_used_at >= USE_NOTED_EVERY:
        with deps.store.write() as session:
            session.execute(update(ApiKey).where(ApiKey.id == row.id).values(last_used_at=now))
    return Caller(row.firm_id, row.id, row.name)


async def _caller_of(request: Request) -> Caller:
    return cast("Caller", request.state.caller)


CallerDep = Annotated[Caller, Depends(_caller_of)]
