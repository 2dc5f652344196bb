"""Small SIE files made to measure."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from zlib import crc32

from services.importer.sie import Row, SieError, SieFile, read_sie

HEAD = (
    "#FLAGGA 0",
    "#FORMAT PC8",
    "#SIETYP 4",
    '#PROGRAM "Prov" 1.0',
    "#GEN 20240601",
    '#FNAMN "Åkeriet i Växjö AB"',
    "#RAR 0 20240101 20241231",
)


def sie_bytes(*lines: str, head: tuple[str, ...] = HEAD, end: str = "\r\n", encoding: str = "cp437") -> bytes:
    return (end.join((*head, *lines)) + end).encode(encoding)


def voucher(*rows: str, head: str = "#VER A 1 20240102 Text") -> tuple[str, ...]:
    return (head, "{", *rows, "}")


def read(*lines: str) -> SieFile:
    return read_sie(sie_bytes(*lines))


def rows_of(*rows: str) -> tuple[Row, ...]:
    return read(*voucher(*rows)).vouchers[0].rows


def refusal_of(data: bytes) -> SieError:
    try:
        read_sie(data)
    except SieError as refused:
        return refused
    raise AssertionError("the file was taken")


def everything(file: SieFile) -> dict[str, Any]:
    """Return all that a file says, in a form that `==` compares."""
    said = {field.name: getattr(file, field.name) for field in fields(file)}
    return said | {name: (said[name].schema, said[name].rows()) for name in ("heads", "rows")}


def reasons(file: SieFile) -> list[str]:
    return [fault.reason for fault in file.faults]


def with_checksum(content: bytes, *values: str, encoding: str = "cp437") -> bytes:
    """Put #KSUMMA around content whose labels and values, in their order, are `values`."""
    total = crc32("".join(values).encode(encoding))
    return b"#FLAGGA 0\r\n#KSUMMA\r\n" + content + f"#KSUMMA {total}\r\n".encode("ascii")
