from __future__ import annotations

from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from services.gateway import commands
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.idempotency import CommandDep
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, made, refusals
from services.gateway.schedule_changes import changes_of
from services.gateway.schemas.base import Listing
from services.gateway.schemas.schedule_requests import NewSchedules
from services.gateway.schemas.schedules import ChangesView, SchedulesAccepted, ScheduleSummary, ScheduleView
from shared.schedules.content import Kind
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.schedules import Schedule

router = keyed_router("schedules")


@router.post("/engagements/{engagement_id}/schedules", status_code=202, responses=made(202, 404, 409))
def build_schedules(
    engagement_id: UUID, body: NewSchedules, deps: Deps, caller: CallerDep, command: CommandDep, response: Response
) -> SchedulesAccepted:
    """Build the schedules of receivables and payables at a balance date, as known now or at an earlier time."""
    event_id = command.once(
        body, lambda session: commands.request_schedules(session, deps, caller, engagement_id, body)
    )
    asked = {"kind": body.kind, "balance_date": body.balance_date}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    response.headers["Location"] = f"/v1/engagements/{engagement_id}/schedules{'?' if query else ''}{query}"
    return SchedulesAccepted(event_id=event_id, state="queued")


@router.get("/engagements/{engagement_id}/schedules", responses=refusals(404))
def list_schedules(
    engagement_id: UUID,
    deps: Deps,
    caller: CallerDep,
    page: Page,
    kind: Kind | None = None,
    balance_date: date | None = None,
) -> Listing[ScheduleSummary]:
    """Return every version of the engagement's schedules, newest first."""
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        statement = (
            select(Schedule).where(Schedule.engagement_id == engagement.id).options(selectinload(Schedule.sign_offs))
        )
        if kind is not None:
            statement = statement.where(Schedule.kind == kind)
        if balance_date is not None:
            statement = statement.where(Schedule.balance_date == balance_date)
        rows, next_cursor = page.read(session, statement, Schedule.id)
    return Listing(items=[ScheduleSummary.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/schedules/{schedule_id}", responses=refusals(404))
def show_schedule(schedule_id: UUID, deps: Deps, caller: CallerDep) -> ScheduleView:
    """Return all that one schedule says."""
    with deps.store.read() as session:
        return ScheduleView.model_validate(of_firm(session, Schedule, caller.firm_id, schedule_id))


@router.get("/schedules/{schedule_id}/changes", responses=refusals(404, 409))
def show_changes(schedule_id: UUID, deps: Deps, caller: CallerDep) -> ChangesView:
    """Return what is known now otherwise than this schedule says: as signed beside as known now."""
    with deps.store.read() as session:
        return changes_of(session, of_firm(session, Schedule, caller.firm_id, schedule_id))
