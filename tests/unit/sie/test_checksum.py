from __future__ import annotations

import pytest

from services.importer.sie import read_sie
from tests.unit.sie.specimens import read, refusal_of, with_checksum

CONTENT = '#SIETYP 4\r\n#KONTO 1910 "Å \\"x\\""\r\n#VER A 1 20240102\r\n{\r\n\t#TRANS 1910 {1 "N 1"}  0\r\n}\r\n'
VALUES = ("#SIETYP", "4", "#KONTO", "1910", 'Å "x"', "#VER", "A", "1", "20240102", "#TRANS", "1910", "1", "N 1", "0")


def test_a_right_checksum_counts_labels_and_values_and_nothing_else() -> None:
    assert read_sie(with_checksum(CONTENT.encode("cp437"), *VALUES)).checksum == "verified"


@pytest.mark.parametrize("summed_in", ["cp437", "utf-8"])
def test_a_file_in_utf_8_may_have_been_summed_before_or_after_it_became_so(summed_in: str) -> None:
    assert read_sie(with_checksum(CONTENT.encode(), *VALUES, encoding=summed_in)).checksum == "verified"


def test_letters_outside_cp437_are_summed_in_the_character_set_of_the_file() -> None:
    data = with_checksum("#FNAMN Łódź\n".encode(), "#FNAMN", "Łódź", encoding="utf-8")
    assert read_sie(data).checksum == "verified"


def test_a_file_without_a_checksum_says_so() -> None:
    assert read().checksum == "absent"


def test_a_changed_amount_makes_the_checksum_wrong_and_refuses_the_file() -> None:
    data = with_checksum(CONTENT.encode("cp437"), *VALUES).replace(b"}  0", b"}  1")
    refused = refusal_of(data)
    assert (refused.code, refused.line, refused.label) == ("sie-checksum-wrong", 9, "#KSUMMA")


def test_a_checksum_that_is_never_closed_refuses_the_file() -> None:
    refused = refusal_of(with_checksum(CONTENT.encode("cp437"), *VALUES).rpartition(b"#KSUMMA")[0])
    assert (refused.code, refused.line) == ("sie-truncated", 2)


@pytest.mark.parametrize("last", ["#KSUMMA abc", "#KSUMMA -1", "#KSUMMA", "#KSUMMA {1 2}"])
def test_a_closing_post_without_a_checksum_refuses_the_file(last: str) -> None:
    assert refusal_of(f"#FLAGGA 0\n#KSUMMA\n{last}\n".encode()).code == "sie-checksum-wrong"


def test_a_closing_post_that_nothing_opens_refuses_the_file() -> None:
    assert refusal_of(b"#FLAGGA 0\n#KSUMMA 123\n").code == "sie-checksum-wrong"


def test_posts_that_the_checksum_does_not_cover_refuse_the_file() -> None:
    data = with_checksum(CONTENT.encode("cp437"), *VALUES) + b"#IB 0 1910 5\r\n"
    assert refusal_of(data).code == "sie-checksum-wrong"
