"""SIE files and what can happen to them on their way; every case comes from its seed and number alone."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

from tests.bench.sie_file import ledger_file

REFERENCE = Path(os.environ.get("FORTNOX_REFERENCE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "sie"
CHART_LINES, VOUCHER_LINES = 120, 120  # what is kept of a long file, so that a hundred thousand cases take minutes
SHARE_OF_WHOLE_FILES = 0.02
MOST_DAMAGES = 4

HAND_MADE = r"""#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#PROGRAM "Prov \"ett\"" 1.0
#GEN 20240601 "Åsa"
#FNAMN "Åkeriet i Växjö AB"
#ORGNR 556016-0680
#RAR 0 20240101 20241231
#RAR -1 20230101 20231231
#VALUTA SEK
#KONTO 1910 "Kassa \"A\""
#KTYP 1910 T
#SRU 1910 7281
#KONTO 3001 Försäljning
#DIM 1 Kostnadsställe
#UNDERDIM 21 Del 1
#OBJEKT 6 "P 1" "Projekt"
#IB 0 1910 100.50
#UB -1 1910 100.50
#UB 0 1910 90.5
#RES 0 3001 10
#OIB 0 1910 {1 N} 5 0
#PSALDO 0 202401 1910 {} -10 0
#PSALDO 0 202401 1910 {6 "P 1"} -10 0
#PSALDO 0 202401 3001 {} 10 0
#VER A 1 20240103 "Text \"x\" {y} C:\temp" 20240105 Åsa
{
#TRANS 1910 {6 "P 1" 1 N} -10 20240103 "Text \"x\"" 2.5 Åsa
#BTRANS 3001 {} 10 "" "" 0 "Åsa"
#RTRANS 3001 {} 10 "" "" 0 "Åsa"
	#TRANS	3001	{ }	10	""	""	0

}
#VER # "" 20240131
{
#TRANS 1910 {} 0.00
}
"""

PIECES = (
    *(b'"', b"{", b"}", b"\\", b'\\"', b"#", b"-", b".", b" ", b'""', b"{}"),
    *(b"\t", b"\r", b"\n", b"\r\n", b"\0", b"\x0b", b"\x0c", b"\x1a", b"\x1c", b"\x85", b"\xa0", b"\xff"),
    *(b"\xc3", b"\xc3\xa5", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xef\xbf\xbd"),
    *(b"#KSUMMA\n", b"#KSUMMA 1\n", b"#VER A 9 20240101\n", b"\n{\n", b"\n}\n", b"#SIETYP 3\n", b"#FLAGGA", b"<html>"),
    *(b"#TRANS 1910 {} 1\n", b"#RTRANS 1910 {} 1\n", b"#trans 1910 {} 1\n"),
)
FIELDS = tuple(
    field.encode()
    for field in (
        *(
            "",
            '""',
            "{}",
            "{",
            "}",
            '"',
            '{1 "2"',
            "{1}",
            '{"1" "2" 3 4}',
            "{ 6 P1 }",
            "#",
            "#TRANS",
            "-",
            "+1",
            "1,5",
            "1e9",
        ),
        *(
            "0",
            "-0",
            "0.001",
            "5.",
            ".5",
            "9" * 13,
            "9" * 16 + ".99",
            "-" + "9" * 20,
            "9" * 5000,
            "00000000",
            "20240230",
        ),
        *(
            "99991231",
            "00010101",
            "2024-01-01",
            "202413",
            "0099",
            "Kassa",
            "ÅÄÖ",
            "\u0663",
            "\u2028",
            "a" * 2000,
            "\\",
            '"a b"',
        ),
    )
)


@cache
def specimens() -> tuple[bytes, ...]:
    """Return files in every dialect, short enough to be read often; real ones are among them where they are at hand."""
    text = HAND_MADE
    made = [
        text.replace("\n", "\r\n").encode("cp437"),
        text.encode("utf-8"),
        b"\xef\xbb\xbf" + text.encode("utf-8"),
        text.encode("cp1252"),
        re.sub(r"#(VER|[BR]?TRANS).*\n|[{}\t ]*[{}]\n", "", text).replace("SIETYP 4", "SIETYP 2").encode("cp437"),
        re.sub(r"#(IB|UB|RES|PSALDO|OIB|RAR).*\n", "", text).encode("cp437"),
        _with_checksum(),
        ledger_file(12, seed=1).data,
    ]
    return tuple(_excerpt(data) for data in (*made, *whole_files()))


@cache
def whole_files() -> tuple[bytes, ...]:
    """Return the real files, none where they are not at hand."""
    paths = sorted(path for path in REFERENCE.glob("*") if path.suffix.lower() in {".se", ".si", ".sie"})
    return tuple(path.read_bytes() for path in paths)


@cache
def truncations() -> list[tuple[int, int]]:
    """Return (specimen, length) for every prefix of the hand-made files."""
    return [(index, length) for index in range(7) for length in range(len(specimens()[index]))]


def case(seed: int, number: int) -> bytes:
    """Return the damaged file of that number: first every truncation, then damage drawn from the seed."""
    cut = truncations()
    if number < len(cut):
        index, length = cut[number]
        return specimens()[index][:length]
    chance = random.Random(f"{seed}:{number}")
    use_whole = whole_files() and chance.random() < SHARE_OF_WHOLE_FILES
    data = chance.choice(whole_files() if use_whole else specimens())
    for _ in range(chance.randint(1, MOST_DAMAGES)):
        data = chance.choice(DAMAGES)(data, chance)
    return data


def flip(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + bytes(byte ^ (1 << chance.randrange(8)) for byte in data[at : at + 1]) + data[at + 1 :]


def overwrite(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.randbytes(chance.randint(1, 3)) + data[at + 1 :]


def delete(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.randint(1, 12) :]


def insert(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.choice(PIECES) + data[at:]


def repeat(data: bytes, chance: random.Random) -> bytes:
    at, start = _place(data, chance), _place(data, chance)
    return data[:at] + data[start : start + chance.randint(1, 60)] + data[at:]


def truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def behead(data: bytes, chance: random.Random) -> bytes:
    return data[_place(data, chance) :]


def swap_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def drop_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    del lines[at : at + chance.randint(1, 3)]
    return b"\n".join(lines)


def repeat_line(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return b"\n".join(lines)


def shuffle_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    some = lines[at : at + 8]
    chance.shuffle(some)
    return b"\n".join([*lines[:at], *some, *lines[at + 8 :]])


def join_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    lines[at : at + 2] = [b" ".join(line.rstrip(b"\r") for line in lines[at : at + 2])]
    return b"\n".join(lines)


def drop_field(data: bytes, chance: random.Random) -> bytes:
    def change(fields: list[bytes]) -> None:
        del fields[chance.randrange(len(fields))]

    return _changed_fields(data, chance, change)


def replace_field(data: bytes, chance: random.Random) -> bytes:
    def change(fields: list[bytes]) -> None:
        fields[chance.randrange(len(fields))] = chance.choice(FIELDS)

    return _changed_fields(data, chance, change)


def add_field(data: bytes, chance: random.Random) -> bytes:
    return _changed_fields(
        data, chance, lambda fields: fields.insert(chance.randint(1, len(fields)), chance.choice(FIELDS))
    )


def swap_fields(data: bytes, chance: random.Random) -> bytes:
    def change(fields: list[bytes]) -> None:
        one, other = chance.randrange(len(fields)), chance.randrange(len(fields))
        fields[one], fields[other] = fields[other], fields[one]

    return _changed_fields(data, chance, change)


def break_quotes(data: bytes, chance: random.Random) -> bytes:
    return _without_one_of(data, b'"', chance)


def break_braces(data: bytes, chance: random.Random) -> bytes:
    return _without_one_of(data, chance.choice((b"{", b"}")), chance)


def convert(data: bytes, chance: random.Random) -> bytes:
    """Convert all of it or the end, as happens where files of two programs are glued together."""
    at = chance.choice((0, _place(data, chance)))
    letters = data[at:].decode(chance.choice(("cp437", "latin-1", "utf-8")), "replace")
    return data[:at] + letters.encode(chance.choice(("utf-8", "cp1252", "mac-roman", "utf-16", "ascii")), "replace")


def other_line_ends(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(
        b"\n", chance.choice((b"\n", b"\r\n", b"\r", b"\n\r", b"\n\n", b"\x0b"))
    )


def another_on_top(data: bytes, chance: random.Random) -> bytes:
    return data + chance.choice((b"", b"\r\n")) + chance.choice(specimens())


DAMAGES: Sequence[Callable[[bytes, random.Random], bytes]] = (
    *(flip, overwrite, delete, insert, insert, repeat, truncate, behead),
    *(swap_lines, drop_lines, repeat_line, shuffle_lines, join_lines),
    *(drop_field, replace_field, replace_field, add_field, swap_fields),
    *(break_quotes, break_braces, convert, other_line_ends, another_on_top),
)


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _changed_fields(data: bytes, chance: random.Random, change: Callable[[list[bytes]], object]) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    fields = lines[at].split(b" ")
    change(fields)
    lines[at] = b" ".join(fields)
    return b"\n".join(lines)


def _without_one_of(data: bytes, mark: bytes, chance: random.Random) -> bytes:
    places = [found.start() for found in re.finditer(re.escape(mark), data)]
    if not places:
        return data
    at = chance.choice(places)
    return data[:at] + data[at + 1 :]


def _excerpt(data: bytes) -> bytes:
    """Keep the beginning of the chart and of the vouchers of a long file."""
    lines = data.rstrip(b"\r\n\x1a").split(b"\n")
    first = next((at for at, line in enumerate(lines) if line.lstrip().startswith(b"#VER")), len(lines))
    kept = lines[:first][:CHART_LINES] + lines[first:][:VOUCHER_LINES]
    if len(kept) == len(lines):
        return data
    while len(kept) > CHART_LINES and kept[-1].strip() != b"}":
        kept.pop()
    return b"\n".join(line for line in kept if not line.startswith(b"#KSUMMA")) + b"\n"


def _with_checksum() -> bytes:
    parts = ["#SIETYP", "4", "#FNAMN", "Åkeri", "#UB", "0", "1910", "5"]
    content = "#SIETYP 4\r\n#FNAMN Åkeri\r\n#UB 0 1910 5\r\n"
    total = crc32("".join(parts).encode("cp437"))
    return f"#FLAGGA 0\r\n#KSUMMA\r\n{content}#KSUMMA {total}\r\n".encode("cp437")
