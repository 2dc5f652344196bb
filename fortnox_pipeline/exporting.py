"""Asking for an export, its preview or its undo from the command line; the workers of the installation do the sending."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from fortnox_pipeline.importing import OPERATOR, POLL_S
from services.gateway import commands, export_views
from services.gateway.previews import preview_of
from services.gateway.schemas.exports import FINAL_STATES, ExportSummary, ExportView
from services.gateway.schemas.previews import ExportPreview
from shared.adjustments.plan import KINDS, chosen_adjustments
from shared.clock import Clock
from shared.connections.access import FortnoxAccess
from shared.errors import Rejected
from shared.store.adjustments import Export
from shared.store.database import Store
from shared.store.engagements import Engagement

COLOURS = {"posted": "green", "reversed": "dim", "refused": "red", "needs-human": "yellow"}
VERDICTS = {"ready": "green", "refused": "red", "already_there": "yellow"}


class Asked(NamedTuple):
    """A run that was asked for, and whose it is."""

    export_id: UUID
    firm_id: UUID


def series_by_kind(told: Sequence[str]) -> dict[str, str]:
    """Read `A` for all, or `V=A` and `S=B`; what names its kind goes before. Raises ValueError for anything else."""
    by_kind: dict[str, str] = {}
    for each in sorted(told, key=lambda text: "=" in text):
        kind, named, code = each.partition("=")
        if not named:
            kind, code = "", each
        if not code or kind not in ("", *KINDS):
            raise ValueError(f"{each}: say A for all, or V=A and S=B")
        by_kind |= dict.fromkeys([kind] if kind else KINDS, code)
    return by_kind


def start_export(store: Store, clock: Clock, engagement_id: UUID, series: Mapping[str, str]) -> Asked:
    """Ask for an export of all that is not transferred; raises Rejected for what the HTTP API refuses too."""
    try:
        with store.write() as session:
            engagement = _engagement(session, engagement_id)
            export = commands.add_export(session, engagement, series, None, by=OPERATOR, now=clock.now())
            return Asked(export.id, engagement.firm_id)
    except DBAPIError as error:
        raise _unusable(error) from None


def start_undo(store: Store, clock: Clock, engagement_id: UUID, export_id: UUID) -> Asked:
    """Ask that all is taken back that the export has posted; raises Rejected for what the HTTP API refuses too."""
    try:
        with store.write() as session:
            engagement = _engagement(session, engagement_id)
            export = session.get(Export, export_id)
            if export is None or export.engagement_id != engagement.id:
                raise Rejected("not-found", f"the engagement has no export {export_id}")
            undo = commands.add_undo(session, engagement, export, None, by=OPERATOR, now=clock.now())
            return Asked(undo.id, engagement.firm_id)
    except DBAPIError as error:
        raise _unusable(error) from None


def preview(store: Store, access: FortnoxAccess, engagement_id: UUID, series: Mapping[str, str]) -> ExportPreview:
    """Return the verdicts of an export that is not started; raises Rejected for what the HTTP API refuses too."""
    try:
        with store.read() as session:
            engagement = _engagement(session, engagement_id)
            chosen = chosen_adjustments(session, engagement, series, None)
            organisation_number = engagement.client.organisation_number
    except DBAPIError as error:
        raise _unusable(error) from None
    return preview_of(access, engagement, organisation_number, chosen, series)


def show(store: Store, asked: Asked) -> ExportView:
    with store.read() as session:
        return export_views.view_of(session, asked.firm_id, asked.export_id)


def follow(store: Store, asked: Asked, console: Console) -> ExportView:
    """Show the export's progress in one line until it ends, or waits for what only a person can do."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        line = progress.add_task("queued", total=1.0)
        while True:
            with store.read() as session:
                summary = export_views.summary_of(session, asked.firm_id, asked.export_id)
            progress.update(line, description=_said(summary), completed=summary.share_done)
            if summary.state in FINAL_STATES or (summary.state == "waiting" and summary.waiting_until is None):
                return show(store, asked)
            time.sleep(POLL_S)


def is_done(view: ExportView) -> bool:
    """Say whether every voucher and every file of the export is where it should be."""
    vouchers_done = set(view.vouchers_by_state) <= {"posted", "reversed"}
    return view.state == "completed" and vouchers_done and set(view.files_by_state) <= {"connected"}


def print_export(console: Console, view: ExportView) -> None:
    """Print one line for the run, one for each voucher, and below it what became of a file that is not connected."""
    what = "Undo" if view.undoes_id else "Export"
    console.print(f"{what} {view.id}: [bold]{view.state}[/]", soft_wrap=True)
    if view.reason_code:
        console.print(f"[red]{view.reason_code}[/]: {escape(view.reason or '')}", soft_wrap=True)
    for voucher in view.vouchers:
        number = voucher.fortnox_number or ""
        colour = COLOURS.get(voucher.state, "default")
        why = f"  {voucher.reason_code}: {escape(voucher.reason or '')}" if voucher.reason_code else ""
        name = f"{voucher.kind}{voucher.number}"
        console.print(f"{name}  [{colour}]{voucher.state}[/]  {escape(voucher.series)} {number}{why}", soft_wrap=True)
        for file in voucher.files:
            if file.reason_code:
                console.print(f"   {escape(file.name)}: {file.state}, {escape(file.reason or '')}", soft_wrap=True)


def print_preview(console: Console, previewed: ExportPreview) -> None:
    """Print a line for each voucher with its text as it arrives, each fault below it, and the counts."""
    for voucher in previewed.vouchers:
        there = f" as {voucher.found.series} {voucher.found.number}" if voucher.found else ""
        verdict = f"[{VERDICTS[voucher.verdict]}]{voucher.verdict.replace('_', ' ')}[/]{escape(there)}"
        name = f"{voucher.kind}{voucher.number}"
        said = f"{name}  {voucher.date}  {escape(voucher.series)}  {escape(voucher.text)}  {verdict}"
        console.print(said, soft_wrap=True, highlight=False)
        for fault in voucher.faults:
            console.print(f"   [red]{fault.code}[/]: {escape(fault.reason)}", soft_wrap=True)
    counts = previewed.counts
    console.print(f"{counts.ready} ready, {counts.refused} refused, {counts.already_there} already there")


def _engagement(session: Session, engagement_id: UUID) -> Engagement:
    engagement = session.get(Engagement, engagement_id)
    if engagement is None:
        raise Rejected("not-found", f"there is no engagement {engagement_id}")
    return commands.connected_engagement(session, engagement.firm_id, engagement_id)


def _said(summary: ExportSummary) -> str:
    if summary.state == "running":
        return ", ".join(f"{count} {state}" for state, count in summary.vouchers_by_state.items())
    return f"{summary.state}: {summary.reason_code}" if summary.reason_code else summary.state


def _unusable(error: DBAPIError) -> Rejected:
    return Rejected("database-unusable", f"{type(error.orig).__name__}; has `fortnox-pipeline db upgrade` been run?")
