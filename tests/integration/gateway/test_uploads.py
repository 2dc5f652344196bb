"""A SIE file as the ledger: uploaded, read like Fortnox' own, proven as far as a file can be, or refused with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from services.gateway.body_limit import FORM_BYTES
from shared.store.tables import Engagement, UploadPart
from shared.uploads import MAX_FILE_BYTES, PART_BYTES
from tests.integration.gateway.filing import OCTETS, Filing, check_of, checks
from tests.integration.gateway.house import House, bearer, problem_of


@pytest.fixture
def filing(house: House) -> Filing:
    """An engagement whose data source is files; its client was never connected."""
    house.forget_connection()
    filing = Filing(house)
    filing.read_from("sie")
    return filing


def test_an_uploaded_file_becomes_the_ledger_and_is_proven_like_any_other(filing: Filing) -> None:
    shown = filing.imported(filing.file())
    assert (shown["state"], shown["source"], shown["purpose"], shown["share_done"]) == ("completed", "sie", "ledger", 1)
    assert shown["fortnox_requests"] == 0
    assert filing.balances() == filing.truth()
    assert checks(shown) | {"registers-read": True} == dict.fromkeys(checks(shown), True)
    assert check_of(shown, "registers-read") | {"compared": 0} == {
        "check": "registers-read",
        "holds": False,
        "required": False,
        "told_only": "a SIE file does not hold them",
        "compared": 0,
        "found": ["voucher series", "predefined accounts", "lock date"],
        "detail": "voucher series; predefined accounts; lock date",
    }
    assert filing.house.audited() == ["file-uploaded"]


def test_files_of_the_years_before_follow_one_by_one_and_each_year_is_kept(filing: Filing) -> None:
    filing.imported(filing.file(2025))
    for year in (2023, 2024):
        assert filing.imported(filing.file(year))["state"] == "completed"
    for year in (2023, 2024, 2025):
        assert filing.balances(f"{year}-12-31") == filing.truth(year)
    assert len(filing.kept()) == 3


def test_what_the_file_says_of_the_year_before_is_held_against_its_opening_balances(filing: Filing) -> None:
    shown = filing.imported(filing.file())
    assert check_of(shown, "opening-follows-closing")["compared"] > 5
    content = filing.file()
    line = next(line for line in content.split(b"\r\n") if line.startswith(b"#UB -1 1930"))
    shown = filing.imported(content.replace(line, b"#UB -1 1930 1 0"))
    told = check_of(shown, "opening-follows-closing")
    assert (shown["state"], told["holds"], told["required"]) == ("completed", False, False)
    assert "1930" in told["detail"]


def test_the_same_file_again_writes_nothing(filing: Filing) -> None:
    filing.imported(filing.file())
    facts = filing.facts()
    again = filing.imported(filing.file())
    assert (again["counts"]["added"], again["counts"]["changed"], again["counts"]["gone"]) == (0, 0, 0)
    assert filing.facts() | {"YearReadingFact": (0, 0)} == facts | {"YearReadingFact": (0, 0)}


Spoil = Callable[[bytes], bytes]
REFUSED: dict[str, tuple[Spoil, str]] = {
    "wrong company": (lambda data: data.replace(b"#ORGNR ", b"#ORGNR 556016-0680\r\n#BKOD "), "wrong-company"),
    "no organisation number": (lambda data: data.replace(b"#ORGNR ", b"#BKOD "), "organisation-number-missing"),
    "a year to come": (
        lambda data: data.replace(b"#RAR 0 20250101 20251231", b"#RAR 0 20260101 20261231"),
        "wrong-year",
    ),
    "a year that overlaps": (
        lambda data: data.replace(b"#RAR 0 20250101 20251231", b"#RAR 0 20240901 20250831"),
        "wrong-year",
    ),
    "more than a year": (
        lambda data: data.replace(b"#RAR 0 20250101 20251231", b"#RAR 0 20240630 20251231"),
        "wrong-year",
    ),
    "no year": (lambda data: data.replace(b"#RAR 0 ", b"#BKOD "), "wrong-year"),
    "an emptied year": (lambda data: data[: data.index(b"#VER")], "empty-year"),
    "cut within a voucher": (lambda data: data[: data.rindex(b"#TRANS")], "sie-truncated"),
    "wrong checksum": (
        lambda data: data.replace(b"#FORMAT", b"#KSUMMA\r\n#FORMAT", 1) + b"\r\n#KSUMMA 1\r\n",
        "sie-checksum-wrong",
    ),
    "HTML": (lambda _: b"<!DOCTYPE html><html><body>Logga in</body></html>", "sie-not-a-sie-file"),
    "a spreadsheet": (lambda _: b"PK\x03\x04" + b"\x14\0" * 500, "sie-not-a-sie-file"),
    "nothing": (lambda _: b"", "sie-empty"),
    "NUL bytes": (lambda data: data[:200] + b"\0" * 9 + data[200:], "sie-nul-bytes"),
    "the same balance twice": (lambda data: data + b"\r\n#UB 0 1930 1\r\n#UB 0 1930 2\r\n", "sie-contradiction"),
    "vouchers alone (4I)": (
        lambda data: b"\r\n".join(
            line for line in data.split(b"\r\n") if not line.startswith((b"#IB", b"#UB", b"#RES", b"#PSALDO"))
        ),
        "wrong-sie-type",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_taken_has_its_own_code_and_the_last_good_import_stays(filing: Filing, name: str) -> None:
    good = filing.file()
    filing.imported(good)
    facts, balances = filing.facts(), filing.balances()
    spoil, code = REFUSED[name]
    shown = filing.imported(spoil(good))
    assert (shown["state"], shown["reason_code"]) == ("failed", code)
    assert shown["reason"]
    assert (filing.facts(), filing.balances()) == (facts, balances)
    assert filing.kept() == [len(good)]  # what was refused may be anybody's books
    assert [letter for letter in filing.house.scene.dead_letters() if letter.firm_id == filing.house.ours.firm_id] == []


@pytest.mark.parametrize("sie_type", [1, 2, 3])
def test_balances_alone_are_no_ledger(filing: Filing, sie_type: int) -> None:
    assert filing.imported(filing.file(sie_type=sie_type))["reason_code"] == "wrong-sie-type"


def test_the_engagements_own_year_comes_first(filing: Filing) -> None:
    shown = filing.imported(filing.file(2024))
    assert shown["reason_code"] == "wrong-year"
    assert "2025-12-31" in shown["reason"]


def test_a_file_replaces_the_year_that_ends_with_it_and_no_other(filing: Filing) -> None:
    own, before = filing.file(), filing.file(2024)
    for content in (own, before):
        assert filing.imported(content)["state"] == "completed"
    facts = filing.facts()
    longer = own.replace(b"#RAR 0 20250101 20251231", b"#RAR 0 20241201 20251231")
    shown = filing.imported(longer)
    assert shown["reason_code"] == "wrong-year"
    assert "2024-01-01 to 2024-12-31" in shown["reason"]
    assert filing.facts() == facts
    shorter = own.replace(b"#RAR 0 20250101 20251231", b"#RAR 0 20250201 20251231")
    assert filing.imported(shorter)["reason_code"] is None


def test_a_file_cut_between_two_vouchers_is_shown_as_incomplete(filing: Filing) -> None:
    content = filing.file()
    shown = filing.imported(content[: content.rindex(b"#VER")])
    assert (shown["state"], checks(shown)["balances-agree"]) == ("incomplete", False)


def test_a_year_without_vouchers_is_fine(filing: Filing) -> None:
    head = filing.file().split(b"#KONTO")[0]
    shown = filing.imported(head + b'#KONTO 1930 "Bank"\r\n#IB 0 1930 100.00\r\n#UB 0 1930 100.00\r\n')
    assert (shown["state"], shown["counts"]["vouchers"]) == ("completed", 0)
    assert filing.balances() == {"1930": "100.00"}


def test_faults_that_touch_no_amount_are_told_and_the_file_is_taken(filing: Filing) -> None:
    shown = filing.imported(filing.file().replace(b"#GEN 20260301", b"#GEN yesterday"))
    assert shown["state"] == "completed"
    assert filing.row(shown).fault_count == 1


def test_a_form_and_a_text_do_as_well(filing: Filing) -> None:
    path = filing.house.engagement_path("/imports/sie")
    content = filing.file()
    for sent in (
        filing.house.http.post(path, files={"file": ("Bokslut\u2009ÅÄÖ.se", content, "application/x-sie")}),
        filing.house.http.post(path, content=content, headers={"Content-Type": "text/plain; charset=ibm437"}),
    ):
        assert sent.status_code == 202, sent.text
        filing.work()
        assert filing.shown(sent)["state"] == "completed"
    assert filing.house.audit()[0].details == {"name": "Bokslut\u2009ÅÄÖ.se"}


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"json": {}}, 415, "unsupported-media-type"),
        ({"files": {"other": b"x"}}, 422, "invalid-request"),
        ({"data": {"file": "x"}, "files": {"a": b""}}, 422, "invalid-request"),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 422, "invalid-request"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 422, "invalid-request"),
    ],
)
def test_a_body_that_is_no_file_is_refused(filing: Filing, sent: dict[str, Any], status: int, code: str) -> None:
    before = filing.house.counts()
    problem_of(filing.house.http.post(filing.house.engagement_path("/imports/sie"), **sent), status, code)
    assert filing.house.counts() == before


def test_two_hundred_megabytes_are_refused_by_the_bytes_that_arrive(filing: Filing) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b"#" * PART_BYTES

    filing.imported(filing.file())
    before, path = filing.house.counts(), filing.house.engagement_path("/imports/sie")
    problem_of(filing.house.http.post(path, content=pieces(), headers=OCTETS, timeout=120), 413, "file-too-large")
    assert filing.house.counts() == before
    assert filing.balances() == filing.truth()


def test_a_file_that_announces_itself_as_too_large_is_refused_before_it_is_sent(filing: Filing) -> None:
    connection = HTTPConnection(filing.house.url.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", filing.house.engagement_path("/imports/sie"))
    asking = {"Expect": "100-continue", "Content-Length": str(MAX_FILE_BYTES + FORM_BYTES + 1)}
    for name, value in {**bearer(filing.house.ours.key), **OCTETS, **asking}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (413, "file-too-large")
    connection.close()


def test_only_an_engagement_on_files_takes_one(filing: Filing) -> None:
    filing.read_from("fortnox")
    before = filing.house.counts()
    problem_of(filing.upload(filing.file()), 409, "data-source-not-sie")
    filing.read_from("sie")
    problem_of(filing.upload(filing.file(), compare=True), 409, "nothing-to-compare")
    assert filing.house.counts() == before


def test_the_same_key_uploads_once_and_another_file_needs_another_key(filing: Filing) -> None:
    first = filing.upload(filing.file(), key="a-key")
    before = filing.house.counts()
    again = filing.upload(filing.file(), key="a-key")
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotency-hit"] == "true"
    problem_of(filing.upload(filing.file(2024), key="a-key"), 409, "idempotency-key-reused")
    assert filing.house.counts() == before


def test_a_cancelled_upload_is_forgotten_and_the_last_good_import_stays(filing: Filing) -> None:
    good = filing.file()
    filing.imported(good)
    facts = filing.facts()
    sent = filing.upload(filing.file().replace(b"#GEN 20260301", b"#GEN 20260302"))
    assert filing.house.http.post(f"{sent.headers['location']}/cancel").json()["state"] == "cancelled"
    filing.work()
    assert (filing.facts(), filing.kept(), filing.balances()) == (facts, [len(good)], filing.truth())


def test_a_file_that_is_no_longer_kept_has_to_be_uploaded_again(filing: Filing) -> None:
    sent = filing.upload(filing.file())
    with filing.house.store.write() as session:
        session.execute(delete(UploadPart))
    filing.work()
    assert filing.shown(sent)["reason_code"] == "file-missing"


def test_a_better_file_takes_the_place_of_the_last_one(filing: Filing) -> None:
    filing.imported(filing.file())
    better = filing.file().replace(b"#GEN 20260301", b"#GEN 20260302") + b"\r\n"
    filing.imported(better)
    assert filing.kept() == [len(better)]


def test_another_firms_engagement_takes_no_file(filing: Filing) -> None:
    path = f"/v1/engagements/{filing.house.other.ids['engagement_id']}/imports/sie"
    answer: httpx.Response = filing.house.http.post(path, content=filing.file(), headers=OCTETS)
    problem_of(answer, 404, "not-found")


def test_a_file_never_replaces_the_ledger_of_an_engagement_that_changed_to_fortnox_meanwhile(filing: Filing) -> None:
    sent = filing.upload(filing.file())
    filing.house.scene.change(Engagement, filing.house.scene.engagement_id, data_source="fortnox")
    filing.work()
    assert filing.shown(sent)["reason_code"] == "data-source-differs"
