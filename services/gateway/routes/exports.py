from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Body, Header, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway import commands, export_views, file_decisions, progress, series_dialog, voucher_decisions
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.idempotency import CommandDep
from services.gateway.paging import Page
from services.gateway.previews import preview_of
from services.gateway.routes.router import keyed_router, made, refusals, streamed
from services.gateway.schemas.base import Listing, RunStarted
from services.gateway.schemas.exports import (
    ExportedVoucher,
    ExportSummary,
    ExportView,
    NewDecision,
    NewExport,
    NewFileDecision,
    NewUndo,
)
from services.gateway.schemas.previews import ExportPreview, SeriesList
from shared.adjustments.plan import chosen_adjustments
from shared.store.adjustments import Export
from shared.store.database import of_firm
from shared.store.engagements import Engagement

router = keyed_router("exports")


@router.get("/engagements/{engagement_id}/voucher-series", responses=refusals(404, 409, 502, 503))
def list_voucher_series(engagement_id: UUID, deps: Deps, caller: CallerDep) -> SeriesList:
    """Ask Fortnox for the voucher series of the engagement's year, for the user to pick from."""
    with deps.store.read() as session:
        engagement = commands.connected_engagement(session, caller.firm_id, engagement_id)
        chosen = series_dialog.chosen_last(session, engagement)
    return series_dialog.series_of(deps, engagement, chosen)


@router.post("/engagements/{engagement_id}/exports/preview", responses=refusals(400, 404, 409, 413, 502, 503))
def preview_export(engagement_id: UUID, body: NewExport, deps: Deps, caller: CallerDep) -> ExportPreview:
    """Show what an export would send, as Fortnox will show it, and a verdict on each voucher; nothing is written."""
    series = body.series_by_kind()
    with deps.store.read() as session:
        engagement = commands.connected_engagement(session, caller.firm_id, engagement_id)
        chosen = chosen_adjustments(session, engagement, series, body.adjustments)
        organisation_number = engagement.client.organisation_number
    return preview_of(deps.access, engagement, organisation_number, chosen, series)


@router.post("/engagements/{engagement_id}/exports", status_code=202, responses=made(202, 404, 409))
def start_export(
    engagement_id: UUID, body: NewExport, deps: Deps, caller: CallerDep, command: CommandDep, response: Response
) -> RunStarted:
    """Send adjustments to Fortnox as vouchers; each ends posted, refused or needs-human, with a reason."""
    series = body.series_by_kind()
    export_id = command.once(
        body,
        lambda session: commands.start_export(session, deps, caller, engagement_id, series, body.adjustments),
    )
    response.headers["Location"] = f"/v1/exports/{export_id}"
    return RunStarted(id=export_id, state="queued")


@router.get("/engagements/{engagement_id}/exports", responses=refusals(404))
def list_exports(engagement_id: UUID, deps: Deps, caller: CallerDep, page: Page) -> Listing[ExportSummary]:
    """Return the engagement's exports and undos, newest first, with what has become of their vouchers in numbers."""
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        statement = select(Export).where(Export.engagement_id == engagement.id)
        rows, next_cursor = page.read(session, statement, Export.id)
        return Listing(items=export_views.summaries_of(session, rows), next_cursor=next_cursor)


@router.get("/exports/{export_id}", responses=refusals(404))
def show_export(export_id: UUID, deps: Deps, caller: CallerDep) -> ExportView:
    """Return one export with the state of each of its vouchers and files."""
    with deps.store.read() as session:
        return export_views.view_of(session, caller.firm_id, export_id)


@router.get("/exports/{export_id}/progress", response_class=StreamingResponse, responses=streamed(404, 503))
def follow_export(
    export_id: UUID,
    request: Request,
    deps: Deps,
    caller: CallerDep,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> Response:
    """Send the export in numbers as server-sent events, `progress` at every change and `done` at the end."""

    def read(session: Session) -> ExportSummary:
        return export_views.summary_of(session, caller.firm_id, export_id)

    return progress.stream(request.app.state.streams, deps, caller.firm_id, read, last_event_id)


@router.post("/exports/{export_id}/undo", status_code=202, responses=made(202, 404, 409))
def undo_export(
    export_id: UUID,
    deps: Deps,
    caller: CallerDep,
    command: CommandDep,
    response: Response,
    body: Annotated[NewUndo, Body()] = NewUndo(),  # noqa: B008 - frozen
) -> RunStarted:
    """Take back what the export has posted, with a reversing voucher for each; the undo is an export of its own."""
    undo_id = command.once(
        body, lambda session: commands.start_undo(session, deps, caller, export_id, body.adjustments)
    )
    response.headers["Location"] = f"/v1/exports/{undo_id}"
    return RunStarted(id=undo_id, state="queued")


@router.post("/exports/{export_id}/vouchers/{voucher_id}/decision", responses=refusals(400, 404, 409, 413, 502, 503))
def decide_voucher(
    export_id: UUID, voucher_id: UUID, body: NewDecision, deps: Deps, caller: CallerDep
) -> ExportedVoucher:
    """Settle a voucher that needs a human, or one that an import found missing, by what was seen in Fortnox.

    A voucher that is said to be posted is looked up there first; its files then follow.
    """
    with deps.store.read() as session:
        voucher = voucher_decisions.open_question(session, caller, export_id, voucher_id, body.outcome)
        export = session.get_one(Export, export_id)
        engagement = session.get_one(Engagement, export.engagement_id)
    seen = voucher_decisions.look(deps, engagement, voucher, body)
    with deps.store.write() as session:
        voucher = voucher_decisions.open_question(session, caller, export_id, voucher_id, body.outcome, lock=True)
        voucher_decisions.decide(session, caller, voucher, seen, body.name or caller.name, deps.clock.now())
        return export_views.exported(voucher)


@router.post(
    "/exports/{export_id}/vouchers/{voucher_id}/files/{file_id}/decision", responses=refusals(400, 404, 409, 413)
)
def decide_file(
    export_id: UUID, voucher_id: UUID, file_id: UUID, body: NewFileDecision, deps: Deps, caller: CallerDep
) -> ExportedVoucher:
    """Settle a file that needs a human, or send one again that was refused, once its voucher stands in Fortnox.

    What is sent again is looked for first: the export goes on until the file has an outcome.
    """
    with deps.store.write() as session:
        voucher = file_decisions.decide(session, caller, export_id, voucher_id, file_id, body, deps.clock.now())
        return export_views.exported(voucher)
