from __future__ import annotations

from uuid import UUID

from fastapi import Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from services.gateway import commands, progress
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.idempotency import CommandDep
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router, made, refusals
from services.gateway.schemas.base import Listing, RunStarted
from services.gateway.schemas.imports import ImportView, NewImport
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.imports import Import

router = keyed_router("imports")


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
        body, lambda session: commands.start_import(session, deps, caller, engagement_id, body.lane)
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


@router.get(
    "/imports/{import_id}/progress",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}, **refusals(404)},
)
def follow_import(import_id: UUID, deps: Deps, caller: CallerDep) -> StreamingResponse:
    """Send the import as server-sent events, `progress` at every change and `done` at the end."""
    with deps.store.read() as session:
        of_firm(session, Import, caller.firm_id, import_id)
    return progress.stream(deps.store, caller.firm_id, import_id)


@router.post("/imports/{import_id}/cancel", responses=refusals(404, 409))
def cancel_import(import_id: UUID, deps: Deps, caller: CallerDep) -> ImportView:
    """End an import that is not over; what it has read is taken back."""
    with deps.store.write() as session:
        return ImportView.model_validate(commands.cancel_import(session, deps, caller, import_id))
