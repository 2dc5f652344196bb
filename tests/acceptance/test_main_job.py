"""The main job in production form: PostgreSQL, RabbitMQ, and one process per service."""

from __future__ import annotations

import signal
from datetime import date

import httpx

from fortnox_pipeline.closing_program import ClosingProgram, year_end_adjustments
from services.sandbox.generator import generate
from services.sandbox.spec import CompanySpec
from shared.money import ore_from
from tests.deployment import Deployment

YEAR_END = date(2025, 12, 31)


def test_connect_import_schedules_and_export_run_through_processes_of_their_own(deployment: Deployment) -> None:
    company, truth = generate(CompanySpec(seed=7, database_number=500_001))
    year = company.year_of(YEAR_END)
    assert year is not None
    with deployment.api() as api:
        closing = ClosingProgram(api)
        closing.connect(company.organisation_number, company.name, YEAR_END)

        run = closing.finished_import()
        assert run["state"] == "completed", run
        rows = closing.trial_balance(YEAR_END)["rows"]
        imported = {int(row["account"]): ore_from(row["closing"]) for row in rows}
        assert {a: o for a, o in imported.items() if o} == {
            a: o for a, o in truth.trial_balance(year.id, YEAR_END).items() if o
        }

        for schedule in closing.built_schedules():
            assert ore_from(schedule["total"]) == truth.schedule_total(schedule["kind"], YEAR_END, basis="vouchers")
            assert ore_from(schedule["difference"]) == ore_from(schedule["total"]) - ore_from(schedule["ledger"])

        export = closing.exported(year_end_adjustments(YEAR_END), {"V": "A", "S": "I"})
        assert [voucher["state"] for voucher in export["vouchers"]] == ["posted"] * 5, export

    posted = [
        entry
        for entry in httpx.get(deployment.url("sandbox") + "/_control/journal").json()
        if entry["method"] == "POST" and entry["path"].startswith("/3/vouchers")
    ]
    assert len(posted) == 5
    for process in deployment.processes.values():
        if process.name != "sandbox":
            assert process.send(signal.SIGTERM) == 0, process.log.read_text()[-3000:]
            output = process.log.read_text()
            assert "Traceback" not in output, output[-3000:]
            assert deployment.key not in output
