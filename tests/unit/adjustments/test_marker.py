"""The marker: always the same for the same adjustment, and found again in what people wrote around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adjustments import (
    Marker,
    RowContent,
    draft_of,
    marker_of,
    markers_in,
    read_marker,
    reversal_marker_of,
    reversal_markers_in,
    reversal_of,
)
from shared.fortnox import VoucherKey
from tests.unit.adjustments.samples import YEAR_END, content

FIRM = UUID(int=7)
ORGANISATION = "556036-0793"


def marker(**changes: object) -> Marker:
    return marker_of(FIRM, ORGANISATION, YEAR_END, replace(content(), **changes))  # type: ignore[arg-type]


def test_the_marker_never_changes_from_one_release_to_the_next() -> None:
    """A restored database finds vouchers that an earlier release has posted only by this value."""
    assert str(marker()) == "FP-K76B32IM-FHSGYWKQ"


def test_another_adjustment_is_another_document() -> None:
    others = [
        marker_of(UUID(int=8), ORGANISATION, YEAR_END, content()),
        marker_of(FIRM, "556012-5790", YEAR_END, content()),
        marker_of(FIRM, ORGANISATION, date(2024, 12, 31), content()),
        marker(kind="S"),
        marker(number=2),
    ]
    assert len({marker().document, *(other.document for other in others)}) == 6


def test_a_changed_adjustment_is_another_version_of_the_same_document() -> None:
    rows = (RowContent("5010", 1000, text="hyra"), RowContent("2990", 0, 1000))
    changed = [marker(text="Hyra"), marker(date=date(2025, 12, 30)), marker(rows=rows)]
    assert {other.document for other in changed} == {marker().document}
    assert len({marker().version, *(other.version for other in changed)}) == 4


def test_the_marker_stands_in_the_comments_and_the_text_stays_clean() -> None:
    draft = draft_of(content(text='Hyra "Q4" <slut>'), "A", str(marker()))
    assert draft.description == "Hyra ’Q4’  slut"
    assert markers_in(draft.comments) == [marker()]


def test_the_marker_of_a_reversal_never_changes_either_and_is_none_of_an_adjustment() -> None:
    back = reversal_marker_of(marker().document, VoucherKey("A", 17, 4))
    assert str(back) == "FPR-K76B32IM-GTICJOZU"
    assert not markers_in(str(back))
    assert not reversal_markers_in(str(marker()))
    assert (read_marker(str(back)), read_marker(str(marker()))) == (back, marker())
    assert len(str(back)) == 21  # the width of its column


def test_a_text_that_is_not_one_marker_alone_is_not_read_as_one() -> None:
    with pytest.raises(ValueError, match="no marker"):
        read_marker(f"{marker()} ")


def test_a_reversal_says_what_it_takes_back() -> None:
    key = VoucherKey("A", 17, 4)
    back = reversal_marker_of(marker().document, key)
    draft = draft_of(reversal_of(content(text="x" * 200), key), "A", str(back))
    assert draft.description.startswith("Återföring av A 17: xxx")
    assert len(draft.description) == 200
    assert draft.comments == f"Återföring av bokslutshändelse V1 (A 17), {back}"
    assert [(row.debit_ore, row.credit_ore) for row in draft.rows] == [(0, 1000), (1000, 0)]


@given(st.text(), st.text())
def test_the_marker_is_found_in_whatever_stands_around_it(before: str, after: str) -> None:
    assert marker() in markers_in(f"{before} {marker()} {after}")


@given(st.text(alphabet="FPA2-7 ", max_size=60))
def test_what_is_no_marker_is_not_taken_for_one(text: str) -> None:
    assert all(str(found) in text for found in markers_in(text))


def test_a_marker_inside_a_longer_word_is_none() -> None:
    assert markers_in(f"X{marker()}") == markers_in(f"{marker()}A") == []
