"""A verdict on each voucher before anything is written, and then exactly what the preview has said."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from services.sandbox.company import CostCenter, Project
from shared.store.tables import Export, ExportVoucher
from tests.integration.gateway.exporting import Exporting, adjustment


def faults(previewed: dict[str, Any]) -> dict[str, list[tuple[int | None, str]]]:
    return {
        f"{voucher['kind']}{voucher['number']}": [(fault["row"], fault["code"]) for fault in voucher["faults"]]
        for voucher in previewed["vouchers"]
        if voucher["faults"]
    }


def test_of_ten_vouchers_with_two_bad_ones_both_are_named_and_exactly_eight_go(exporting: Exporting) -> None:
    exporting.send_in(*[adjustment("V", number) for number in range(1, 9)])
    exporting.send_in(adjustment("V", 9, debit="1010"), adjustment("S", 1, cost_center="NOSUCH"))
    before = exporting.house.counts()

    previewed = exporting.preview()
    assert previewed["counts"] == {"ready": 8, "refused": 2, "already_there": 0}
    assert faults(previewed) == {"V9": [(1, "account-inactive")], "S1": [(1, "cost-center-unknown")]}
    assert exporting.house.counts() == before
    assert not any(call.startswith("POST") for call in exporting.house.scene.journal())

    export = exporting.export()
    assert export["state"] == "completed"
    assert export["vouchers_by_state"] == {"posted": 8, "refused": 2}
    assert len(exporting.booked()) == 8
    refused = {f"{v['kind']}{v['number']}": v["reason_code"] for v in export["vouchers"] if v["state"] == "refused"}
    assert refused == {"V9": "account-inactive", "S1": "cost-center-unknown"}
    assert sum(call.startswith("POST") for call in exporting.house.scene.journal()) == 8


def test_those_that_are_ready_can_be_sent_alone(exporting: Exporting) -> None:
    exporting.send_in(adjustment("V", 1), adjustment("V", 2, debit="9998"))
    ready = [v["adjustment_id"] for v in exporting.preview()["vouchers"] if v["verdict"] == "ready"]
    assert exporting.export(adjustments=ready)["vouchers_by_state"] == {"posted": 1}
    assert {name: item["status"] for name, item in exporting.adjustments().items()} == {
        "V1": "transferred",
        "V2": "not_transferred",
    }


def test_every_rule_has_its_own_fault_at_its_row(exporting: Exporting) -> None:
    company, year_id = exporting.company, exporting.year_id
    company.locked_until = date(2025, 3, 31)
    company.accounts[year_id, 5020].cost_center_settings = "MANDATORY"
    company.accounts[year_id, 5010].project_settings = "NOTALLOWED"
    company.cost_centers["X"] = CostCenter("X", "Nedlagd", active=False)
    company.projects["77"] = Project("77", "Avslutat", status="COMPLETED")
    exporting.send_in(
        adjustment("V", 1, day=date(2025, 3, 31), cost_center=next(iter(company.cost_centers))),
        adjustment("V", 2),
        adjustment("V", 3, debit="5010", project=next(iter(company.projects))),
        adjustment("V", 4, debit="6420", cost_center="X"),
        adjustment("V", 5, debit="6420", project="77"),
        adjustment("V", 6, debit="6420", project="NOSUCH"),
        adjustment("V", 7, debit="9998"),
        adjustment("S", 1, debit="6420"),
    )
    assert faults(exporting.preview({"V": "A", "S": "B"})) == {
        "V1": [(None, "period-locked")],
        "V2": [(1, "cost-center-missing")],
        "V3": [(1, "project-not-allowed")],
        "V4": [(1, "cost-center-closed")],
        "V5": [(1, "project-closed")],
        "V6": [(1, "project-unknown")],
        "V7": [(1, "account-not-found")],
        "S1": [(None, "series-not-manual")],
    }


def test_registers_are_read_only_for_those_who_name_a_dimension(exporting: Exporting) -> None:
    exporting.send_in(adjustment("V", 1))
    exporting.preview()
    assert not any("costcenters" in call or "projects" in call for call in exporting.house.scene.journal())


@pytest.mark.parametrize("scope", ["costcenter", "project"])
def test_without_the_right_to_see_a_register_fortnox_judges_the_dimension(exporting: Exporting, scope: str) -> None:
    """A connection from before the right was asked for."""
    tenant = exporting.house.scene.sandbox.state.tenants[exporting.company.database_number]
    tenant.unlicensed = {scope}
    exporting.send_in(adjustment("V", 1, cost_center="NOSUCH", project="NOSUCH"))
    codes = {code for _, code in faults(exporting.preview())["V1"]}
    assert codes == {"cost-center-unknown", "project-unknown"} - {f"{scope.replace('center', '-center')}-unknown"}


def test_the_text_as_it_will_arrive_is_shown_and_each_change_told(exporting: Exporting) -> None:
    written = adjustment("V", 1, text="rad \u2192 1") | {"text": 'Hyra "Q4"'}
    exporting.send_in(written, adjustment("V", 2))
    first, second = exporting.preview()["vouchers"]
    assert (first["text"], first["rows"][0]["text"]) == ("Hyra \u2019Q4\u2019", "rad - 1")
    assert first["text_changes"] == [
        {"row": None, "written": 'Hyra "Q4"', "arrives": "Hyra \u2019Q4\u2019"},
        {"row": 1, "written": "rad \u2192 1", "arrives": "rad - 1"},
    ]
    assert (second["text_changes"], second["verdict"]) == ([], "ready")
    exporting.export()
    assert [voucher.description for voucher in exporting.booked()] == ["Hyra \u2019Q4\u2019", "Upplupet V2"]


def test_a_voucher_that_is_in_fortnox_already_is_named_even_when_its_period_is_locked(exporting: Exporting) -> None:
    """As after a restore from before the export: the adjustment says not transferred, and Fortnox has its voucher."""
    [stored] = exporting.send_in(adjustment("V", 1))
    exporting.export()
    [booked] = exporting.booked()
    _forget_exports(exporting)
    exporting.company.locked_until = booked.date

    previewed = exporting.preview()
    assert previewed["counts"] == {"ready": 0, "refused": 0, "already_there": 1}
    [voucher] = previewed["vouchers"]
    assert voucher["found"] == {"series": "A", "number": booked.number, "year_id": exporting.year_id}
    assert exporting.export()["vouchers_by_state"] == {"posted": 1}
    assert [voucher.number for voucher in exporting.booked()] == [booked.number]
    assert exporting.adjustments()["V1"]["id"] == stored["id"]


def test_a_voucher_of_ours_that_was_changed_there_is_a_fault_of_the_preview(exporting: Exporting) -> None:
    exporting.send_in(adjustment("V", 1))
    exporting.export()
    _forget_exports(exporting)
    exporting.booked()[0].rows[0].debit_ore += 100
    exporting.booked()[0].rows[1].credit_ore += 100
    assert faults(exporting.preview()) == {"V1": [(None, "voucher-differs")]}


def test_a_year_that_fortnox_lacks_is_the_one_fault_of_all(exporting: Exporting) -> None:
    exporting.send_in(adjustment("V", 1), adjustment("V", 2))
    year = exporting.company.years[exporting.year_id]
    year.to_date = date(2025, 12, 30)
    assert faults(exporting.preview()) == {"V1": [(None, "year-missing")], "V2": [(None, "year-missing")]}


def test_the_series_to_choose_from_say_why_one_cannot_be_chosen(exporting: Exporting) -> None:
    shown = _dialog(exporting)
    by_code = {series["code"]: series for series in shown["items"]}
    assert (by_code["A"]["open"], by_code["A"]["reason_code"], by_code["A"]["approver"]) == (True, None, None)
    assert (by_code["B"]["open"], by_code["B"]["reason_code"]) == (False, "series-not-manual")
    assert (shown["year_from"], shown["year_to"], shown["locked_until"]) == ("2025-01-01", "2025-12-31", None)
    exporting.company.locked_until = date(2025, 12, 30)
    assert _dialog(exporting)["items"] == shown["items"]
    exporting.company.locked_until = date(2025, 12, 31)
    locked = _dialog(exporting)
    assert {series["code"]: series["reason_code"] for series in locked["items"] if series["manual"]} == dict.fromkeys(
        [series["code"] for series in shown["items"] if series["manual"]], "period-locked"
    )
    assert locked["locked_until"] == "2025-12-31"


def test_the_series_chosen_last_are_remembered_by_kind(exporting: Exporting) -> None:
    assert _dialog(exporting)["chosen_last"] == {}
    exporting.send_in(adjustment("V", 1), adjustment("S", 1))
    exporting.export({"V": "A"})
    assert _dialog(exporting)["chosen_last"] == {"V": "A"}
    export = exporting.export({"S": "I"})
    assert _dialog(exporting)["chosen_last"] == {"V": "A", "S": "I"}
    exporting.undo(export)
    assert _dialog(exporting)["chosen_last"] == {"V": "A", "S": "I"}


def _dialog(exporting: Exporting) -> dict[str, Any]:
    answer = exporting.house.http.get(exporting.house.engagement_path("/voucher-series"))
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def _forget_exports(exporting: Exporting) -> None:
    house = exporting.house
    with house.store.write() as session:
        for row in session.scalars(select(ExportVoucher).where(ExportVoucher.firm_id == house.ours.firm_id)):
            row.adjustment.status = "not_transferred"
            session.delete(row)
        session.flush()
        for export in session.scalars(select(Export).where(Export.firm_id == house.ours.firm_id)):
            session.delete(export)
