"""A file that did not get to its voucher: a person says that it hangs there, or has it sent again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.sandbox.company import FileConnection, StoredFile
from services.sandbox.faults import FaultKind, FaultRule
from tests.integration.gateway.exporting import Exporting, Json, adjustment
from tests.integration.gateway.house import problem_of

UPLOAD, CONNECT = "/3/inbox", "/3/voucherfileconnections"


def send_in_with_a_file(exporting: Exporting) -> None:
    [stored] = exporting.send_in(adjustment("V", 1))
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/files")
    assert exporting.house.http.post(path, files={"file": ("avi.pdf", b"%PDF avi")}).status_code == 201


def misbehave(exporting: Exporting, kind: FaultKind, path: str, count: int) -> None:
    exporting.house.scene.sandbox.state.faults.add(FaultRule(kind, path=path, method="POST", count=count))


def unlicensed(exporting: Exporting) -> set[str]:
    return exporting.house.scene.sandbox.state.tenants[exporting.company.database_number].unlicensed


def decide(exporting: Exporting, export: Json, **body: Any) -> httpx.Response:
    voucher = export["vouchers"][0]
    path = f"/v1/exports/{export['id']}/vouchers/{voucher['id']}/files/{voucher['files'][0]['file_id']}/decision"
    return exporting.house.http.post(path, json=body)


def on_voucher(exporting: Exporting) -> list[bytes]:
    [booked] = exporting.booked()
    company = exporting.company
    return [
        company.files[item.file_id].content
        for item in company.file_connections
        if (item.series, item.number) == (booked.series, booked.number)
    ]


def test_a_refused_file_goes_again_once_the_right_is_there(exporting: Exporting) -> None:
    unlicensed(exporting).add("inbox")
    send_in_with_a_file(exporting)
    export = exporting.export()
    assert (export["vouchers_by_state"], export["files_by_state"]) == ({"posted": 1}, {"refused": 1})
    unlicensed(exporting).clear()
    answer = decide(exporting, export, outcome="send_again", name="Anna Andersson").json()
    assert [(file["state"], file["reason_code"]) for file in answer["files"]] == [("planned", None)]
    assert exporting.show(export["id"])["state"] == "queued"
    exporting.work()
    assert exporting.show(export["id"])["files_by_state"] == {"connected": 1}
    assert (on_voucher(exporting), len(exporting.booked())) == ([b"%PDF avi"], 1)
    [entry] = [entry for entry in exporting.house.audit() if entry.action == "file-decided"]
    assert (entry.details["name"], entry.details["before"], entry.details["outcome"]) == (
        "Anna Andersson",
        "refused",
        "send_again",
    )


@pytest.mark.parametrize("path", [UPLOAD, CONNECT])
def test_a_file_that_never_arrived_is_sent_again_after_two_more_looks(exporting: Exporting, path: str) -> None:
    misbehave(exporting, "cut-before-commit", path, 3)
    send_in_with_a_file(exporting)
    export = exporting.export()
    assert export["files_by_state"] == {"needs-human": 1}
    assert decide(exporting, export, outcome="send_again").json()["files"][0]["state"] == "unknown"
    exporting.work()
    assert exporting.show(export["id"])["files_by_state"] == {"connected": 1}
    assert on_voucher(exporting) == [b"%PDF avi"]


def test_what_a_person_has_connected_by_hand_is_found_and_not_sent_again(exporting: Exporting) -> None:
    misbehave(exporting, "cut-before-commit", UPLOAD, 3)
    send_in_with_a_file(exporting)
    export = exporting.export()
    [booked] = exporting.booked()
    exporting.company.files["by-hand"] = StoredFile("by-hand", "avi.pdf", b"%PDF avi", "archive", "stored-avi")
    exporting.company.file_connections.append(
        FileConnection("by-hand", exporting.year_id, booked.series, booked.number)
    )
    decide(exporting, export, outcome="send_again")
    exporting.work()
    assert exporting.show(export["id"])["files_by_state"] == {"connected": 1}
    assert on_voucher(exporting) == [b"%PDF avi"]


def test_a_file_that_is_said_to_be_there_is_connected_and_nothing_is_sent(exporting: Exporting) -> None:
    misbehave(exporting, "cut-before-commit", UPLOAD, 3)
    send_in_with_a_file(exporting)
    export = exporting.export()
    assert decide(exporting, export, outcome="connected").json()["files"][0]["state"] == "connected"
    assert exporting.show(export["id"])["state"] == "completed"
    assert on_voucher(exporting) == []
    problem_of(decide(exporting, export, outcome="connected"), 409, "decision-not-possible")


def test_about_a_file_whose_voucher_does_not_stand_there_is_nothing_to_decide(exporting: Exporting) -> None:
    [stored] = exporting.send_in(adjustment("V", 1, debit="9998"))
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/files")
    exporting.house.http.post(path, files={"file": ("avi.pdf", b"%PDF avi")})
    export = exporting.export()
    problem_of(decide(exporting, export, outcome="send_again"), 409, "decision-not-possible")
    problem_of(decide(exporting, export, outcome="perhaps"), 422, "invalid-request")


def test_no_file_is_sent_to_a_voucher_that_is_being_taken_back(exporting: Exporting) -> None:
    """The file would wait for a voucher that stands, which this one soon does no more."""
    unlicensed(exporting).add("inbox")
    send_in_with_a_file(exporting)
    export = exporting.export()
    unlicensed(exporting).clear()
    assert exporting.house.http.post(f"/v1/exports/{export['id']}/undo").status_code == 202
    problem_of(decide(exporting, export, outcome="send_again"), 409, "decision-not-possible")
    exporting.work()
    assert exporting.show(export["id"])["files_by_state"] == {"refused": 1}
