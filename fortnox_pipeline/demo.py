"""The main job once, start to end, as an upstream system and an accountant would go through it.

Everything goes over real HTTP: the closing program's calls to the gateway, the browser's trip to the (sandbox's)
Fortnox and back, and the workers' calls to Fortnox.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from fortnox_pipeline.closing_program import ClosingProgram, adjustment_between, year_end_adjustments
from fortnox_pipeline.demo_report import print_report
from fortnox_pipeline.embedded import embedded_settings, free_port, running
from fortnox_pipeline.firms import create_key
from services.sandbox.company import Company
from services.sandbox.generator import generate
from services.sandbox.server import SandboxServer
from services.sandbox.sie_company import SieTruth, company_from_sie
from services.sandbox.spec import CompanySpec
from services.sandbox.state import SandboxState
from services.sandbox.truth import Truth

CAUSES = frozenset({"D01", "D02", "D05", "D07"})


@dataclass
class Outcome:
    """What the demo saw, for the table at its end."""

    company: Company
    truth: Truth | SieTruth
    the_import: dict[str, Any] = field(default_factory=dict)
    trial_balance: dict[str, Any] = field(default_factory=dict)
    schedules: list[dict[str, Any]] = field(default_factory=list)
    adjustments: list[dict[str, Any]] = field(default_factory=list)
    export: dict[str, Any] = field(default_factory=dict)
    requests: int = 0

    @property
    def year_end(self) -> date:
        """The end of the year before the running one; of a SIE file the end of its own year."""
        ends = [year.to_date for year in self.company.years_by_date()]
        return ends[-1] if isinstance(self.truth, SieTruth) else ends[-2]


def run_demo(console: Console, *, seed: int, company_file: Path | None, folder: Path | None) -> bool:
    """Run the demo and print its table; return whether everything came out as it should."""
    outcome = Outcome(*_company(seed, company_file))
    state = SandboxState(auto_approve=True)
    state.add_company(outcome.company, outcome.truth)
    with (
        _data_folder(folder) as data_dir,
        SandboxServer(state) as sandbox,
        running(embedded_settings(free_port(), sandbox.url, data_dir=data_dir)) as pipeline,
        _steps(console) as step,
    ):
        key = create_key(pipeline.parts.store, pipeline.parts.clock, firm_name="Demobyrån AB", key_name="demo").key
        with httpx.Client(base_url=pipeline.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as api:
            _run_job(ClosingProgram(api), outcome, step)
        outcome.requests = len([entry for entry in state.journal.entries() if entry["path"].startswith("/3/")])
    return print_report(console, outcome)


def _run_job(closing: ClosingProgram, outcome: Outcome, step: Callable[[str], None]) -> None:
    company, year_end = outcome.company, outcome.year_end
    step("Connecting to Fortnox")
    closing.connect(company.organisation_number, company.name, year_end)
    step("Importing the ledger")
    outcome.the_import = closing.finished_import()
    outcome.trial_balance = closing.trial_balance(year_end)
    step("Building the schedules")
    outcome.schedules = closing.built_schedules()
    step("Exporting the year-end adjustments")
    outcome.adjustments = _adjustments(company, year_end)
    outcome.export = closing.exported(outcome.adjustments, _series(company, year_end))


def _company(seed: int, company_file: Path | None) -> tuple[Company, Truth | SieTruth]:
    if company_file is not None:
        return company_from_sie(company_file, database_number=500_001)
    return generate(CompanySpec(seed=seed, causes=CAUSES))


def _series(company: Company, year_end: date) -> dict[str, str]:
    """Pick A for the user's and I (Bokslut) for the program's vouchers, or what may be posted to instead."""
    year = company.year_of(year_end)
    manual = sorted(code for (id_, code), series in company.series.items() if year and id_ == year.id and series.manual)
    first = "A" if "A" in manual or not manual else manual[0]
    return {"V": first, "S": "I" if "I" in manual else first}


def _adjustments(company: Company, year_end: date) -> list[dict[str, Any]]:
    """Take the adjustments whose accounts the company has; a small company gets one between two it does have."""
    year = company.year_of(year_end)
    active = sorted(n for (id_, n), account in company.accounts.items() if year and id_ == year.id and account.active)
    fitting = [
        adjustment
        for adjustment in year_end_adjustments(year_end)
        if all(int(row["account"]) in active for row in adjustment["rows"])
    ]
    return fitting or [adjustment_between(active[0], active[-1], year_end)]


@contextmanager
def _data_folder(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="fortnox-pipeline-") as name:
        yield Path(name)


@contextmanager
def _steps(console: Console) -> Iterator[Callable[[str], None]]:
    """Show a line per step; the current one moves, the ones before are ticked off."""
    columns = (
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description:<36}"),
        BarColumn(bar_width=24),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        current = None

        def step(name: str) -> None:
            nonlocal current
            if current is not None:
                progress.update(current, total=1, completed=1)
            current = progress.add_task(name, total=None)

        yield step
        if current is not None:
            progress.update(current, total=1, completed=1)
