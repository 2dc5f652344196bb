from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.base import Listing
from services.gateway.schemas.clients import ClientView, NewClient
from shared.errors import Rejected
from shared.store.engagements import Client

router = keyed_router("clients")


@router.post("/clients", status_code=201, responses=refusals(400, 409, 413))
def add_client(body: NewClient, deps: Deps, caller: CallerDep) -> ClientView:
    """Add a client company; its organisation number is checked and stored as NNNNNN-NNNN."""
    client = Client(
        firm_id=caller.firm_id,
        organisation_number=body.organisation_number,
        name=body.name,
        created_at=deps.clock.now(),
    )
    try:
        with deps.store.write() as session:
            session.add(client)
    except IntegrityError:
        raise Rejected("client-exists", f"there is a client {body.organisation_number} already") from None
    return ClientView.model_validate(client)


@router.get("/clients")
def list_clients(deps: Deps, caller: CallerDep, page: Page) -> Listing[ClientView]:
    with deps.store.read() as session:
        rows, next_cursor = page.read(session, select(Client).where(Client.firm_id == caller.firm_id), Client.id)
    return Listing(items=[ClientView.model_validate(row) for row in rows], next_cursor=next_cursor)
