"""What an adjustment must be in itself."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adjustments import AdjustmentContent, Fault, RowContent, draft_of, faults
from tests.unit.adjustments.samples import content

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)


def found(adjustment: AdjustmentContent) -> list[Fault]:
    return faults(adjustment, first_day=FIRST, last_day=LAST)


def codes(adjustment: AdjustmentContent) -> list[tuple[int | None, str]]:
    return [(fault.row, fault.code) for fault in found(adjustment)]


def test_a_balanced_voucher_in_the_year_has_no_fault() -> None:
    assert found(content()) == []
    assert found(content(day=FIRST)) == []


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2026, 1, 1)])
def test_a_date_outside_the_year_is_a_fault(day: date) -> None:
    assert codes(content(day=day)) == [(None, "date-outside-year")]


def test_one_ore_too_much_is_named_with_its_amount() -> None:
    (fault,) = found(content(RowContent("5010", 1001), RowContent("2990", 0, 1000)))
    assert (fault.code, fault.reason) == ("unbalanced", "debit and credit differ by 0.01")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (RowContent("2990"), "row-empty"),
        (RowContent("2990", 5, 5), "row-two-sided"),
        (RowContent("2990", -5, -5), "amount-negative"),
        (RowContent("299", 5), "account-invalid"),
        (RowContent("0299", 5), "account-invalid"),
        (RowContent("２９９０", 5), "account-invalid"),
        (RowContent("2990", 10**15), "amount-too-large"),
    ],
)
def test_a_faulty_row_is_named_by_its_place(row: RowContent, code: str) -> None:
    assert (2, code) in codes(content(RowContent("5010", 1000), row))


def test_a_voucher_without_rows_or_text_is_a_fault() -> None:
    empty = AdjustmentContent("V", 1, LAST, "\u200b\t", ())
    assert codes(empty) == [(None, "text-missing"), (None, "rows-missing")]


amounts = st.integers(min_value=1, max_value=10**14)


@given(st.lists(amounts, min_size=1, max_size=8), st.text(max_size=300), st.text(max_size=200))
def test_whatever_passes_the_rules_can_leave_as_a_voucher(debits: list[int], text: str, row_text: str) -> None:
    rows = [RowContent("5010", debit, text=row_text) for debit in debits]
    adjustment = content(*rows, RowContent("2990", 0, sum(debits)), text=f"x{text}")
    assert found(adjustment) == []
    assert draft_of(adjustment, "A", "FP-AAAAAAAA-BBBBBBBB").rows[-1].credit_ore == sum(debits)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), max_size=4))
def test_whatever_fortnox_would_refuse_does_not_pass_the_rules(amounts_ore: list[tuple[int, int]]) -> None:
    adjustment = AdjustmentContent("V", 1, LAST, "x", tuple(RowContent("2990", *pair) for pair in amounts_ore))
    acceptable = (
        bool(amounts_ore)
        and all(min(pair) == 0 < max(pair) for pair in amounts_ore)
        and sum(debit - credit for debit, credit in amounts_ore) == 0
    )
    assert (found(adjustment) == []) == acceptable
