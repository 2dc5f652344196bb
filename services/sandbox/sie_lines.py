r"""A small tolerant reader of SIE lines, for files of any program.

Fields are cut at blanks and tabs, `"` quotes, `\"` is a quote inside quotes, a lone backslash is itself, and an object list
in braces is one field. A quote that is never closed ends with the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_UMLAUTS_CP1252 = b"\xc4\xc5\xd6\xe4\xe5\xf6"
_UMLAUTS_CP437 = b"\x84\x86\x8e\x8f\x94\x99"


@dataclass(frozen=True)
class Item:
    """One labelled line: `#TRANS 1930 {1 "10"} -5` is label `TRANS` and three fields; braces come as `{` and `}`."""

    label: str
    fields: tuple[str, ...]

    def get(self, place: int) -> str:
        """Return a field, or the empty text where the line has ended before."""
        return self.fields[place] if place < len(self.fields) else ""


def decode(content: bytes) -> str:
    """Decode UTF-8 if it is that, else CP437 unless the letters å, ä, ö stand where CP1252 has them."""
    if any(byte >= 0x80 for byte in content):
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
    windows = sum(content.count(bytes([byte])) for byte in _UMLAUTS_CP1252)
    dos = sum(content.count(bytes([byte])) for byte in _UMLAUTS_CP437)
    return content.decode("cp1252", errors="replace") if windows > dos else content.decode("cp437")


def read_items(content: bytes) -> Iterator[Item]:
    """Yield the labelled lines and the braces around vouchers; other lines are passed over."""
    for raw in decode(content).split("\n"):
        line = raw.strip(" \t\r")
        if line in {"{", "}"}:
            yield Item(line, ())
        elif line.startswith("#"):
            label, *fields = split_fields(line)
            yield Item(label[1:].upper(), tuple(fields))


def split_fields(line: str) -> list[str]:
    """Cut a line, or the inside of an object list, into its fields."""
    fields: list[str] = []
    place = 0
    while place < len(line):
        letter = line[place]
        if letter in " \t":
            place += 1
            continue
        if letter == '"':
            field, place = _quoted(line, place + 1)
        elif letter == "{":
            field, place = _list(line, place + 1)
        else:
            end = place
            while end < len(line) and line[end] not in " \t":
                end += 1
            field, place = line[place:end], end
        fields.append(field)
    return fields


def _quoted(line: str, place: int) -> tuple[str, int]:
    letters = []
    while place < len(line) and line[place] != '"':
        if line.startswith('\\"', place):
            place += 1
        letters.append(line[place])
        place += 1
    return "".join(letters), place + 1


def _list(line: str, place: int) -> tuple[str, int]:
    """Return the inside of an object list as it stands; a brace between quotes does not end it."""
    start, in_quotes = place, False
    while place < len(line) and (in_quotes or line[place] != "}"):
        if line[place] == '"' and line[place - 1] != "\\":
            in_quotes = not in_quotes
        place += 1
    return line[start:place], place + 1
