from __future__ import annotations

import codecs

import pytest

from services.importer.sie import read_sie
from tests.unit.sie.specimens import reasons, refusal_of, sie_bytes

NAME = "Åkeriet i Växjö AB"


@pytest.mark.parametrize("encoding", ["cp437", "utf-8", "cp1252"])
def test_the_character_set_is_found_whatever_format_says(encoding: str) -> None:
    file = read_sie(sie_bytes(encoding=encoding))
    assert (file.company_name, file.encoding) == (NAME, encoding)


def test_a_byte_order_mark_means_utf_8() -> None:
    file = read_sie(codecs.BOM_UTF8 + sie_bytes(encoding="utf-8"))
    assert (file.company_name, file.encoding, file.faults) == (NAME, "utf-8", [])


def test_plain_ascii_counts_as_the_standard_says() -> None:
    assert read_sie(b"#FLAGGA 0\n").encoding == "cp437"


def test_one_latin_letter_does_not_turn_a_cp437_file_over() -> None:
    data = sie_bytes('#FNR "F?retag"').replace(b"F?retag", b"F\xf6retag")
    assert (read_sie(data).company_name, read_sie(data).encoding) == (NAME, "cp437")


def test_bytes_that_cp1252_does_not_have_leave_cp437() -> None:
    data = sie_bytes("#PROSA \x81\x8d", encoding="latin-1")
    assert read_sie(data).encoding == "cp437"


def test_a_no_break_space_of_cp437_stays_inside_a_name() -> None:
    file = read_sie(sie_bytes("#KONTO 1910 Kassa\N{NO-BREAK SPACE}1"))
    assert file.accounts["1910"].name == "Kassa\N{NO-BREAK SPACE}1"


def test_letters_lost_earlier_are_reported_with_their_line() -> None:
    file = read_sie(sie_bytes('#KONTO 1910 "K\N{REPLACEMENT CHARACTER}p"', encoding="utf-8"))
    assert [(fault.line, fault.reason) for fault in file.faults] == [(8, "letters were lost before the file came here")]


def test_bytes_that_are_not_utf_8_after_a_byte_order_mark_are_reported() -> None:
    file = read_sie(codecs.BOM_UTF8 + sie_bytes("#KONTO 1910 Kassa") + b"#PROSA \xff\n")
    assert reasons(file) == ["letters were lost before the file came here"]


@pytest.mark.parametrize(("encoding", "bad"), [("cp437", b"\x94"), ("cp1252", b"\xe5\xe4\xf6")])
def test_letters_of_utf_8_in_a_file_with_a_damaged_byte_are_reported_once(encoding: str, bad: bytes) -> None:
    file = read_sie(sie_bytes("#KONTO 1910 Kåssä", "#KONTO 1920 Böx", encoding="utf-8") + b"#PROSA " + bad + b"\n")
    assert file.encoding == encoding
    assert [(fault.line, fault.reason) for fault in file.faults] == [(6, "letters were lost before the file came here")]


@pytest.mark.parametrize("end", [b"\x1a", b"\x1a\r\n", b"\r\n \x1a\x1a\r\n\t\r\n"])
def test_the_end_mark_of_dos_is_no_content(end: bytes) -> None:
    assert read_sie(sie_bytes() + end).faults == []


@pytest.mark.parametrize("data", [b"", b" \r\n\t", codecs.BOM_UTF8, b"\x1a"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert refusal_of(data).code == "sie-empty"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<!DOCTYPE html><html><title>404</title>", "HTML"),
        (b'<?xml version="1.0"?><Sie xmlns="http://www.sie.se/sie5">', "SIE 5"),
        (b'{"error": "not found"}', "#FLAGGA"),
        (b"PK\x03\x04\x00\x00", "#FLAGGA"),
        ("#FLAGGA 0".encode("utf-16"), "#FLAGGA"),
        (b"# A heading\nand a text", "neither"),
        (b"#!/bin/sh\n", "no line"),
    ],
)
def test_what_is_no_sie_file_is_refused_and_called_what_it_is(data: bytes, says: str) -> None:
    refused = refusal_of(data)
    assert refused.code in {"sie-not-a-sie-file", "sie-bad-line"}
    assert says in refused.reason


def test_a_nul_byte_is_refused_with_its_line() -> None:
    refused = refusal_of(sie_bytes("#KONTO 1910 Kas\0sa"))
    assert (refused.code, refused.line) == ("sie-nul-bytes", 8)
