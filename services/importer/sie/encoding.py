"""Bytes to UTF-8: which character set a SIE file is really written in."""

from __future__ import annotations

import codecs

from services.importer.sie.errors import SieError
from services.importer.sie.records import Encoding

MAX_BYTES = 100_000_000

_CP437_LETTERS = bytes.fromhex("84868e8f9499")  # ä å Ä Å ö Ö
_CP1252_LETTERS = bytes.fromhex("c4c5d6e4e5f6")  # Ä Å Ö ä å ö
_DOS_END_OF_FILE = b"\x1a"
_BLANK = b" \t\r\n"
_SWEDISH_LETTERS = "åäöÅÄÖ"


def to_utf8(data: bytes) -> tuple[bytes, Encoding]:
    """Return the text in UTF-8, and the character set that it came in.

    The standard allows only CP437 (5.8) and #FORMAT has only one value, so it tells nothing. A byte order mark means UTF-8,
    so does valid UTF-8 with at least one letter outside ASCII; of the one-byte sets CP1252 is believed only where its codes
    for å, ä and ö outnumber those of CP437. Bytes that are not UTF-8 after a byte order mark become U+FFFD.

    Raises SieError for more than `MAX_BYTES`, for empty data, for data that does not start with a post, and for NUL bytes.
    """
    if len(data) > MAX_BYTES:
        raise SieError("sie-too-large", f"the file has {len(data)} bytes; at most {MAX_BYTES} are read")
    marked = data.startswith(codecs.BOM_UTF8)
    body = data.removeprefix(codecs.BOM_UTF8).rstrip(_DOS_END_OF_FILE + _BLANK)
    _refuse_what_is_no_sie_file(body)
    if body.isascii():
        return body, "utf-8" if marked else "cp437"
    if marked:
        return body.decode("utf-8", errors="replace").encode(), "utf-8"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return _from_one_byte_letters(body)
    return body, "utf-8"


def signs_of_damage(encoding: Encoding) -> list[str]:
    """Return what only stands in a text read from that character set when bytes were damaged before.

    A single damaged byte in UTF-8 makes a file one of a one-byte set, where each Swedish letter becomes two odd signs.
    """
    if encoding == "utf-8":
        return ["\N{REPLACEMENT CHARACTER}"]
    return [letter.encode("utf-8").decode(encoding) for letter in _SWEDISH_LETTERS]


def _from_one_byte_letters(body: bytes) -> tuple[bytes, Encoding]:
    if any(letter in body for letter in _CP1252_LETTERS) and _count(body, _CP1252_LETTERS) > _count(
        body, _CP437_LETTERS
    ):
        try:
            return body.decode("cp1252").encode(), "cp1252"
        except UnicodeDecodeError:
            pass  # five codes mean nothing in CP1252; CP437 has a character for every code
    return body.decode("cp437").encode(), "cp437"


def _refuse_what_is_no_sie_file(body: bytes) -> None:
    start = body.lstrip(_BLANK)[:200]
    if not start:
        raise SieError("sie-empty", "the file is empty")
    if start.startswith(b"<"):
        what = "SIE 5 (XML), which is another format" if b"sie5" in start.lower() else "HTML or XML"
        raise SieError("sie-not-a-sie-file", f"this is {what}; SIE 1-4 was expected")
    if not start.startswith(b"#"):
        raise SieError("sie-not-a-sie-file", "a SIE file starts with a post such as #FLAGGA", line=1)
    at = body.find(b"\0")
    if at >= 0:
        raise SieError("sie-nul-bytes", "NUL byte: the file is damaged", line=body.count(b"\n", 0, at) + 1)


def _count(body: bytes, letters: bytes) -> int:
    return len(body) - len(body.translate(None, letters))
