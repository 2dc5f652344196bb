"""#KSUMMA: the checksum that some programs put around everything they write (10.4-10.15)."""

from __future__ import annotations

from zlib import crc32

import polars as pl

from services.importer.sie.errors import SieError
from services.importer.sie.lexer import Line, lex
from services.importer.sie.records import Checksum, Encoding
from services.importer.sie.values import at, shown

LABEL = "#KSUMMA"


class ChecksumReader:
    """Collects labels and values between the two #KSUMMA posts and compares their CRC-32 with the stated one.

    Separators, outer quotes and braces do not count, an escaped quote counts as a quote. The standard speaks of CP437 bytes,
    whatever the file was converted to afterwards; a file that was written in another character set from the start can only
    have been summed in that one, so either is right.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._encodings: dict[Encoding, None] = {"cp437": None, encoding: None}
        self._parts: list[str] = []
        self._opened_on = 0
        self._closed = False
        self.verdict: Checksum = "absent"

    def take(self, line: Line) -> None:
        """Take one line; raises SieError where the checksum is wrong or does not cover the line."""
        if self._closed:
            raise _refusal(line, "posts stand after the closing #KSUMMA, which does not cover them")
        if line.label == LABEL:
            self._boundary(line)
        elif self._opened_on and line.label.startswith("#"):
            self._parts.append(line.label)
            for field in line.fields:
                self._parts.append(field if isinstance(field, str) else "".join(field))

    def take_plain(self, lines: pl.DataFrame) -> None:
        """Take whole vouchers at once, in whose lines every quote and brace is in its place."""
        if self._closed:
            self.take(lex(*lines.row(0)))
        elif self._opened_on:
            self._parts.append(_summed(lines["text"].str.join(" ").item()))

    def finish(self) -> Checksum:
        if self._opened_on and not self._closed:
            raise SieError("sie-truncated", "#KSUMMA is opened and never closed", line=self._opened_on, label=LABEL)
        return self.verdict

    def _boundary(self, line: Line) -> None:
        stated = at(line.fields, 0)
        if not self._opened_on and stated == "":
            self._opened_on = line.number
            return
        if not self._opened_on:
            raise _refusal(line, "it closes what was never opened")
        if not (isinstance(stated, str) and stated.isascii() and stated.isdigit()):
            raise _refusal(line, f"{shown(stated)} is not a checksum")
        self._closed = True
        self.verdict = "verified" if (stated.lstrip("0") or "0") in self._computed() else "wrong"
        if self.verdict == "wrong":
            raise _refusal(line, f"it says {shown(stated)}, but the content gives {' or '.join(self._computed())}")

    def _computed(self) -> list[str]:
        content = "".join(self._parts)
        sums: list[str] = []
        for encoding in self._encodings:
            try:
                found = str(crc32(content.encode(encoding)))
            except UnicodeEncodeError:
                continue  # letters that this character set does not have cannot have been summed in it
            if found not in sums:
                sums.append(found)
        return sums


def _summed(text: str) -> str:
    """Return labels and values of a text: every second piece between its quotes is a value, the others hold bare words."""
    pieces = text.replace('\\"', "\0").split('"')
    bare = "\n".join(pieces[::2])
    for separator in " \t{}":
        bare = bare.replace(separator, "")
    pieces[::2] = bare.split("\n")
    return "".join(pieces).replace("\0", '"')


def _refusal(line: Line, why: str) -> SieError:
    return SieError("sie-checksum-wrong", why, line=line.number, label=line.label)
