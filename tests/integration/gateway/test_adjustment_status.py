"""What a firm decides about adjustments, and the files that belong to them."""

from __future__ import annotations

import httpx
import pytest

from shared.adjustments.files import FILE_BYTES_MAX, FILES_MAX
from shared.store.tables import Adjustment, AdjustmentFile
from tests.integration.gateway.exporting import SERIES, Exporting, Json, adjustment
from tests.integration.gateway.house import problem_of


@pytest.fixture
def stored(exporting: Exporting) -> Json:
    return exporting.send_in(adjustment("V", 1))[0]


def put(exporting: Exporting, stored: Json, status: str) -> httpx.Response:
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/status")
    return exporting.house.http.put(path, json={"status": status})


def upload(exporting: Exporting, stored: Json, name: str, content: bytes) -> httpx.Response:
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/files")
    return exporting.house.http.post(path, files={"file": (name, content, "application/pdf")})


def remove(exporting: Exporting, stored: Json, file: Json) -> httpx.Response:
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/files/{file['id']}")
    return exporting.house.http.delete(path)


def test_a_deleted_adjustment_is_hidden_and_can_come_back(exporting: Exporting, stored: Json) -> None:
    exporting.send_in(adjustment("V", 2))
    assert put(exporting, stored, "deleted").json()["status"] == "deleted"
    assert list(exporting.adjustments()) == ["V2"]
    assert list(exporting.adjustments("?status=deleted")) == ["V1"]
    assert set(exporting.adjustments("?status=deleted&status=not_transferred")) == {"V1", "V2"}
    assert exporting.export()["vouchers_by_state"] == {"posted": 1}
    assert put(exporting, stored, "not_transferred").json()["status"] == "not_transferred"
    assert exporting.export()["vouchers_by_state"] == {"posted": 1}


@pytest.mark.parametrize(
    ("status", "code"), [("deleted", "adjustment-deleted"), ("not_applicable", "adjustment-not-applicable")]
)
def test_what_is_put_aside_keeps_its_content_and_is_not_exported(
    exporting: Exporting, stored: Json, status: str, code: str
) -> None:
    put(exporting, stored, status)
    path = exporting.house.engagement_path("/adjustments")
    changed = exporting.house.http.post(path, json=[adjustment("V", 1) | {"text": "Ny"}])
    assert [error["code"] for error in problem_of(changed, 422, "adjustments-refused")["errors"]] == [code]
    assert exporting.send_in(adjustment("V", 1))[0]["status"] == status
    problem_of(upload(exporting, stored, "avi.pdf", b"%PDF"), 409, code)
    body = {"series": SERIES, "adjustments": [stored["id"]]}
    problem_of(
        exporting.house.http.post(exporting.house.engagement_path("/exports"), json=body),
        409,
        "adjustment-not-exportable",
    )


def test_a_status_is_noted_once_with_what_it_was_before(exporting: Exporting, stored: Json) -> None:
    for _ in range(2):
        put(exporting, stored, "not_applicable")
    [entry] = exporting.house.audit()
    assert (entry.action, entry.details) == (
        "adjustment-status-changed",
        {"before": "not_transferred", "after": "not_applicable"},
    )


def test_what_is_on_its_way_or_in_fortnox_keeps_its_status(exporting: Exporting, stored: Json) -> None:
    house = exporting.house
    house.http.post(house.engagement_path("/exports"), json={"series": SERIES})
    problem_of(put(exporting, stored, "deleted"), 409, "adjustment-in-export")
    exporting.work()
    refused = problem_of(put(exporting, stored, "deleted"), 409, "adjustment-transferred")
    assert "undo" in refused["detail"]
    problem_of(put(exporting, stored, "transferred"), 422, "invalid-request")


def test_a_refused_adjustment_may_be_put_aside(exporting: Exporting) -> None:
    [bad] = exporting.send_in(adjustment("V", 1, debit="9998"))
    exporting.export()
    shown = exporting.adjustments()["V1"]
    assert (shown["status"], shown["voucher"]["reason_code"]) == ("refused", "account-not-found")
    assert put(exporting, bad, "not_applicable").json()["status"] == "not_applicable"


def test_an_adjustment_shows_its_voucher_in_fortnox(exporting: Exporting, stored: Json) -> None:
    assert stored["voucher"] is None
    export = exporting.export()
    [booked] = exporting.booked()
    voucher = exporting.adjustments()["V1"]["voucher"]
    assert (voucher["series"], voucher["fortnox_number"], voucher["fortnox_year"]) == (
        "A",
        booked.number,
        exporting.year_id,
    )
    assert (voucher["export_id"], voucher["state"], voucher["in_ledger"]) == (export["id"], "posted", None)


def test_files_are_kept_listed_and_forgotten(exporting: Exporting, stored: Json) -> None:
    answer = upload(exporting, stored, "Hyresavi Q4.pdf", b"%PDF-1.7 avi")
    file = answer.json()
    assert answer.status_code == 201
    assert (file["name"], file["media_type"], file["size_bytes"]) == ("Hyresavi Q4.pdf", "application/pdf", 12)
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/files")
    assert exporting.house.http.get(path).json()["items"] == [file] == exporting.adjustments()["V1"]["files"]
    again = upload(exporting, stored, "samma igen.pdf", b"%PDF-1.7 avi")
    assert (again.status_code, again.json()) == (200, file)
    assert remove(exporting, stored, file).status_code == 204
    assert exporting.house.http.get(path).json()["items"] == []
    problem_of(remove(exporting, stored, file), 404, "not-found")
    assert exporting.house.audited() == ["adjustment-file-added", "adjustment-file-removed"]


