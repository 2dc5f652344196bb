"""The embedded default: one process, SQLite, an in-process broker; a kill loses nothing here either."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from fortnox_pipeline.closing_program import ClosingProgram
from services.sandbox.faults import FaultRule
from services.sandbox.generator import generate
from services.sandbox.server import SandboxServer
from services.sandbox.spec import CompanySpec
from services.sandbox.state import SandboxState
from tests.deployment import Deployment, Process, embedded
from tests.waiting import wait_for

YEAR_END = date(2025, 12, 31)
COMPANY, TRUTH = generate(
    CompanySpec(seed=3, vouchers_per_year=80, invoices_per_year=20, supplier_invoices_per_year=20)
)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    state = SandboxState(auto_approve=True)
    state.add_company(COMPANY, TRUTH)
    with SandboxServer(state) as server:
        yield server


@pytest.fixture
def deployment(sandbox: SandboxServer, tmp_path: Path) -> Iterator[Deployment]:
    settings = {"FORTNOX_API_URL": sandbox.url, "FORTNOX_AUTH_URL": f"{sandbox.url}/oauth-v1"}
    with embedded(tmp_path, settings=settings) as running:
        yield running


@pytest.fixture
def process(deployment: Deployment) -> Process:
    return deployment.processes["gateway"]


def years_read(api: httpx.Client) -> int:
    [engagement] = api.get("/v1/engagements").json()["items"]
    [run] = api.get(f"/v1/engagements/{engagement['id']}/imports").json()["items"]
    years: int = run["counts"].get("years", 0)
    return years


def test_an_import_that_is_killed_half_way_goes_on_after_a_restart_and_asks_for_no_year_twice(
    deployment: Deployment, process: Process, sandbox: SandboxServer
) -> None:
    # The second year's file is asked for while the first one is stored, and hangs; the first year is committed; in that
    # moment the process is killed with the slice's event in its memory alone.
    hang = FaultRule("latency", path="/3/sie/4", nth=2, seconds=30)
    sandbox.state.faults.add(hang)
    with deployment.api() as api:
        closing = ClosingProgram(api)
        closing.connect(COMPANY.organisation_number, COMPANY.name, YEAR_END)
        wait_for(lambda: hang.hits == 1, what="the second year's call")
        wait_for(lambda: years_read(api) == 1, what="the first year in the database")
        process.send(signal.SIGKILL)
        process.start()
        process.wait_ready()
        run = closing.finished_import()
    assert run["state"] == "completed", run
    assert hang.seen == 4  # three years, and the one whose answer the kill cut off


def test_a_stopped_process_ends_with_exit_code_zero(process: Process) -> None:
    assert process.send(signal.SIGTERM) == 0, process.log.read_text()[-3000:]
    assert "Traceback" not in process.log.read_text()
