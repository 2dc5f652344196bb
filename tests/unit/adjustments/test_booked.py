"""What became of a voucher in an imported ledger: as posted, edited, missing, or not told."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from services.sandbox.sie_writer import to_cp437
from shared.adjustments import RowContent, reversal_of
from shared.adjustments.booked import Booked, BookedRow, InLedger, booked_by, judge, read_booked
from shared.fortnox import VoucherKey, allowed_text
from tests.unit.adjustments.samples import YEAR_END, content

POSTED_ON = date(2026, 2, 3)
OURS = booked_by(content())
OTHER = Booked(YEAR_END, "Kvitto taxi", (BookedRow("5800", 20_000), BookedRow("1930", -20_000)), date(2026, 2, 4))


def seen(
    *found: Booked, posted: Booked | None = OURS, covered: bool = True, whole: bool = True
) -> tuple[str | None, str | None] | None:
    answer = judge(posted, found, posted_on=POSTED_ON, covered=covered, whole=whole)
    return None if answer is None else (answer.state, answer.reason)


def test_what_was_posted_is_recognised_in_whatever_order_and_with_rows_of_nothing() -> None:
    rows = (*reversed(OURS.rows), BookedRow("3740", 0))
    assert seen(dataclasses.replace(OURS, rows=rows, registered=POSTED_ON)) == ("as-posted", None)
    assert seen(OTHER, OURS) == ("as-posted", None)
    assert read_booked(OURS.to_json()) == OURS


@pytest.mark.parametrize("covered", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_there_as_posted_is_there_whatever_else_was_read(covered: bool, whole: bool) -> None:
    assert seen(OURS, covered=covered, whole=whole) == ("as-posted", None)


@pytest.mark.parametrize(
    "text",
    ["Avskrivning – inventarier, 20 %", "Räntan på lån\nnr 7", "Łódź’s hyra", "Œuvre™ ½ år", "Pašić & Đorđević", "!"],
)
def test_a_text_is_the_same_when_the_code_page_of_the_file_took_letters_and_signs_from_it(text: str) -> None:
    posted = booked_by(content(text=text))
    read = " ".join(to_cp437(allowed_text(text, 200)).decode("cp437").split())
    assert seen(dataclasses.replace(posted, text=read), posted=posted) == ("as-posted", None)


def test_what_was_edited_is_named_with_what_it_was_and_what_it_is() -> None:
    posted = booked_by(content(RowContent("5010", 1000, cost_center="10", project="P1"), RowContent("2990", 0, 1000)))
    edited = Booked(date(2025, 12, 30), "Upplupen hyra dec", (BookedRow("5010", 1100, "20"), BookedRow("2990", -1100)))
    answer = seen(edited, posted=posted)
    assert answer is not None
    state, reason = answer
    assert state == "edited"
    assert (reason or "").split("; ") == [
        "date: 2025-12-31 became 2025-12-30",
        "text: 'Upplupen hyra' became 'Upplupen hyra dec'",
        "rows: 2990 -10.00, 5010 10.00 (cost centre 10, project P1) became 2990 -11.00, 5010 11.00 (cost centre 20)",
    ]


@pytest.mark.parametrize(
    "left",
    [
        dataclasses.replace(OTHER, text=OURS.text),
        dataclasses.replace(OTHER, rows=(OURS.rows[0], BookedRow("1930", -1000))),
        dataclasses.replace(OTHER, rows=(BookedRow("5010", 5), BookedRow("1930", -5)), registered=POSTED_ON),
        dataclasses.replace(OTHER, rows=(BookedRow("5010", 5), BookedRow("1930", -5)), registered=None),
    ],
    ids=["its text", "one of its rows", "an account and the day", "an account"],
)
def test_an_edited_voucher_is_known_by_what_is_left_of_it(left: Booked) -> None:
    answer = seen(left)
    assert answer is not None
    assert answer[0] == "edited"


@pytest.mark.parametrize(
    "other", [OTHER, dataclasses.replace(OTHER, rows=(BookedRow("5010", 5), BookedRow("1930", -5)))]
)
def test_a_number_that_fortnox_gave_again_does_not_hide_that_ours_is_gone(other: Booked) -> None:
    assert seen(other) == ("missing", "its number has another voucher now: 'Kvitto taxi' of 2025-12-31")


def test_what_is_not_there_is_missing_only_where_everything_was_read_after_the_posting() -> None:
    assert seen() == ("missing", "the ledger has no voucher under its number")
    assert seen(whole=False) == (None, "the year was not wholly read")
    assert seen(covered=False) == (None, "it was posted after the ledger was read, or just before")
    assert seen(OTHER, covered=False) == (None, "it was posted after the ledger was read, or just before")


def test_what_was_posted_after_the_ledger_was_read_is_not_edited() -> None:
    edited = dataclasses.replace(OURS, text="Upplupen hyra dec")
    assert seen(edited, covered=False) is None
    assert seen(edited, whole=False) is not None


def test_of_a_voucher_that_nobody_remembers_only_absence_is_told() -> None:
    assert judge(None, [OTHER], posted_on=None, covered=True, whole=True) is None
    gone = judge(None, [], posted_on=None, covered=True, whole=True)
    assert gone == InLedger("missing", "the ledger has no voucher under its number")


def test_a_reversal_books_the_same_rows_the_other_way() -> None:
    back = booked_by(reversal_of(content(), VoucherKey("A", 12, 4)))
    assert sorted(back.rows) == sorted(row._replace(amount_ore=-row.amount_ore) for row in OURS.rows)
    assert back.text == "Återföring av A 12: Upplupen hyra"
    assert seen(OURS, posted=back) is not None