@pytest.mark.parametrize(
    ("sent", "media_type", "name", "kept"),
    [
        ("a.txt", "text/plain; charset=utf-8", "a.txt", "text/plain"),
        ("a.pdf", "any thing", "a.pdf", "application/octet-stream"),
        ("a.pdf", "text/" + "x" * 200, "a.pdf", "application/octet-stream"),
        ("x" * 200 + ".pdf", "application/pdf", "x" * 96 + ".pdf", "application/pdf"),
        ("../../etc/passwd", "text/plain", "passwd", "text/plain"),
        ("C:\\Underlag\\avi.pdf", "application/pdf", "avi.pdf", "application/pdf"),
        ("Hyresavi “åäö” 😀.pdf", "application/pdf", "Hyresavi “åäö” 😀.pdf", "application/pdf"),
    ],
)
def test_a_file_goes_to_fortnox_whatever_its_sender_calls_it_and_its_type(
    exporting: Exporting, stored: Json, sent: str, media_type: str, name: str, kept: str
) -> None:
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/files")
    file = exporting.house.http.post(path, files={"file": (sent, b"%PDF", media_type)}).json()
    assert (file["name"], file["media_type"]) == (name, kept)
    exported = exporting.export()["vouchers"][0]["files"]
    assert [(file["state"], file["reason"]) for file in exported] == [("connected", None)]


@pytest.mark.parametrize("sent", ["folder/", " ", "a\0.pdf"])
def test_a_file_without_a_name_that_can_be_kept_is_refused(exporting: Exporting, stored: Json, sent: str) -> None:
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/files")
    form = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{sent}"\r\n\r\n%PDF\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = exporting.house.http.post(path, content=form.encode(), headers=headers)
    assert (answer.status_code, answer.json()["code"] in {"file-name-missing", "invalid-request"}) == (422, True)


def test_a_file_that_cannot_be_taken_is_refused_with_its_own_code(exporting: Exporting, stored: Json) -> None:
    path = exporting.house.engagement_path(f"/adjustments/{stored['id']}/files")
    problem_of(upload(exporting, stored, "tom.pdf", b""), 422, "file-empty")
    problem_of(exporting.house.http.post(path, content=b"%PDF"), 422, "file-name-missing")
    problem_of(exporting.house.http.post(path, files={"other": ("a.pdf", b"x")}), 422, "invalid-request")
    problem_of(exporting.house.http.post(path, json={}), 415, "unsupported-media-type")
    problem_of(upload(exporting, stored, "stor.pdf", bytes(FILE_BYTES_MAX + 1)), 413, "file-too-large")
    assert upload(exporting, stored, "stor.pdf", bytes(FILE_BYTES_MAX)).status_code == 201
    for number in range(1, FILES_MAX):
        assert upload(exporting, stored, f"{number}.pdf", str(number).encode()).status_code == 201
    problem_of(upload(exporting, stored, "13.pdf", b"13"), 409, "too-many-files")
    assert upload(exporting, stored, "1 igen.pdf", b"1").status_code == 200
    ours = [file for file in exporting.house.rows(AdjustmentFile) if file.firm_id == exporting.house.ours.firm_id]
    assert len(ours) == FILES_MAX


def test_what_is_on_its_way_takes_and_gives_no_files(exporting_on_both: Exporting) -> None:
    exporting, house = exporting_on_both, exporting_on_both.house
    [stored] = exporting.send_in(adjustment("V", 1))
    file = upload(exporting, stored, "avi.pdf", b"%PDF").json()
    assert exporting.preview()["vouchers"][0]["files"][0].startswith("avi (FP-")
    house.http.post(house.engagement_path("/exports"), json={"series": SERIES})
    problem_of(upload(exporting, stored, "ny.pdf", b"ny"), 409, "adjustment-in-export")
    problem_of(remove(exporting, stored, file), 409, "adjustment-in-export")
    exporting.work()
    [export] = house.http.get(house.engagement_path("/exports")).json()["items"]
    assert export["files_by_state"] == {"connected": 1}
    problem_of(remove(exporting, stored, file), 409, "adjustment-transferred")
    exporting.undo(export)
    problem_of(remove(exporting, stored, file), 409, "file-sent")
    assert upload(exporting, stored, "ny.pdf", b"ny").status_code == 201


def test_a_file_of_a_refused_voucher_has_never_left_and_may_go(exporting: Exporting) -> None:
    [bad] = exporting.send_in(adjustment("V", 1, debit="9998"))
    file = upload(exporting, bad, "avi.pdf", b"%PDF").json()
    assert exporting.export()["files_by_state"] == {"refused": 1}
    assert remove(exporting, bad, file).status_code == 204


def test_an_adjustment_of_another_engagement_is_not_found(exporting: Exporting, stored: Json) -> None:
    house = exporting.house
    other = house.other.ids["adjustment_id"]
    assert any(row.id == other for row in house.rows(Adjustment))
    path = house.engagement_path(f"/adjustments/{other}")
    problem_of(house.http.put(f"{path}/status", json={"status": "deleted"}), 404, "not-found")
    problem_of(house.http.get(f"{path}/files"), 404, "not-found")
    problem_of(house.http.post(f"{path}/files", files={"file": ("a.pdf", b"x")}), 404, "not-found")
