"""The command line: `fortnox-pipeline`. Exit codes: 0 done, 1 failed, 2 usage."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape

from shared.errors import PipelineError, Rejected
from shared.observability.logging import configure_logging
from shared.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
db = typer.Typer(no_args_is_help=True, help="The database's schema.")
keys = typer.Typer(no_args_is_help=True, help="API keys of upstream systems, and the keys that seal tokens.")
firms = typer.Typer(no_args_is_help=True, help="The accounting firms.")
app.add_typer(db, name="db")
app.add_typer(keys, name="keys")
app.add_typer(firms, name="firms")

out = Console()
err = Console(stderr=True)


class Service(StrEnum):
    importer = "importer"
    scheduler = "scheduler"
    exporter = "exporter"


class LaneName(StrEnum):
    interactive = "interactive"
    bulk = "bulk"


class Switch(StrEnum):
    on = "on"
    off = "off"


def _production() -> Settings:
    settings = load_settings()
    configure_logging(json=settings.log_format == "json", level=settings.log_level)
    if settings.is_embedded:
        raise Rejected("settings-invalid", "BROKER_URL is not set; `fortnox-pipeline up` runs without a broker")
    return settings


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Seed of the generated company.")] = 2025,
    company_from: Annotated[Path | None, typer.Option(help="Use this SIE 4 file as the company.", exists=True)] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep the database in this folder.")] = None,
) -> None:
    """Run the main job once, start to end: connect, import, schedules, export."""
    from fortnox_pipeline.demo import run_demo

    configure_logging(json=False, level=os.environ.get("LOG_LEVEL", "error"))
    if not run_demo(out, seed=seed, company_file=company_from, folder=keep):
        raise typer.Exit(1)


@app.command()
def up(port: Annotated[int, typer.Option(help="Port of the gateway.")] = 8080) -> None:
    """Run everything in one process, with the sandbox where no Fortnox is configured."""
    from fortnox_pipeline.embedded import embedded_settings, running, sandbox_if_needed
    from fortnox_pipeline.processes import stop_signal
    from services.sandbox.__main__ import Options, build_state

    settings = load_settings()
    configure_logging(json=settings.log_format == "json", level=settings.log_level)
    with (
        stop_signal() as stop,
        sandbox_if_needed(settings, lambda: build_state(Options(companies=3))) as sandbox_url,
        running(embedded_settings(port, sandbox_url)) as pipeline,
    ):
        out.print(f"[bold]Pipeline[/]  {pipeline.url}   API description at {pipeline.url}/openapi.json")
        if sandbox_url:
            out.print(f"[bold]Sandbox[/]   {sandbox_url}   in place of Fortnox")
        out.print("Make a key with `fortnox-pipeline keys create --firm NAME`. Ctrl-C stops.")
        stop.wait()


@app.command()
def gateway() -> None:
    """Run the HTTP API."""
    from fortnox_pipeline.processes import run_gateway
    from fortnox_pipeline.wiring import build

    run_gateway(build(_production()))


@app.command()
def worker(
    service: Annotated[Service, typer.Argument(help="Which service's queue to work on.")],
    lane: Annotated[LaneName, typer.Option(help="The importer has a queue of its own for bulk work.")] = (
        LaneName.interactive
    ),
) -> None:
    """Run the worker of one service."""
    from fortnox_pipeline.processes import run_worker
    from fortnox_pipeline.wiring import build

    if lane is LaneName.bulk and service is not Service.importer:
        raise typer.BadParameter(f"{service.value} has no bulk lane", param_hint="--lane")
    run_worker(build(_production()), service.value, lane.value)


@app.command()
def relay() -> None:
    """Publish what is due in the outbox, and collect dead letters."""
    from fortnox_pipeline.processes import run_relay
    from fortnox_pipeline.wiring import build

    run_relay(build(_production()))


@app.command()
def sandbox(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8091,
    companies: Annotated[int, typer.Option(help="How many companies to generate.")] = 1,
    seed: int = 1,
    vouchers_per_year: int = 600,
    company_from: Annotated[list[Path] | None, typer.Option(help="Serve this SIE 4 file too.", exists=True)] = None,
    client_id: str = "sandbox-client",
    client_secret: str = "sandbox-secret",  # noqa: S107 - the documented default of a stand-in
    auto_approve: Annotated[bool, typer.Option(help="Consent without asking anybody.")] = False,
) -> None:
    """Run the stand-in for Fortnox."""
    from services.sandbox.__main__ import Options, run

    run(
        Options(
            host=host,
            port=port,
            companies=companies,
            seed=seed,
            vouchers_per_year=vouchers_per_year,
            company_files=company_from or [],
            client_id=client_id,
            client_secret=client_secret,
            auto_approve=auto_approve,
        )
    )


@app.command("import")
def import_ledger(
    engagement: Annotated[UUID, typer.Argument(help="Id of the engagement.")],
    sie: Annotated[Path | None, typer.Option(help="Import this SIE 4 file.", exists=True, dir_okay=False)] = None,
    years: Annotated[int | None, typer.Option(min=1, max=20, help="How many financial years in all.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait until the import ends.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the import as JSON.")] = False,
) -> None:
    """Ask for an import; with --follow, exit code 1 unless it is completed."""
    from fortnox_pipeline import importing
    from fortnox_pipeline.wiring import open_store
    from shared.clock import SystemClock

    if sie is not None and years is not None:
        raise typer.BadParameter("a file holds one year", param_hint="--years")
    store = open_store(load_settings())
    with sie.open("rb") if sie else nullcontext() as file:
        name = sie.name if sie else ""
        import_id = importing.start_import(store, SystemClock(), engagement, file=file, name=name, years=years)
    view = importing.follow(store, import_id, err) if follow else importing.show(store, import_id)
    if as_json:
        _print_json(view.model_dump(mode="json"))
    else:
        importing.print_import(out, view)
    if follow and view.state != "completed":
        raise typer.Exit(1)


@app.command("export")
def export_adjustments(
    engagement: Annotated[UUID, typer.Argument(help="Id of the engagement.")],
    series: Annotated[
        list[str] | None, typer.Option(help="A for all adjustments, or V=A and S=B, or A and S=B.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would become of each voucher.")] = False,
    undo: Annotated[UUID | None, typer.Option(help="Take back what this export has posted.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait until the export ends.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Send what is not transferred to Fortnox as vouchers, or take it back.

    With --follow, exit code 1 unless every voucher is posted; with --preview, unless every one can go.
    """
    from fortnox_pipeline import exporting
    from fortnox_pipeline.wiring import build, open_store
    from shared.clock import SystemClock

    if (undo is None) == (series is None):
        raise typer.BadParameter("say either --series or --undo", param_hint="--series")
    if preview and (undo or follow):
        raise typer.BadParameter("a preview sends nothing", param_hint="--preview")
    try:
        by_kind = exporting.series_by_kind(series or [])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--series") from None
    if preview:
        parts = build(load_settings())
        previewed = exporting.preview(parts.store, parts.access, engagement, by_kind)
        if as_json:
            _print_json(previewed.model_dump(mode="json"))
        else:
            exporting.print_preview(out, previewed)
        raise typer.Exit(1 if previewed.counts.refused else 0)
    store = open_store(load_settings())
    asked = (
        exporting.start_export(store, SystemClock(), engagement, by_kind)
        if undo is None
        else exporting.start_undo(store, SystemClock(), engagement, undo)
    )
    view = exporting.follow(store, asked, err) if follow else exporting.show(store, asked)
    if as_json:
        _print_json(view.model_dump(mode="json"))
    else:
        exporting.print_export(out, view)
    if follow and not exporting.is_done(view):
        raise typer.Exit(1)


