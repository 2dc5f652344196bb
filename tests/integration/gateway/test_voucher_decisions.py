"""A person settles what no look has settled; Fortnox is asked whether the voucher that is named is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.sandbox.faults import FaultRule
from shared.store.tables import ExportVoucher
from tests.integration.gateway.exporting import Exporting, Json, adjustment
from tests.integration.gateway.house import problem_of


@pytest.fixture
def doubtful(exporting: Exporting) -> Json:
    """The export of an adjustment that needs a human: three requests without an answer, and no voucher."""
    exporting.send_in(adjustment("V", 1))
    cut = FaultRule("cut-before-commit", path="/3/vouchers", method="POST", count=3)
    exporting.house.scene.sandbox.state.faults.add(cut)
    export = exporting.export()
    assert [voucher["reason_code"] for voucher in export["vouchers"]] == ["never-found"]
    return export


def export_in_doubt_with_a_file(exporting: Exporting) -> Json:
    [stored] = exporting.send_in(adjustment("V", 1))
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/files")
    exporting.house.http.post(path, files={"file": ("avi.pdf", b"%PDF-1.7 avi")})
    cut = FaultRule("cut-before-commit", path="/3/vouchers", method="POST", count=3)
    exporting.house.scene.sandbox.state.faults.add(cut)
    export = exporting.export()
    assert export["files_by_state"] == {"planned": 1}
    return export


def decide(exporting: Exporting, export: Json, **body: Any) -> httpx.Response:
    voucher = export["vouchers"][0]
    return exporting.house.http.post(f"/v1/exports/{export['id']}/vouchers/{voucher['id']}/decision", json=body)


def status(exporting: Exporting) -> str:
    found: str = exporting.adjustments()["V1"]["status"]
    return found


def test_a_voucher_that_was_not_booked_may_go_again(exporting: Exporting, doubtful: Json) -> None:
    answer = decide(exporting, doubtful, outcome="not_booked", name="Anna Andersson").json()
    assert (answer["state"], answer["reason_code"]) == ("refused", "decided-not-booked")
    assert status(exporting) == "not_transferred"
    entry = exporting.house.audit()[-1]
    assert (entry.action, entry.details["name"]) == ("voucher-decided", "Anna Andersson")
    assert (entry.details["before"], entry.details["outcome"]) == ("needs-human", "not_booked")
    assert exporting.export()["vouchers_by_state"] == {"posted": 1}
    problem_of(decide(exporting, doubtful, outcome="not_booked"), 409, "decision-not-possible")


def test_a_voucher_that_was_found_by_a_person_is_posted_and_can_be_undone(exporting: Exporting, doubtful: Json) -> None:
    """Somebody has booked it by hand, without a marker."""
    exporting.send_in(adjustment("V", 2))
    exporting.export({"V": "A"})
    [booked] = exporting.booked()
    by_hand = replace(booked, number=booked.number + 1, comments="")
    exporting.company.vouchers[by_hand.key] = by_hand
    answer = decide(exporting, doubtful, outcome="posted", series="A", number=by_hand.number).json()
    assert (answer["state"], answer["series"], answer["fortnox_number"]) == ("posted", "A", by_hand.number)
    assert answer["posted_at"] is not None
    assert status(exporting) == "transferred"
    assert exporting.undo(exporting.show(doubtful["id"]))["vouchers_by_state"] == {"posted": 1}
    assert status(exporting) == "not_transferred"


def test_the_files_of_a_voucher_that_was_decided_follow_it(exporting: Exporting) -> None:
    export = export_in_doubt_with_a_file(exporting)
    some = next(voucher for voucher in exporting.company.vouchers.values() if voucher.key[0] == exporting.year_id)
    decide(exporting, export, outcome="posted", series=some.series, number=some.number)
    exporting.work()
    assert exporting.show(export["id"])["files_by_state"] == {"connected": 1}


def test_a_number_that_fortnox_lacks_or_that_is_anothers_is_refused(exporting: Exporting, doubtful: Json) -> None:
    exporting.send_in(adjustment("V", 2))
    exporting.export({"V": "A"})
    [others] = exporting.booked()
    missing = decide(exporting, doubtful, outcome="posted", series="A", number=999_999)
    problem_of(missing, 404, "voucher-not-in-fortnox")
    other = decide(exporting, doubtful, outcome="posted", series="A", number=others.number)
    problem_of(other, 409, "voucher-of-other-adjustment")
    assert status(exporting) == "unknown"


def test_one_voucher_in_fortnox_does_not_stand_for_two_adjustments(exporting: Exporting) -> None:
    """Somebody has booked one of them by hand, without a marker, and both are said to be it."""
    exporting.send_in(adjustment("V", 1), adjustment("V", 2))
    cut = FaultRule("cut-before-commit", path="/3/vouchers", method="POST", count=6)
    exporting.house.scene.sandbox.state.faults.add(cut)
    export = exporting.export()
    assert export["vouchers_by_state"] == {"needs-human": 2}
    by_hand = next(voucher for voucher in exporting.company.vouchers.values() if voucher.key[0] == exporting.year_id)
    body = {"outcome": "posted", "series": by_hand.series, "number": by_hand.number}
    assert decide(exporting, export, **body).status_code == 200
    second = export["vouchers"][1]["id"]
    answer = exporting.house.http.post(f"/v1/exports/{export['id']}/vouchers/{second}/decision", json=body)
    problem_of(answer, 409, "voucher-of-other-adjustment")
    assert exporting.show(export["id"])["vouchers_by_state"] == {"needs-human": 1, "posted": 1}


def test_neither_what_was_taken_back_nor_what_takes_it_back_is_the_adjustments_voucher(exporting: Exporting) -> None:
    exporting.send_in(adjustment("V", 1))
    exporting.undo(exporting.export())
    original, reversal = exporting.booked()
    cut = FaultRule("cut-before-commit", path="/3/vouchers", method="POST", count=3)
    exporting.house.scene.sandbox.state.faults.add(cut)
    export = exporting.export()
    assert export["vouchers_by_state"] == {"needs-human": 1}
    for named in (original, reversal):
        answer = decide(exporting, export, outcome="posted", series=named.series, number=named.number)
        problem_of(answer, 409, "voucher-of-other-adjustment")


def test_the_files_of_a_voucher_that_was_not_booked_stay_at_home(exporting: Exporting) -> None:
    export = export_in_doubt_with_a_file(exporting)
    answer = decide(exporting, export, outcome="not_booked").json()
    assert [(file["state"], file["reason_code"]) for file in answer["files"]] == [("refused", "decided-not-booked")]
    assert exporting.export()["files_by_state"] == {"connected": 1}


def test_a_voucher_in_another_company_is_not_looked_for_in_this_one(exporting: Exporting, doubtful: Json) -> None:
    exporting.house.scene.change(ExportVoucher, UUID(doubtful["vouchers"][0]["id"]), tenant_id=4711)
    answer = decide(exporting, doubtful, outcome="posted", series="A", number=1)
    problem_of(answer, 409, "voucher-in-other-company")
    assert decide(exporting, doubtful, outcome="not_booked").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "posted"},
        {"outcome": "posted", "series": "A"},
        {"outcome": "not_booked", "series": "A", "number": 1},
        {"outcome": "not_booked", "number": 1},
        {"outcome": "perhaps"},
    ],
)
def test_a_decision_names_the_voucher_exactly_when_there_is_one(
    exporting: Exporting, doubtful: Json, body: dict[str, Any]
) -> None:
    problem_of(decide(exporting, doubtful, **body), 422, "invalid-request")


def test_a_reversal_in_doubt_is_settled_for_both_sides(exporting: Exporting) -> None:
    exporting.send_in(adjustment("V", 1))
    export = exporting.export()
    cut = FaultRule("cut-before-commit", path="/3/vouchers", method="POST", count=3)
    exporting.house.scene.sandbox.state.faults.add(cut)
    undo = exporting.undo(export)
    assert (undo["vouchers_by_state"], status(exporting)) == ({"needs-human": 1}, "unknown")
    [original] = exporting.booked()
    mistaken = decide(exporting, undo, outcome="posted", series="A", number=original.number)
    problem_of(mistaken, 409, "voucher-of-other-adjustment")
    assert decide(exporting, undo, outcome="not_booked").json()["state"] == "refused"
    assert (exporting.show(export["id"])["vouchers_by_state"], status(exporting)) == ({"posted": 1}, "transferred")
    again = exporting.undo(export)
    assert (again["vouchers_by_state"], status(exporting)) == ({"posted": 1}, "not_transferred")
    assert exporting.show(export["id"])["vouchers_by_state"] == {"reversed": 1}


def test_about_a_posted_voucher_there_is_nothing_to_decide_unless_an_import_misses_it(exporting: Exporting) -> None:
    exporting.send_in(adjustment("V", 1))
    export = exporting.export()
    voucher_id = UUID(export["vouchers"][0]["id"])
    problem_of(decide(exporting, export, outcome="not_booked"), 409, "decision-not-possible")
    exporting.house.scene.change(ExportVoucher, voucher_id, in_ledger="missing")
    with exporting.house.scene.sandbox.state.lock:
        [booked] = exporting.booked()
        del exporting.company.vouchers[booked.key]
    problem_of(decide(exporting, export, outcome="posted", series="A", number=1), 409, "decision-not-possible")
    assert decide(exporting, export, outcome="not_booked").json()["state"] == "refused"
    assert status(exporting) == "not_transferred"
    assert exporting.export()["vouchers_by_state"] == {"posted": 1}


def deleted_reversal(exporting: Exporting) -> tuple[Json, Json]:
    """An export and its undo, whose voucher somebody has deleted in Fortnox, as an import has noticed."""
    exporting.send_in(adjustment("V", 1))
    export = exporting.export()
    undo = exporting.undo(export)
    _, reversal = exporting.booked()
    del exporting.company.vouchers[reversal.key]
    exporting.house.scene.change(ExportVoucher, UUID(undo["vouchers"][0]["id"]), in_ledger="missing")
    return export, undo


def test_where_the_reversal_was_deleted_the_original_stands_again_and_can_be_undone(exporting: Exporting) -> None:
    export, undo = deleted_reversal(exporting)
    answer = decide(exporting, undo, outcome="not_booked").json()
    assert (answer["state"], answer["reason_code"]) == ("refused", "decided-not-booked")
    assert (exporting.show(export["id"])["vouchers_by_state"], status(exporting)) == ({"posted": 1}, "transferred")
    assert exporting.undo(export)["vouchers_by_state"] == {"posted": 1}
    assert (len(exporting.booked()), exporting.balance_ore(5020)) == (2, 0)


def test_a_deleted_reversal_frees_nothing_once_the_adjustment_has_gone_on(exporting: Exporting) -> None:
    export, undo = deleted_reversal(exporting)
    exporting.send_in(adjustment("V", 1) | {"text": "Rättad"})
    problem_of(decide(exporting, undo, outcome="not_booked"), 409, "decision-not-possible")
    exporting.send_in(adjustment("V", 1))
    again = exporting.export()
    assert again["vouchers"][0]["fortnox_number"] == export["vouchers"][0]["fortnox_number"]  # taken over
    problem_of(decide(exporting, undo, outcome="not_booked"), 409, "decision-not-possible")
    assert len(exporting.booked()) == 1
