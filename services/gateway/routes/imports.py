from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from services.gateway import commands, progress, uploads
from services.gateway.auth import Caller, CallerDep
from services.gateway.deps import Deps, GatewayDeps
from services.gateway.differences import VOUCHERS_PER_PAGE, differences_of
from services.gateway.idempotency import CommandDep
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, made, refusals, streamed
from services.gateway.schemas.base import Listing, RunStarted
from services.gateway.schemas.differences import DifferencesView
from services.gateway.schemas.imports import ImportView, NewImport
from services.gateway.uploads import ReceivedFile, received_file
from shared.messaging.events import Lane
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.imports import Import

router = keyed_router("imports")

Compare = Annotated[
    bool, Query(description="For an engagement on Fortnox: read the file to compare it, before changing to files.")
]


@router.post("/engagements/{engagement_id}/imports", status_code=202, responses=made(202, 404, 409))
def start_import(
    engagement_id: UUID,
    body: NewImport,
    deps: Deps,
    caller: CallerDep,
    command: CommandDep,
    response: Response,
) -> RunStarted:
    """Read the ledger of the engagement from Fortnox; while the connection is lost the import waits for a new one."""
    import_id = command.once(
        body, lambda session: commands.start_import(session, deps, caller, engagement_id, body.lane, body.years)
    )
    response.headers["Location"] = f"/v1/imports/{import_id}"
    return RunStarted(id=import_id, state="queued")


async def _file_for(
    engagement_id: UUID, request: Request, deps: Deps, caller: CallerDep, compare: Compare = False
) -> AsyncIterator[ReceivedFile]:
    """Take the file, once it is sure that the engagement wants it: it may have a hundred megabytes."""
    await run_in_threadpool(_require_place, deps, caller, engagement_id, compare)
    async with received_file(request) as file:
        yield file


@router.post(
    "/engagements/{engagement_id}/imports/sie",
    status_code=202,
    openapi_extra=uploads.REQUEST_BODY,
    responses=made(202, 404, 409, 415),
)
def import_sie_file(
    engagement_id: UUID,
    file: Annotated[ReceivedFile, Depends(_file_for)],
    deps: Deps,
    caller: CallerDep,
    command: CommandDep,
    response: Response,
    compare: Compare = False,
    lane: Lane = "interactive",
) -> RunStarted:
    """Read a SIE 4 file of at most 100 MB as the ledger of its year: the engagement's year first, then those before it.

    The import says what became of it; when the file is not taken, the last good import stays.
    """
    import_id = command.once(
        file.fingerprint(compare=str(compare), lane=lane),
        lambda session: commands.import_file(
            session,
            caller.firm_id,
            engagement_id,
            file.file,
            file.name,
            by=caller.name,
            now=deps.clock.now(),
            lane=lane,
            compare=compare,
        ),
    )
    response.headers["Location"] = f"/v1/imports/{import_id}"
    return RunStarted(id=import_id, state="queued")


@router.get("/engagements/{engagement_id}/imports", responses=refusals(404))
def list_imports(engagement_id: UUID, deps: Deps, caller: CallerDep, page: Page) -> Listing[ImportView]:
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        statement = select(Import).where(Import.engagement_id == engagement.id)
        rows, next_cursor = page.read(session, statement, Import.id)
    return Listing(items=[ImportView.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/imports/{import_id}", responses=refusals(404))
def show_import(import_id: UUID, deps: Deps, caller: CallerDep) -> ImportView:
    with deps.store.read() as session:
        return ImportView.model_validate(of_firm(session, Import, caller.firm_id, import_id))


@router.get("/imports/{import_id}/differences", responses=refusals(404, 409))
def show_differences(
    import_id: UUID,
    deps: Deps,
    caller: CallerDep,
    cursor: Annotated[str | None, Query(max_length=10, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Vouchers per page.")] = VOUCHERS_PER_PAGE,
) -> DifferencesView:
    """Return what the import changed in the ledger, or would change, account by account and voucher by voucher."""
    with deps.store.read() as session:
        run = of_firm(session, Import, caller.firm_id, import_id)
        return differences_of(session, run, cursor=cursor, limit=limit)


@router.get(
    "/imports/{import_id}/progress",
    response_class=StreamingResponse,
    responses=streamed(404, 503),
)
def follow_import(
    import_id: UUID,
    request: Request,
    deps: Deps,
    caller: CallerDep,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> Response:
    """Send the import as server-sent events, `progress` at every change and `done` at the end."""

    def read(session: Session) -> ImportView:
        return ImportView.model_validate(of_firm(session, Import, caller.firm_id, import_id))

    return progress.stream(request.app.state.streams, deps, caller.firm_id, read, last_event_id)


@router.post("/imports/{import_id}/cancel", responses=refusals(404, 409))
def cancel_import(import_id: UUID, deps: Deps, caller: CallerDep) -> ImportView:
    """End an import that is not over; what it has read is taken back."""
    with deps.store.write() as session:
        return ImportView.model_validate(commands.cancel_import(session, deps, caller, import_id))


def _require_place(deps: GatewayDeps, caller: Caller, engagement_id: UUID, compare: bool) -> None:
    with deps.store.read() as session:
        commands.upload_engagement(session, caller.firm_id, engagement_id, compare=compare)
