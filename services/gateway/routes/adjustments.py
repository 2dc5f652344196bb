from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Body, Query
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from services.gateway import adjustment_status, adjustments
from services.gateway.adjustment_views import views_of
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.adjustments import EXAMPLE, AdjustmentView, NewAdjustment, NewStatus, Status
from services.gateway.schemas.base import Listing
from shared.adjustments.states import DELETED
from shared.store.adjustments import Adjustment
from shared.store.database import of_firm
from shared.store.engagements import Engagement

router = keyed_router("adjustments")

Statuses = Annotated[
    list[Status] | None, Query(alias="status", description="Only these; without it all but those that are deleted.")
]


@router.post("/engagements/{engagement_id}/adjustments", responses=refusals(400, 404, 413))
def take_adjustments(
    engagement_id: UUID,
    body: Annotated[list[NewAdjustment], Body(min_length=1, max_length=1000, examples=[[EXAMPLE]])],
    deps: Deps,
    caller: CallerDep,
) -> list[AdjustmentView]:
    """Take in year-end adjustments, all or none; one that is known by kind and number is changed until it leaves."""
    with deps.store.write() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        stored = adjustments.take_in(session, engagement, body, deps.clock.now())
        session.flush()
        return views_of(session, stored)


@router.get("/engagements/{engagement_id}/adjustments", responses=refusals(404))
def list_adjustments(
    engagement_id: UUID, deps: Deps, caller: CallerDep, page: Page, statuses: Statuses = None
) -> Listing[AdjustmentView]:
    """Return the adjustments with their newest way into Fortnox, newest first; deleted ones only when asked for."""
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        shown = Adjustment.status.in_(statuses) if statuses else Adjustment.status != DELETED
        statement = (
            select(Adjustment)
            .where(Adjustment.engagement_id == engagement.id, shown)
            .options(selectinload(Adjustment.rows), selectinload(Adjustment.files))
        )
        rows, next_cursor = page.read(session, statement, Adjustment.id)
        return Listing(items=views_of(session, rows), next_cursor=next_cursor)


@router.put("/engagements/{engagement_id}/adjustments/{adjustment_id}/status", responses=refusals(400, 404, 409, 413))
def set_adjustment_status(
    engagement_id: UUID, adjustment_id: UUID, body: NewStatus, deps: Deps, caller: CallerDep
) -> AdjustmentView:
    """Say that an adjustment is to be sent, is not applicable, or is deleted; what is in Fortnox is undone first."""
    with deps.store.write() as session:
        changed = adjustment_status.set_status(
            session, caller, engagement_id, adjustment_id, body.status, deps.clock.now()
        )
        return views_of(session, [changed])[0]
