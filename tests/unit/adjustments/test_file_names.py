"""What a file is called in Fortnox."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.adjustments.files import name_in_fortnox
from shared.fortnox import FILE_NAME_MAX, allowed_text


def test_the_name_of_a_file_never_changes_from_one_release_to_the_next() -> None:
    """A restored database finds files that an earlier release has sent only by this name."""
    assert name_in_fortnox("Hyresavi Q4.pdf", "K76B32IM", bytes(32)) == "Hyresavi Q4 (FP-K76B32IM-AAAAAAAA).pdf"


def test_another_adjustment_or_another_content_is_another_name() -> None:
    names = {
        name_in_fortnox("a.pdf", document, sha256)
        for document in ("A" * 8, "B" * 8)
        for sha256 in (bytes(32), b"x" * 32)
    }
    assert len(names) == 4


def test_a_name_without_anything_allowed_still_is_one() -> None:
    assert name_in_fortnox("\u200b", "A" * 8, bytes(32)) == "fil (FP-AAAAAAAA-AAAAAAAA)"


@given(st.text(max_size=150), st.binary(min_size=32, max_size=32))
def test_the_mark_survives_whatever_the_file_is_called(name: str, sha256: bytes) -> None:
    called = name_in_fortnox(name, "A" * 8, sha256)
    assert "(FP-AAAAAAAA-" in called
    assert called == allowed_text(called, FILE_NAME_MAX)
