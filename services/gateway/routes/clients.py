from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.gateway import audit
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.base import Listing
from services.gateway.schemas.clients import ClientView, NewClient
from services.gateway.schemas.schedule_requests import ScheduleAccounts
from services.gateway.schemas.schedules import ScheduleAccountsView
from shared.errors import Rejected
from shared.store.database import of_firm
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


@router.get("/clients/{client_id}/schedule-accounts", responses=refusals(404))
def show_schedule_accounts(client_id: UUID, deps: Deps, caller: CallerDep) -> ScheduleAccountsView:
    """Return the accounts that the client's schedules show beside those that follow from the books."""
    with deps.store.read() as session:
        return _schedule_accounts(of_firm(session, Client, caller.firm_id, client_id))


@router.put("/clients/{client_id}/schedule-accounts", responses=refusals(400, 404, 413))
def choose_schedule_accounts(
    client_id: UUID, body: ScheduleAccounts, deps: Deps, caller: CallerDep
) -> ScheduleAccountsView:
    """Choose further accounts for the client's schedules, from the next one that is built."""
    with deps.store.write() as session:
        client = of_firm(session, Client, caller.firm_id, client_id, lock=True)
        before, client.schedule_accounts = client.schedule_accounts, body.model_dump()
        audit.note(
            session,
            firm_id=caller.firm_id,
            actor=caller.name,
            action="schedule-accounts-chosen",
            subject=client.id,
            at=deps.clock.now(),
            before=before,
            after=client.schedule_accounts,
        )
        return _schedule_accounts(client)


def _schedule_accounts(client: Client) -> ScheduleAccountsView:
    return ScheduleAccountsView.model_validate(client.schedule_accounts)
