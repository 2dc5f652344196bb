"""Taking an export back with reversing vouchers: what was pushed, undone and pushed again counts once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.integration.gateway.exporting import SERIES, Exporting, Json, adjustment
from tests.integration.gateway.house import problem_of

RENT_ORE = 125_00


@pytest.fixture
def export(exporting: Exporting) -> Json:
    """One V and one S adjustment, posted."""
    exporting.send_in(adjustment("V", 1), adjustment("S", 1))
    return exporting.export()


def test_an_undo_mirrors_each_voucher_and_both_sides_know_of_each_other(exporting: Exporting, export: Json) -> None:
    originals = exporting.booked()
    undo = exporting.undo(export)
    assert (undo["undoes_id"], undo["state"], undo["vouchers_by_state"]) == (export["id"], "completed", {"posted": 2})
    assert [voucher["reverses_id"] for voucher in undo["vouchers"]] == [v["id"] for v in export["vouchers"]]
    assert {voucher["state"] for voucher in exporting.show(export["id"])["vouchers"]} == {"reversed"}
    reversals = exporting.booked()[len(originals) :]
    assert [(r.series, r.date) for r in reversals] == [(o.series, o.date) for o in originals]
    assert reversals[0].description == f"Återföring av A {originals[0].number}: Upplupet V1"
    origin = f"Återföring av bokslutshändelse V1 (A {originals[0].number}), FPR-"
    assert (reversals[0].comments or "").startswith(origin)
    assert exporting.balance_ore(5020) == exporting.balance_ore(2990) == 0
    assert {item["status"] for item in exporting.adjustments().values()} == {"not_transferred"}
    assert exporting.house.audited()[-2:] == ["undo-requested", "export-completed"]


def test_undone_changed_and_pushed_again_the_ledger_has_it_once(exporting_on_both: Exporting) -> None:
    exporting = exporting_on_both
    exporting.send_in(adjustment("V", 1), adjustment("S", 1))
    exporting.undo(exporting.export())
    exporting.send_in(adjustment("V", 1) | {"text": "Rättad"})
    again = exporting.export()
    assert again["vouchers_by_state"] == {"posted": 2}
    assert exporting.balance_ore(5020) == 2 * RENT_ORE
    assert {item["status"] for item in exporting.adjustments().values()} == {"transferred"}
    exporting.undo(again)
    assert exporting.balance_ore(5020) == 0
    assert exporting.export()["vouchers_by_state"] == {"posted": 2}
    assert exporting.balance_ore(5020) == 2 * RENT_ORE
    assert len(exporting.booked()) == 10


def test_chosen_adjustments_are_taken_back_alone_and_the_rest_later(exporting: Exporting, export: Json) -> None:
    first = export["vouchers"][0]["adjustment_id"]
    exporting.undo(export, adjustments=[first])
    assert {name: item["status"] for name, item in exporting.adjustments().items()} == {
        "V1": "not_transferred",
        "S1": "transferred",
    }
    assert exporting.undo(export)["vouchers_by_state"] == {"posted": 1}
    path = f"/v1/exports/{export['id']}/undo"
    problem_of(exporting.house.http.post(path), 409, "nothing-to-undo")
    problem_of(exporting.house.http.post(path, json={"adjustments": [first]}), 409, "undo-in-progress")
    problem_of(exporting.house.http.post(path, json={"adjustments": [str(uuid4())]}), 404, "adjustment-not-found")


def test_a_reversal_that_fortnox_refuses_leaves_both_sides_as_they_were(exporting: Exporting, export: Json) -> None:
    exporting.company.locked_until = exporting.booked()[0].date
    undo = exporting.undo(export)
    assert {v["reason_code"] for v in undo["vouchers"]} == {"period-locked"}
    assert {v["state"] for v in exporting.show(export["id"])["vouchers"]} == {"posted"}
    assert {item["status"] for item in exporting.adjustments().values()} == {"transferred"}
    exporting.company.locked_until = None
    assert exporting.undo(export)["vouchers_by_state"] == {"posted": 2}


def test_what_cannot_be_undone_is_said(exporting: Exporting, export: Json) -> None:
    house = exporting.house
    undo = exporting.undo(export)
    problem_of(house.http.post(f"/v1/exports/{undo['id']}/undo"), 409, "export-is-undo")
    started = house.http.post(house.engagement_path("/exports"), json={"series": SERIES}).json()["id"]
    problem_of(house.http.post(f"/v1/exports/{started}/undo"), 409, "export-not-finished")
    exporting.work()
    exporting.send_in(adjustment("V", 2, debit="9998"))
    refused = exporting.export()
    body = {"adjustments": [refused["vouchers"][0]["adjustment_id"]]}
    problem_of(house.http.post(f"/v1/exports/{refused['id']}/undo", json=body), 409, "adjustment-not-posted")


def test_an_undo_is_asked_for_once_however_often_it_is_sent(exporting: Exporting, export: Json) -> None:
    path, key = f"/v1/exports/{export['id']}/undo", {"Idempotency-Key": "a-key"}
    first = exporting.house.http.post(path, headers=key)
    again = exporting.house.http.post(path, headers=key)
    assert (again.json(), again.headers["idempotency-hit"]) == (first.json(), "true")
    exporting.work()
    assert len(exporting.booked()) == 4
