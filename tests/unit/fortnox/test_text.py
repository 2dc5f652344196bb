from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.fortnox.text import allowed_text

# The published class, without its letters.
SIGNS = re.compile(r"[’\\\u0308\u030a\u00a00-9 –:\.`´,;\^¤#%§£$€¢¥©™°&/\(\)=\+\-\*_!\?²³®½@\n\r]*")


def is_in_class(text: str) -> bool:
    return SIGNS.fullmatch("".join(c for c in text if not unicodedata.category(c).startswith("L"))) is not None


@given(text=st.text(), max_length=st.integers(1, 60))
@example(text="a\u0327\u0308", max_length=10)  # a mark is dropped from between a letter and its umlaut
@example(text="://" * 5, max_length=9)
@example(text=":／/", max_length=9)
@example(text="a\u0338\u030a", max_length=9)
def test_the_result_is_in_the_class_short_enough_and_stable(text: str, max_length: int) -> None:
    result = allowed_text(text, max_length)
    assert is_in_class(result)
    assert len(result) <= max_length
    assert "://" not in result
    assert allowed_text(result, max_length) == result


@given(text=st.text(alphabet="abcåäöÅÄÖéüØ 0123456789,.-+/()=&%§!?", max_size=40))
def test_allowed_text_is_kept_as_it_is(text: str) -> None:
    assert allowed_text(text, 100) == text.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Faktura "Åsa & Örjan"', "Faktura ’Åsa & Örjan’"),
        ("it's", "it’s"),
        ("[1] {2}", "(1) (2)"),
        ("a\tb", "a b"),
        ("vänta…", "vänta..."),
        ("~100 | 200", "-100 - 200"),
        ("A · B — C", "A - B – C"),
        ("1 < 2 > 0", "1   2   0"),
        ("https://example.com", "https:/example.com"),
        ("a\u030asa", "åsa"),
        ("klart 👍", "klart"),
        ("⅓ × ①", "1/3 x 1"),
        ("\u200bx\x00", "x"),
        ("Łódź Ελλάδα 株式会社", "Łódź Ελλάδα 株式会社"),
        ("rad 1\r\nrad 2", "rad 1\r\nrad 2"),
        ("12\u202f500", "12 500"),
        ("", ""),
    ],
)
def test_signs_outside_the_class_become_their_nearest_relative(text: str, expected: str) -> None:
    assert allowed_text(text, 200) == expected


def test_a_cut_leaves_no_blank_at_the_end() -> None:
    assert allowed_text("Periodisering hyra", 14) == "Periodisering"