@app.command("sie")
def show_sie(
    file: Annotated[typer.FileBinaryRead, typer.Argument(help="A SIE file of type 1 to 4; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, also when the file cannot be taken.")] = False,
) -> None:
    """Show what a SIE file holds and what is wrong with it; exit code 1 if it cannot be taken."""
    from fortnox_pipeline import sie_report
    from services.importer.sie import SieError, read_sie

    try:
        found = read_sie(sie_report.read_bytes(file))
    except SieError as refused:
        if not as_json:
            raise
        _print_json(sie_report.json_of_refusal(refused))
        raise typer.Exit(1) from None
    if as_json:
        _print_json(sie_report.json_of(found))
    else:
        sie_report.print_report(out, found)


@app.command()
def connections(
    expiring_within: Annotated[
        int | None, typer.Option(min=0, help="Only what ends within so many days, the soonest first.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the clients' connections to Fortnox, of all firms."""
    from fortnox_pipeline.connections import list_connections, table_of
    from fortnox_pipeline.wiring import open_store
    from shared.clock import SystemClock

    with closing(open_store(load_settings())) as store:
        lines = list_connections(store, SystemClock(), expiring_within_days=expiring_within)
    if as_json:
        sys.stdout.write(json.dumps([line.to_json() for line in lines], ensure_ascii=False) + "\n")
    elif lines:
        Console().print(table_of(lines))
    else:
        out.print("There are none." if expiring_within is None else f"None ends within {expiring_within} days.")


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema."""
    from fortnox_pipeline.wiring import open_store
    from shared.store.migrate import upgrade

    upgrade(open_store(load_settings()))
    out.print("The database is up to date.")


@db.command("check")
def db_check() -> None:
    """Tell whether the migrations lead to what the models say (on an empty database in memory)."""
    from shared.store.database import Store
    from shared.store.migrate import differences, upgrade

    store = Store("sqlite:///file:check?mode=memory&cache=shared&uri=true")
    with store.engine.connect():  # keeps the database in memory alive
        upgrade(store)
        found = differences(store)
    for difference in found:
        err.print(difference, style="red", markup=False)
    if found:
        raise typer.Exit(1)
    out.print("Models and migrations agree.")


@keys.command("create")
def keys_create(
    firm: Annotated[str, typer.Option(help="Name of the accounting firm; made if it does not exist.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "upstream",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make an API key; it is shown once."""
    from fortnox_pipeline.firms import create_key
    from fortnox_pipeline.wiring import open_store
    from shared.clock import SystemClock
    from shared.store.migrate import upgrade

    settings = load_settings()
    store = open_store(settings)
    if settings.is_embedded:
        upgrade(store)
    created = create_key(store, SystemClock(), firm_name=firm, key_name=name)
    if as_json:
        sys.stdout.write(json.dumps({"firm_id": str(created.firm_id), "key": created.key}) + "\n")
    else:
        out.print(f"Key for [bold]{firm}[/], shown once: [bold]{created.key}[/]", soft_wrap=True)


@keys.command("rotate-tokens")
def keys_rotate_tokens() -> None:
    """Seal every stored token with the first of the token keys; do so after all processes know it, and run it again.

    Nothing needs to stand still meanwhile. When no token is left under an old key, that key can be taken away.
    """
    from fortnox_pipeline.wiring import open_store, open_vault
    from shared.connections.resealing import reseal_tokens

    settings = load_settings()
    vault = open_vault(settings)
    with closing(open_store(settings)) as store:
        result = reseal_tokens(store, vault)
    out.print(f"{result.done} connections are now sealed with key {vault.current_key_id}.", markup=False)
    if result.unreadable:
        err.print(f"{result.unreadable} connections cannot be opened with any of the keys.", style="red")
        raise typer.Exit(1)


@firms.command("keep-alive")
def firms_keep_alive(
    firm: Annotated[str, typer.Argument(help="Name of the accounting firm.")],
    switch: Annotated[Switch, typer.Argument(help="Off is the default.")],
) -> None:
    """Renew the firm's connections before their 30 days run out, also when nobody works with them."""
    from fortnox_pipeline.firms import set_keep_alive
    from fortnox_pipeline.wiring import open_store
    from shared.clock import SystemClock

    with closing(open_store(load_settings())) as store:
        set_keep_alive(store, SystemClock(), firm_name=firm, on=switch is Switch.on)
    out.print(f"The connections of {firm} are kept alive: {switch.value}.", markup=False)


def _print_json(content: Any) -> None:
    """Print UTF-8 whatever the terminal's character set is, as JSON demands."""
    typer.echo(json.dumps(content, ensure_ascii=False).encode())


def main() -> None:
    """Run; a refusal is one clear line, not a traceback."""
    try:
        app()
    except PipelineError as error:
        err.print(f"[red]{error.code}[/]: {escape(error.reason)}", soft_wrap=True)
        sys.exit(1)
