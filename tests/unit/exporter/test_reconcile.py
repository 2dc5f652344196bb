"""What was read back against what was sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.exporter.reconcile import LOOKS, MAX_SENDS, Doubt, after_miss, compare, next_look, sight
from shared.adjustments import Marker
from shared.fortnox import VoucherKey
from tests.unit.exporter.samples import booked, content, item

OURS = Marker("AAAAAAAA", "BBBBBBBB")
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


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


def test_the_first_look_counts_after_the_request_and_the_second_after_the_first() -> None:
    later = NOON + timedelta(minutes=10)
    assert next_look(NOON, 0, later) == NOON + timedelta(seconds=60)
    assert next_look(NOON, 1, later) == later + timedelta(seconds=60)


def test_one_look_is_not_enough_and_sending_does_not_go_on_for_ever() -> None:
    assert after_miss(LOOKS - 1, 1) == "unknown"
    assert after_miss(LOOKS, MAX_SENDS - 1) == "planned"
    assert after_miss(LOOKS, MAX_SENDS) == "needs-human"
