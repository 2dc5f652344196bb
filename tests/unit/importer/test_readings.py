"""The digest of a file: the same for the same books, however often and by whatever version they are written out."""

from __future__ import annotations

import pytest

from services.importer.readings import digest_of

FILE = (
    b"#FLAGGA 0\r\n#KSUMMA\r\n#PROGRAM Fortnox 3.57\r\n#GEN 20250829\r\n#SIETYP 4\r\n"
    b'#VER A 1 20250101 "about #GEN 1 and #PROGRAM"\r\n{\r\n#TRANS 1930 {} 1.00\r\n}\r\n#KSUMMA 123\r\n'
)


@pytest.mark.parametrize(
    ("said", "otherwise"),
    [
        (b"#GEN 20250829", b"#GEN 20260101 anna"),
        (b"#PROGRAM Fortnox 3.57", b'#PROGRAM "Fortnox" 3.61.2'),
        (b"#KSUMMA 123", b"#KSUMMA 456"),
        (b"#GEN 20250829\r\n", b" \t#GEN\r\n"),
    ],
)
def test_lines_that_change_by_themselves_do_not_count(said: bytes, otherwise: bytes) -> None:
    assert digest_of(FILE.replace(said, otherwise)) == digest_of(FILE)


@pytest.mark.parametrize(
    ("said", "otherwise"),
    [
        (b"1.00", b"1.01"),
        (b"#GEN 1 and", b"#GEN 2 and"),
        (b"#SIETYP 4\r\n", b""),
        (b"#GEN 20250829\r\n", b"#GENERAL 1\r\n"),
        (b"#GEN 20250829\r\n#SIETYP 4", b"#GEN 20250829#SIETYP 4"),
        (b"}\r\n", b""),
        (b'"about', b'#GEN"about'),
    ],
)
def test_everything_else_does(said: bytes, otherwise: bytes) -> None:
    assert said in FILE
    assert digest_of(FILE.replace(said, otherwise)) != digest_of(FILE)


def test_any_bytes_have_a_digest() -> None:
    assert len({digest_of(data) for data in (b"", b"#GEN", b"\n#GEN 1", b"x#GEN 1", b"#KSUMMA")}) == 3
