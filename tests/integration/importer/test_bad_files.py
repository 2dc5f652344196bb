"""A file that is not what it should be: each has its own outcome, and the last good import stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta

import pytest

from services.importer.runs import COMPLETED, FAILED, INCOMPLETE, WAITING
from services.sandbox.company import Company
from services.sandbox.sie_writer import write_sie
from shared.messaging.consumer import LONGEST_OUTAGE, MAX_ATTEMPTS
from shared.store.imports import Import
from tests.integration.importer.importing import Importer, check_of

LAST = date(2025, 1, 1)


BOTH = pytest.mark.parametrize("url", ["sqlite_url", "database_url"], indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """What is refused is refused before any SQL that could differ, so PostgreSQL has its turn in a few of these only."""
    found: str = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    return found


def year_id(company: Company) -> int:
    return next(year.id for year in company.years.values() if year.from_date == LAST)


def file_of(company: Company, sie_type: int = 4) -> bytes:
    return write_sie(company, year_id(company), sie_type, generated=date(2026, 3, 1))


def serve(importer: Importer, content: bytes) -> None:
    importer.scene.desk.serve_sie(year_id(importer.scene.company), content)


def without_last_vouchers(company: Company, series: str, count: int) -> bytes:
    """The file as if the last vouchers of a series had never been, so that its balances agree with its rows."""
    shorter = deepcopy(company)
    numbers = sorted(number for year, code, number in shorter.vouchers if (year, code) == (year_id(company), series))
    for number in numbers[-count:]:
        del shorter.vouchers[year_id(company), series, number]
    return file_of(shorter)


Spoil = Callable[[bytes], bytes]
REFUSED: dict[str, tuple[Spoil, str]] = {
    "wrong company": (lambda data: data.replace(b"#ORGNR ", b"#ORGNR 556016-0680\r\n#BKOD "), "wrong-company"),
    "cut within a voucher": (lambda data: data[: data.rindex(b"#TRANS")], "sie-truncated"),
    "wrong checksum": (
        lambda data: data.replace(b"#FORMAT", b"#KSUMMA\r\n#FORMAT", 1) + b"\r\n#KSUMMA 1\r\n",
        "sie-checksum-wrong",
    ),
    "the same balance twice": (lambda data: data + b"\r\n#UB 0 1930 1\r\n#UB 0 1930 2\r\n", "sie-contradiction"),
    "NUL bytes": (lambda data: data[:200] + b"\0" * 9 + data[200:], "sie-nul-bytes"),
    "another year": (lambda data: data.replace(b"#RAR 0 20250101", b"#RAR 0 20250201"), "wrong-year"),
    "200 MB": (lambda data: data + b"\r\n" * 100_000_000, "fortnox-answer-too-large"),
    "an amount that is none": (lambda data: data.replace(b"#UB 0 1930 ", b"#UB 0 1930 x", 1), "sie-bad-amount"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_taken_fails_the_import_with_its_own_code_and_the_last_one_stays(
    importer: Importer, name: str
) -> None:
    spoil, code = REFUSED[name]
    assert importer.run().state == COMPLETED
    before, facts = importer.balances(LAST), importer.facts()
    importer.scene.clock.advance(timedelta(hours=1))
    serve(importer, spoil(file_of(importer.scene.company)))
    row = importer.run()
    assert (row.state, row.reason_code) == (FAILED, code)
    assert_stands(importer, before, facts)


def test_balances_alone_are_no_ledger(importer: Importer) -> None:
    serve(importer, file_of(importer.scene.company, sie_type=3))
    assert importer.run().reason_code == "wrong-sie-type"


def test_an_html_page_instead_of_a_file_is_waited_out_like_an_outage(importer: Importer) -> None:
    assert importer.run().state == COMPLETED
    importer.scene.clock.advance(timedelta(hours=1))
    serve(importer, b"<html><body>Underh\x86ll</body></html>")
    row = importer.run()
    assert (row.state, row.reason_code) == (WAITING, "fortnox-answer-html")
    assert row.waiting_until is not None
    importer.scene.clock.advance(LONGEST_OUTAGE - timedelta(hours=1))
    importer.go_on()
    assert importer.scene.imports()[-1].state == WAITING
    importer.scene.desk.serve_sie(year_id(importer.scene.company), None)
    importer.scene.clock.advance(timedelta(minutes=30))
    importer.go_on()
    assert importer.scene.imports()[-1].state == COMPLETED


@BOTH
@pytest.mark.parametrize(
    ("content", "code"), [(b"", "fortnox-answer-empty"), (b"%PDF-1.7", "fortnox-answer-unreadable")]
)
def test_an_answer_that_is_no_file_is_tried_again_and_then_given_up(
    importer: Importer, content: bytes, code: str
) -> None:
    assert importer.run().state == COMPLETED
    before, facts = importer.balances(LAST), importer.facts()
    importer.scene.clock.advance(timedelta(hours=1))
    serve(importer, content)
    importer.ask()
    for _ in range(MAX_ATTEMPTS):
        importer.go_on()
        importer.scene.clock.advance(timedelta(minutes=30))
    row = importer.scene.imports()[-1]
    assert (row.state, row.reason_code) == (FAILED, code)
    assert_stands(importer, before, facts)


@BOTH
def test_vouchers_cut_off_between_two_of_them_leave_an_incomplete_import_that_names_the_accounts(
    importer: Importer,
) -> None:
    whole = file_of(importer.scene.company)
    serve(importer, whole[: whole.rindex(b"#VER")])
    row = importer.run()
    assert row.state == INCOMPLETE
    assert not check_of(row, "balances-agree")["holds"]
    assert check_of(row, "balances-agree")["found"]
    assert not check_of(row, "vouchers-counted")["holds"]


def test_contradictory_balances_leave_an_incomplete_import_that_says_which(importer: Importer) -> None:
    serve(importer, re.sub(rb"#UB 0 1930 \S+", b"#UB 0 1930 1.5", file_of(importer.scene.company)))
    row = importer.run()
    assert row.state == INCOMPLETE
    check = check_of(row, "balances-agree")
    assert (check["holds"], check["required"], len(check["found"])) == (False, True, 1)
    assert check["found"][0].startswith("2025-01-01: UB 1930: ")
    assert missing_checks(row) == ["balances-agree", "trial-balance-agrees"]


def test_vouchers_that_the_file_leaves_out_at_the_end_of_a_series_are_missed_and_named(importer: Importer) -> None:
    company = importer.scene.company
    last = company.next_voucher_number(year_id(company), "B") - 1
    serve(importer, without_last_vouchers(company, "B", 3))
    row = importer.run()
    assert row.state == INCOMPLETE
    check = check_of(row, "vouchers-counted")
    told = len(company.vouchers_of(year_id(company)))
    assert check["found"] == [
        f"2025-01-01: Fortnox counts {told} vouchers, the file has {told - 3}",
        f"2025-01-01: B {last - 2}-{last}",
    ]
    assert missing_checks(row) == ["vouchers-counted"]


@BOTH
def test_a_file_that_is_right_again_completes_the_next_import(importer: Importer) -> None:
    serve(importer, without_last_vouchers(importer.scene.company, "B", 3))
    assert importer.run().state == INCOMPLETE
    importer.scene.desk.serve_sie(year_id(importer.scene.company), None)
    importer.scene.clock.advance(timedelta(hours=1))
    row = importer.run()
    assert (row.state, row.counts["added"]) == (COMPLETED, 3)


def test_a_voucher_booked_while_the_import_runs_is_read_and_misses_nothing(importer: Importer) -> None:
    importer.ask()
    for _ in range(4):  # made, company, registers, the first year
        importer.step()
    company = importer.scene.company
    booked = company.vouchers_of(year_id(company))[0]
    importer.scene.desk.add_voucher(booked.year, "A", day=booked.date, description="Sent", rows=booked.booked_rows)
    importer.go_on()
    row = importer.scene.imports()[0]
    assert row.state == COMPLETED
    assert importer.balances(LAST) == importer.truth(LAST)


def test_a_voucher_deleted_while_the_import_runs_is_not_missed(importer: Importer) -> None:
    importer.ask()
    for _ in range(4):
        importer.step()
    company = importer.scene.company
    last = [voucher for voucher in company.vouchers_of(year_id(company)) if voucher.series == "B"][-1]
    importer.scene.desk.delete_voucher(last.key)
    importer.go_on()
    assert importer.scene.imports()[0].state == COMPLETED
    assert importer.scene.journal().count(f"GET /3/vouchers?financialyear={last.year}&limit=1") == 2


def test_what_the_file_lacks_at_the_end_of_the_manual_series_is_missed_though_others_were_booked_meanwhile(
    importer: Importer,
) -> None:
    importer.ask()
    for _ in range(4):
        importer.step()
    company = importer.scene.company
    last = company.next_voucher_number(year_id(company), "A") - 1
    booked = company.vouchers_of(year_id(company))[0]
    importer.scene.desk.add_voucher(booked.year, "B", day=booked.date, description="Sent", rows=booked.booked_rows)
    serve(importer, without_last_vouchers(company, "A", 1))  # as many vouchers as Fortnox counted before
    importer.go_on()
    row = importer.scene.imports()[0]
    assert row.state == INCOMPLETE
    assert check_of(row, "vouchers-counted")["found"] == [f"2025-01-01: A {last}"]


def test_a_year_without_vouchers_is_nothing_to_complain_of(importer: Importer) -> None:
    company = importer.scene.company
    for key in [key for key in company.vouchers if key[0] == year_id(company)]:
        del company.vouchers[key]
    row = importer.run()
    assert (row.state, len(row.cursor["read"])) == (COMPLETED, 3)
    assert row.cursor["read"][-1]["vouchers"] == 0
    assert importer.balances(LAST) == importer.truth(LAST)


def test_faults_that_touch_no_figure_are_told_with_line_and_reason(importer: Importer) -> None:
    company = importer.scene.company
    serve(importer, file_of(company).replace(b"#SRU 1930 ", b"#SRU 1930 \r\n#BKOD ", 1))
    row = importer.run()
    assert row.state == COMPLETED
    assert row.fault_count == len(row.faults) == 1
    assert (row.faults[0]["year"], row.faults[0]["label"]) == ("2025-01-01", "#SRU")
    assert row.faults[0]["line"] > 1
    assert row.faults[0]["reason"]


def missing_checks(row: Import) -> list[str]:
    return [check["check"] for check in row.completeness if check["required"] and not check["holds"]]


def assert_stands(importer: Importer, before: dict[str, int], facts: dict[str, tuple[int, int]]) -> None:
    assert importer.scene.engagement().last_run == 1
    assert importer.facts() == facts
    assert importer.balances(LAST) == before == importer.truth(LAST)
