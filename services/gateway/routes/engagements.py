from __future__ import annotations

from uuid import UUID

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.gateway import switching
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.engagement_views import views_of
from services.gateway.paging import Page
from services.gateway.routes.router import LOCATION, keyed_router, made, refusals
from services.gateway.schemas.base import Listing, RunStarted
from services.gateway.schemas.clients import EngagementView, NewEngagement
from services.gateway.schemas.differences import DataSource
from shared.errors import Rejected
from shared.store.database import of_firm
from shared.store.engagements import Client, Engagement

router = keyed_router("engagements")


@router.post("/engagements", status_code=201, responses=made(201, 404, 409))
def add_engagement(body: NewEngagement, deps: Deps, caller: CallerDep, response: Response) -> EngagementView:
    """Open the closing of one financial year of a client."""
    try:
        with deps.store.write() as session:
            engagement = Engagement(
                firm_id=caller.firm_id,
                client_id=of_firm(session, Client, caller.firm_id, body.client_id).id,
                year_end=body.year_end,
                data_source=body.data_source,
                created_at=deps.clock.now(),
            )
            session.add(engagement)
            session.flush()
            view = views_of(session, [engagement])[0]
    except IntegrityError:
        raise Rejected("engagement-exists", f"the client's year to {body.year_end} has an engagement") from None
    response.headers["Location"] = f"/v1/engagements/{engagement.id}"
    return view


@router.get("/engagements")
def list_engagements(deps: Deps, caller: CallerDep, page: Page) -> Listing[EngagementView]:
    with deps.store.read() as session:
        statement = select(Engagement).where(Engagement.firm_id == caller.firm_id)
        rows, next_cursor = page.read(session, statement, Engagement.id)
        return Listing(items=views_of(session, rows), next_cursor=next_cursor)


@router.put(
    "/engagements/{engagement_id}/data-source",
    responses={202: {"model": RunStarted, **LOCATION}, **refusals(400, 404, 409, 413)},
)
def change_data_source(
    engagement_id: UUID, body: DataSource, deps: Deps, caller: CallerDep, response: Response
) -> EngagementView | RunStarted:
    """Change the data source, once it is known and accepted what the other one says otherwise.

    The first call answers 202 with the import that reads the other source; for files that is one uploaded with `compare`.
    When it has read everything the call answers 409 with the differences, and with `accept_differences` it changes the
    source. Nothing that readers see changes before. Where nothing differs, or nothing was imported, it changes at once.
    """
    with deps.store.write() as session:
        comparison = switching.switch(session, caller.firm_id, engagement_id, body, caller.name, deps.clock.now())
        if comparison is None:
            return views_of(session, [of_firm(session, Engagement, caller.firm_id, engagement_id)])[0]
    response.status_code = 202
    response.headers["Location"] = f"/v1/imports/{comparison.id}"
    return RunStarted.model_validate(comparison)


@router.get("/engagements/{engagement_id}", responses=refusals(404))
def show_engagement(engagement_id: UUID, deps: Deps, caller: CallerDep) -> EngagementView:
    """Return one engagement with its connection, its last import and how fresh the books are."""
    with deps.store.read() as session:
        return views_of(session, [of_firm(session, Engagement, caller.firm_id, engagement_id)])[0]
