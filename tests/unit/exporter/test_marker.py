"""The marker: always the same for the same adjustment, and found again in what people wrote around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.adjustments import Marker, RowContent, draft_of, marker_of, markers_in
from tests.unit.exporter.samples import YEAR_END, content

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
    assert len(str(marker())) == 20  # the width of its column


@given(st.text(), st.text())
def test_the_marker_is_found_in_whatever_stands_around_it(before: str, after: str) -> None:
    assert marker() in markers_in(f"{before} {marker()} {after}")


@given(st.text(alphabet="FPA2-7 ", max_size=60))
def test_what_is_no_marker_is_not_taken_for_one(text: str) -> None:
    assert all(str(found) in text for found in markers_in(text))


def test_a_marker_inside_a_longer_word_is_none() -> None:
    assert markers_in(f"X{marker()}") == markers_in(f"{marker()}A") == []
