from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from services.gateway import adjustment_files
from services.gateway.adjustment_status import adjustment_of
from services.gateway.adjustment_views import file_view_of
from services.gateway.auth import Caller, CallerDep
from services.gateway.deps import Deps, GatewayDeps
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.adjustments import FileList, FileView
from services.gateway.uploads import FORM, PART, ReceivedFile, received_file

router = keyed_router("adjustments")

FILES = "/engagements/{engagement_id}/adjustments/{adjustment_id}/files"
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": [PART],
                    "properties": {PART: {"type": "string", "format": "binary"}},
                    "examples": [{PART: "%PDF-1.7…"}],
                }
            }
        },
    }
}


async def _file_for(
    engagement_id: UUID, adjustment_id: UUID, request: Request, deps: Deps, caller: CallerDep
) -> AsyncIterator[ReceivedFile]:
    """Take the file, once it is sure that the adjustment takes any."""
    await run_in_threadpool(_require_place, deps, caller, engagement_id, adjustment_id)
    async with received_file(request) as file:
        yield file


@router.post(
    FILES,
    status_code=201,
    openapi_extra=REQUEST_BODY,
    responses={
        200: {"model": FileView, "description": "It has this file already."},
        **refusals(400, 404, 409, 413, 415),
    },
)
def add_adjustment_file(
    engagement_id: UUID,
    adjustment_id: UUID,
    file: Annotated[ReceivedFile, Depends(_file_for)],
    deps: Deps,
    caller: CallerDep,
    response: Response,
) -> FileView:
    """Keep a document with the adjustment, at most 12 of 10 MB each, as the part `file` of a form.

    It goes to Fortnox with the voucher.
    """
    with deps.store.write() as session:
        added = adjustment_files.add(session, caller, engagement_id, adjustment_id, file, deps.clock.now())
        response.status_code = 201 if added.is_new else 200
        return file_view_of(added.file)


@router.get(FILES, responses=refusals(404))
def list_adjustment_files(engagement_id: UUID, adjustment_id: UUID, deps: Deps, caller: CallerDep) -> FileList:
    with deps.store.read() as session:
        adjustment = adjustment_of(session, caller, engagement_id, adjustment_id)
        return FileList(items=[file_view_of(file) for file in adjustment.files])


@router.delete(FILES + "/{file_id}", status_code=204, responses=refusals(404, 409))
def remove_adjustment_file(
    engagement_id: UUID, adjustment_id: UUID, file_id: UUID, deps: Deps, caller: CallerDep
) -> None:
    """Forget a document that has not been on its way to Fortnox."""
    with deps.store.write() as session:
        adjustment_files.remove(session, caller, engagement_id, adjustment_id, file_id, deps.clock.now())


def _require_place(deps: GatewayDeps, caller: Caller, engagement_id: UUID, adjustment_id: UUID) -> None:
    with deps.store.read() as session:
        adjustment_files.require_place(session, caller, engagement_id, adjustment_id)
