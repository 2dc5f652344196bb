"""What was read back against what was sent."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.adjustments import Doubt, Marker, compare, reversal_marker_of, reversal_of, sight
from shared.fortnox import VoucherKey, VoucherListItem
from tests.unit.adjustments.samples import booked, content, item

OURS = Marker("AAAAAAAA", "BBBBBBBB")


def doubt_of(found: object) -> str:
    assert isinstance(found, Doubt)
    return found.code


def test_the_one_voucher_with_the_marker_is_ours() -> None:
    items = [item(16), item(17, f"Bokslutshändelse V1, {OURS}"), item(18, "FP-CCCCCCCC-BBBBBBBB")]
    assert sight(items, OURS) == VoucherKey("A", 17, 4)


def test_a_marker_that_somebody_moved_into_the_text_is_found_too() -> None:
    assert sight([item(17, description=f"{OURS} hyra")], OURS) == VoucherKey("A", 17, 4)


def test_a_marker_twice_in_one_voucher_is_one_voucher() -> None:
    assert sight([item(17, f"{OURS} {OURS}", description=str(OURS))], OURS) == VoucherKey("A", 17, 4)


def test_several_vouchers_are_a_doubt_that_names_them() -> None:
    found = sight([item(17, str(OURS)), item(3, str(OURS), series="I")], OURS)
    assert isinstance(found, Doubt)
    assert (found.code, "A17, I3" in found.reason) == ("several-vouchers-found", True)


def test_another_version_is_a_doubt_alone_and_beside_ours() -> None:
    other = item(17, "FP-AAAAAAAA-CCCCCCCC")
    assert doubt_of(sight([other], OURS)) == "other-version-found"
    assert doubt_of(sight([other, item(18, str(OURS))], OURS)) == "several-vouchers-found"


@given(st.lists(st.text(alphabet=st.characters(blacklist_characters="F")), max_size=10))
def test_vouchers_of_others_are_never_taken_for_ours(comments: list[str]) -> None:
    assert sight([item(number, text) for number, text in enumerate(comments, start=1)], OURS) is None


@given(st.permutations([(5010, 10, 0, False), (2990, 0, 10, False), (5020, 99, 0, True)]))
def test_order_of_rows_and_struck_rows_do_not_matter(rows: list[tuple[int, int, int, bool]]) -> None:
    assert compare(content(), booked(rows)) is None


def test_another_amount_account_or_date_makes_another_voucher() -> None:
    assert doubt_of(compare(content(), booked([(5010, 11, 0, False), (2990, 0, 11, False)]))) == "voucher-differs"
    assert doubt_of(compare(content(), booked([(5020, 10, 0, False), (2990, 0, 10, False)]))) == "voucher-differs"
    same_rows = [(5010, 10, 0, False), (2990, 0, 10, False)]
    assert doubt_of(compare(content(), booked(same_rows, date(2025, 12, 30)))) == "voucher-differs"
    assert doubt_of(compare(content(), booked(same_rows * 2))) == "voucher-differs"


def taken_back(number: int, *, by: int) -> VoucherListItem:
    marker = reversal_marker_of(OURS.document, VoucherKey("A", number, 4))
    return item(by, f"Återföring av bokslutshändelse V1 (A {number}), {marker}")


def test_a_voucher_that_was_taken_back_does_not_count() -> None:
    first, second = item(17, str(OURS)), item(19, str(OURS))
    back = taken_back(17, by=18)
    assert sight([first, back], OURS) is None
    assert sight([first, back, second], OURS) == VoucherKey("A", 19, 4)
    assert sight([first, back, second, taken_back(19, by=20)], OURS) is None


def test_a_version_that_was_taken_back_is_no_doubt_about_the_next_one() -> None:
    other = item(17, "FP-AAAAAAAA-CCCCCCCC")
    assert sight([other, taken_back(17, by=18), item(19, str(OURS))], OURS) == VoucherKey("A", 19, 4)


def test_a_reversal_of_another_year_series_or_adjustment_takes_nothing_back() -> None:
    first = item(17, str(OURS))
    others = [
        reversal_marker_of(OURS.document, VoucherKey("A", 17, 5)),
        reversal_marker_of(OURS.document, VoucherKey("I", 17, 4)),
        reversal_marker_of("CCCCCCCC", VoucherKey("A", 17, 4)),
    ]
    items = [first, *(item(18 + place, str(marker)) for place, marker in enumerate(others))]
    assert sight(items, OURS) == VoucherKey("A", 17, 4)


def test_a_reversal_is_found_by_its_own_marker_and_two_of_them_are_a_doubt() -> None:
    marker = reversal_marker_of(OURS.document, VoucherKey("A", 17, 4))
    items = [item(17, str(OURS)), taken_back(17, by=18)]
    assert sight(items, marker) == VoucherKey("A", 18, 4)
    assert sight(items[:1], marker) is None
    assert doubt_of(sight([*items, taken_back(17, by=19)], marker)) == "several-vouchers-found"


def test_a_reversal_has_the_same_rows_with_debit_and_credit_changed_about() -> None:
    back = reversal_of(content(), VoucherKey("A", 16, 4))
    assert compare(back, booked([(5010, 0, 10, False), (2990, 10, 0, False)])) is None
    assert doubt_of(compare(back, booked([(5010, 10, 0, False), (2990, 0, 10, False)]))) == "voucher-differs"
