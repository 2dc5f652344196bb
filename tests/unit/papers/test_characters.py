from __future__ import annotations

import unicodedata

from hypothesis import given

from shared.papers.characters import PLACEHOLDER, printable, typesettable
from tests.unit.papers.hostile import NAMES, SEEDED


@SEEDED
@given(NAMES)
def test_a_printable_text_is_one_line_without_anything_invisible(text: str) -> None:
    shown = printable(text)
    assert {unicodedata.category(sign) for sign in shown}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert printable(shown) == shown
    shown.encode()


@SEEDED
@given(NAMES)
def test_a_typesettable_text_stays_the_same_when_it_is_asked_for_again(text: str) -> None:
    assert typesettable(typesettable(text)) == typesettable(text)


def test_names_of_this_part_of_the_world_are_left_alone() -> None:
    for name in ("Åkes Äpplen & Öl – 25 % «rabatt»", "Łódź Żółw", "Đặng Thị", "Σωκράτης", "Чайковский", "€ 5 №7™"):
        assert typesettable(name) == name


def test_what_the_font_lacks_is_seen_to_be_missing() -> None:
    assert typesettable("株 AB") == f"{PLACEHOLDER} AB"
    assert printable("株 AB") == "株 AB"
    assert printable("a\ud800\ue000b") == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"
    assert printable("exe\u202egnp\r\nx") == "exegnp  x"
