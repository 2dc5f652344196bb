from __future__ import annotations

from uuid import UUID

from fastapi import Response

from services.gateway import commands, export_views
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.idempotency import CommandDep
from services.gateway.routes.router import keyed_router, made, refusals
from services.gateway.schemas.base import RunStarted
from services.gateway.schemas.exports import ExportPreview, ExportView, NewExport, SeriesList, SeriesView
from shared.adjustments.facts import year_ending
from shared.adjustments.plan import chosen_adjustments
from shared.errors import Rejected
from shared.store.adjustments import Export
from shared.store.database import of_firm

router = keyed_router("exports")


@router.get("/engagements/{engagement_id}/voucher-series", responses=refusals(404, 409, 502, 503))
def list_voucher_series(engagement_id: UUID, deps: Deps, caller: CallerDep) -> SeriesList:
    """Ask Fortnox for the voucher series of the engagement's year, for the user to pick from."""
    with deps.store.read() as session:
        engagement = commands.connected_engagement(session, caller.firm_id, engagement_id)
    with deps.access.open(engagement.id, "interactive", renew=False) as fortnox:
        year = year_ending(fortnox, engagement.year_end)
        if year is None:
            raise Rejected("year-missing", f"no financial year in Fortnox ends on {engagement.year_end}")
        return SeriesList(items=[SeriesView.model_validate(series) for series in fortnox.voucher_series(year.id)])


@router.post("/engagements/{engagement_id}/exports/preview", responses=refusals(400, 404, 409, 413, 502, 503))
def preview_export(engagement_id: UUID, body: NewExport, deps: Deps, caller: CallerDep) -> ExportPreview:
    """Show what an export would send, as Fortnox will show it, and what speaks against each voucher."""
    series = body.series_by_kind()
    with deps.store.read() as session:
        engagement = commands.connected_engagement(session, caller.firm_id, engagement_id)
        chosen = chosen_adjustments(session, engagement, series, body.adjustments)
    return export_views.preview_of(deps, engagement, chosen, series)


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


@router.get("/exports/{export_id}", responses=refusals(404))
def show_export(export_id: UUID, deps: Deps, caller: CallerDep) -> ExportView:
    """Return one export with the state of each of its vouchers."""
    with deps.store.read() as session:
        return export_views.view_of(of_firm(session, Export, caller.firm_id, export_id))
