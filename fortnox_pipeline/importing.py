"""Asking for an import from the command line, and following it; the workers of the installation do the reading."""

from __future__ import annotations

import time
from typing import BinaryIO
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn
from sqlalchemy.exc import DBAPIError

from services.gateway import commands
from services.gateway.schemas.imports import FINAL_STATES, ImportView
from shared.clock import Clock
from shared.errors import Rejected
from shared.store.database import Store
from shared.store.engagements import Engagement
from shared.store.imports import Import

OPERATOR = "operator"
POLL_S = 0.2
STAGES = {
    "company": "company and years",
    "registers": "voucher numbers",
    "ledger": "vouchers",
    "settings": "series and settings",
    "proof": "proof",
}


def start_import(
    store: Store,
    clock: Clock,
    engagement_id: UUID,
    *,
    file: BinaryIO | None = None,
    name: str = "",
    years: int | None = None,
) -> UUID:
    """Ask for an import over the API, or of a file; raises Rejected for what the HTTP API refuses too."""
    now = clock.now()
    try:
        with store.write() as session:
            engagement = session.get(Engagement, engagement_id)
            if engagement is None:
                raise Rejected("not-found", f"there is no engagement {engagement_id}")
            if file is not None:
                return commands.import_file(
                    session, engagement.firm_id, engagement_id, file, name, by=OPERATOR, now=now, lane="interactive"
                )
            commands.connected_engagement(session, engagement.firm_id, engagement_id)
            return commands.add_import(session, engagement, by=OPERATOR, now=now, lane="interactive", years=years).id
    except DBAPIError as error:
        reason = f"{type(error.orig).__name__}; has `fortnox-pipeline db upgrade` been run?"
        raise Rejected("database-unusable", reason) from None


def show(store: Store, import_id: UUID) -> ImportView:
    with store.read() as session:
        return ImportView.model_validate(session.get_one(Import, import_id))


def follow(store: Store, import_id: UUID, console: Console) -> ImportView:
    """Show the import's progress in one line until it ends, or waits for what only a person can do."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        line = progress.add_task("queued", total=1.0)
        while True:
            view = show(store, import_id)
            progress.update(line, description=_said(view), completed=view.share_done)
            if view.state in FINAL_STATES or waits_for_a_person(view):
                return view
            time.sleep(POLL_S)


def print_import(console: Console, view: ImportView) -> None:
    """Print one line, and below it what failed or is missing."""
    console.print(f"Import {view.id}: [bold]{view.state}[/]", soft_wrap=True)
    if view.counts:
        console.print(", ".join(f"{count} {name}" for name, count in view.counts.items()), soft_wrap=True)
    if view.reason_code:
        console.print(f"[red]{view.reason_code}[/]: {escape(view.reason or '')}", soft_wrap=True)
    for check in view.completeness:
        if not check.holds:
            mark = "[red]✗[/]" if check.required else "[yellow]·[/]"
            console.print(f"{mark} {check.check}: {escape(check.detail)}", soft_wrap=True)


def waits_for_a_person(view: ImportView) -> bool:
    return view.state == "waiting" and view.waiting_until is None


def _said(view: ImportView) -> str:
    if view.state == "running" and view.stage is not None:
        counts = view.counts
        read = f", {counts['vouchers']} vouchers, {counts['rows']} rows" if counts.get("rows") else ""
        return f"reading {STAGES.get(view.stage, view.stage)}{read}"
    return f"{view.state}: {view.reason_code}" if view.reason_code else view.state
