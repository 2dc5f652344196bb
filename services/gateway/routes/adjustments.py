from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Body
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from services.gateway import adjustments
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.adjustments import EXAMPLE, AdjustmentView, NewAdjustment
from services.gateway.schemas.base import Listing
from shared.store.adjustments import Adjustment
from shared.store.database import of_firm
from shared.store.engagements import Engagement

router = keyed_router("adjustments")


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
        return [AdjustmentView.model_validate(adjustment) for adjustment in stored]


@router.get("/engagements/{engagement_id}/adjustments", responses=refusals(404))
def list_adjustments(engagement_id: UUID, deps: Deps, caller: CallerDep, page: Page) -> Listing[AdjustmentView]:
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        statement = (
            select(Adjustment).where(Adjustment.engagement_id == engagement.id).options(selectinload(Adjustment.rows))
        )
        rows, next_cursor = page.read(session, statement, Adjustment.id)
    return Listing(items=[AdjustmentView.model_validate(row) for row in rows], next_cursor=next_cursor)
