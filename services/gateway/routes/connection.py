from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from services.gateway import authorization, disconnect
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.connection import AuthorizeUrl, ConnectionView, NewConnection
from shared.errors import Rejected
from shared.store.connections import Connection
from shared.store.database import of_firm
from shared.store.engagements import Engagement

router = keyed_router("connection")


@router.post("/engagements/{engagement_id}/connection", responses=refusals(400, 404, 409, 413))
def connect(engagement_id: UUID, body: NewConnection, deps: Deps, caller: CallerDep) -> AuthorizeUrl:
    """Begin a trip to Fortnox: send the accountant's browser to `authorize_url`, it comes back to the callback."""
    with deps.store.write() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        return authorization.begin(session, deps, engagement, body.grant, requested_by=caller.name)


@router.get("/engagements/{engagement_id}/connection", responses=refusals(404))
def show_connection(engagement_id: UUID, deps: Deps, caller: CallerDep) -> ConnectionView:
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        connection = session.scalar(select(Connection).where(Connection.client_id == engagement.client_id))
    if connection is None:
        raise Rejected("not-found", f"no connection of engagement {engagement_id}")
    return ConnectionView.model_validate(connection)


@router.delete("/engagements/{engagement_id}/connection", status_code=204, responses=refusals(404, 502, 503))
def remove_connection(engagement_id: UUID, deps: Deps, caller: CallerDep) -> None:
    """Take back the consent at Fortnox and forget the tokens; what was imported stays."""
    disconnect.disconnect(deps, caller, engagement_id)
