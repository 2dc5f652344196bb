from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway import connection_views, disconnect, trip
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.idempotency import first_wins
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.base import Listing
from services.gateway.schemas.connection import AuthorizeUrl, ConnectionListed, ConnectionView, NewConnection
from shared.connections.overview import ends_within
from shared.errors import Rejected
from shared.store.connections import Connection
from shared.store.database import of_firm
from shared.store.engagements import Engagement

router = keyed_router("connection")


@router.post("/engagements/{engagement_id}/connection", responses=refusals(400, 404, 409, 413))
def connect(engagement_id: UUID, body: NewConnection, deps: Deps, caller: CallerDep) -> AuthorizeUrl:
    """Begin a trip to Fortnox, for a new connection as for one that is to be made anew or changed over.

    Send the accountant to `authorize_url`: a page there says what is approved, and its button goes on to Fortnox, from
    where the browser comes back to the callback. Each request gets an address of its own, which is kept nowhere. Until then
    a connection that works goes on working.
    """

    def begin(session: Session) -> AuthorizeUrl:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        return trip.begin(session, deps, engagement, body.grant, caller=caller.name, requested_by=body.requested_by)

    return first_wins(deps.store, begin)  # two first trips of a client make its connection at the same time


@router.get("/engagements/{engagement_id}/connection", responses=refusals(404))
def show_connection(engagement_id: UUID, deps: Deps, caller: CallerDep) -> ConnectionView:
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        connection = session.scalar(select(Connection).where(Connection.client_id == engagement.client_id))
        if connection is None:
            raise Rejected("not-found", f"no connection of engagement {engagement_id}")
        return connection_views.view_of(session, connection)


@router.delete("/engagements/{engagement_id}/connection", status_code=204, responses=refusals(404, 502, 503))
def remove_connection(engagement_id: UUID, deps: Deps, caller: CallerDep) -> None:
    """Take back the consent at Fortnox and forget the tokens; what was imported stays."""
    disconnect.disconnect(deps, caller, engagement_id)


@router.get("/connections")
def list_connections(
    deps: Deps,
    caller: CallerDep,
    page: Page,
    expiring_within_days: Annotated[
        int | None, Query(ge=0, le=365, description="Only what ends within so many days, the soonest first.")
    ] = None,
) -> Listing[ConnectionListed]:
    """Return the firm's connections, newest first, or the forecast of those that end soon unless they are renewed."""
    now = deps.clock.now()
    statement = select(Connection).where(Connection.firm_id == caller.firm_id)
    with deps.store.read() as session:
        if expiring_within_days is None:
            rows, next_cursor = page.read(session, statement, Connection.id)
        else:
            statement = statement.where(ends_within(expiring_within_days, now))
            rows, next_cursor = page.read_by_date(session, statement, Connection.active_until, Connection.id)
        return Listing(items=connection_views.listed(session, rows, now), next_cursor=next_cursor)
