"""Voucher numbers that are missing."""

from __future__ import annotations

from services.importer.numbering import MOST_NAMED, gaps


def test_numbers_without_gaps_leave_nothing_to_name() -> None:
    assert gaps([("A", "1"), ("A", "2"), ("B", "1")]) == ()


def test_missing_numbers_are_named_by_series_also_at_the_beginning() -> None:
    present = [("B", "3"), ("A", "1"), ("A", "2"), ("A", "4"), ("A", "9")]
    assert gaps(present) == ("A 3", "A 5-8", "B 1-2")


def test_vouchers_without_a_number_or_with_one_that_is_no_number_count_in_no_order() -> None:
    assert gaps([("A", ""), ("A", "X7"), ("A", "1")]) == ()


def test_a_number_used_twice_is_no_gap() -> None:
    assert gaps([("A", "1"), ("A", "1"), ("A", "2")]) == ()


def test_a_list_of_gaps_stays_short() -> None:
    named = gaps(("A", str(2 * number)) for number in range(1, 101))
    assert len(named) == MOST_NAMED + 1
    assert named[-1] == "and 80 more"
