from __future__ import annotations

from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from services.gateway import commands
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.idempotency import CommandDep
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, made, refusals
from services.gateway.schemas.base import Listing
from services.gateway.schemas.schedules import Kind, NewSchedules, SchedulesAccepted, ScheduleSummary, ScheduleView
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.schedules import Schedule

router = keyed_router("schedules")


@router.post("/engagements/{engagement_id}/schedules", status_code=202, responses=made(202, 404, 409))
def build_schedules(
    engagement_id: UUID, body: NewSchedules, deps: Deps, caller: CallerDep, command: CommandDep, response: Response
) -> SchedulesAccepted:
    """Build the schedules of receivables and payables at a balance date, from what has been imported."""
    event_id = command.once(
        body, lambda session: commands.request_schedules(session, deps, caller, engagement_id, body.balance_date)
    )
    listed = f"/v1/engagements/{engagement_id}/schedules"
    response.headers["Location"] = f"{listed}?kind={body.kind}" if body.kind else listed
    return SchedulesAccepted(event_id=event_id, state="queued")


@router.get("/engagements/{engagement_id}/schedules", responses=refusals(404))
def list_schedules(
    engagement_id: UUID, deps: Deps, caller: CallerDep, page: Page, kind: Kind | None = None
) -> Listing[ScheduleSummary]:
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        statement = select(Schedule).where(Schedule.engagement_id == engagement.id)
        if kind is not None:
            statement = statement.where(Schedule.kind == kind)
        rows, next_cursor = page.read(session, statement, Schedule.id)
    return Listing(items=[ScheduleSummary.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/schedules/{schedule_id}", responses=refusals(404))
def show_schedule(schedule_id: UUID, deps: Deps, caller: CallerDep) -> ScheduleView:
    """Return one schedule with its open items."""
    with deps.store.read() as session:
        return ScheduleView.model_validate(of_firm(session, Schedule, caller.firm_id, schedule_id))
