"""Rows in the binary format of PostgreSQL's COPY, made column by column: the server takes them in faster than as text.

Source: PostgreSQL, COPY, "Binary Format". Each row is its number of fields and then per field its length and its bytes,
most significant first; a null has the length -1 and no bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import JSON, BigInteger, Column, Date, Integer, LargeBinary, String, Uuid

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = -1
DAYS_TO_2000 = 10_957  # PostgreSQL's days begin with 2000, polars' with 1970
JSONB_VERSION = "\x01"

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


def columns_in_order(columns: Sequence[Column[Any]]) -> list[Column[Any]]:
    """Return first the columns that take the same room in every row."""
    return sorted(columns, key=lambda column: not _is_fixed(column))


def binary_rows(columns: Sequence[Column[Any]], frame: pl.DataFrame) -> memoryview:
    """Return a frame's rows; `columns` say what its columns are stored as, those of one width first.

    A uuid is 32 hexadecimal digits in the frame, JSON is text. Raises TypeError for a type that no fact has.
    """
    fixed = _fixed_part(len(columns), [_fixed(column, frame[column.name]) for column in columns if _is_fixed(column)])
    varying = [_varying(column, frame[column.name]) for column in columns if not _is_fixed(column)]
    sizes = np.full(frame.height, fixed.shape[1], np.int64)
    for lengths, _ in varying:
        sizes += 4 + np.maximum(lengths, 0)
    ends = np.cumsum(sizes)
    rows = np.empty(ends[-1], np.uint8)
    at = _put(rows, ends - sizes, fixed)
    for lengths, content in varying:
        at = _put(rows, at, _big_endian(lengths, 4))
        taken = np.maximum(lengths, 0)
        rows[_marked(rows.size, at, taken)] = content
        at = at + taken
    return rows.data


def _is_fixed(column: Column[Any]) -> bool:
    return not column.nullable and isinstance(column.type, Integer | Date | Uuid)


def _fixed_part(fields: int, blocks: Sequence[Bytes]) -> Bytes:
    """Return what begins each row: the number of its fields, and the fields of one width with their lengths."""
    height = len(blocks[0])
    parts = [np.full((height, 1), fields, ">i2").view(np.uint8)]
    for block in blocks:
        parts += [np.full((height, 1), block.shape[1], ">i4").view(np.uint8), block]
    return np.hstack(parts)


def _put(rows: Bytes, at: Numbers, block: Bytes) -> Numbers:
    """Write a line of the block at each place; return the places behind."""
    width = block.shape[1]
    rows[at[:, None] + np.arange(width)] = block
    behind: Numbers = at + width
    return behind


def _marked(size: int, at: Numbers, lengths: Numbers) -> NDArray[np.bool_]:
    """Mark so many bytes from each place on: one byte of memory for each, where their places would take eight."""
    runs = np.empty(2 * at.size + 1, np.int64)
    runs[0:-1:2] = at - np.concatenate(([0], (at + lengths)[:-1]))
    runs[1:-1:2] = lengths
    runs[-1] = size - at[-1] - lengths[-1]
    is_marked = np.zeros(runs.size, np.bool_)
    is_marked[1::2] = True
    return np.repeat(is_marked, runs)


def _fixed(column: Column[Any], values: pl.Series) -> Bytes:
    """Return a line of bytes for each value; polars raises where one does not fit, and there is no form for a null."""
    if values.null_count():
        raise ValueError(f"{column} cannot be null")
    if isinstance(column.type, Uuid):
        return np.frombuffer(bytes.fromhex(values.str.join("").item()), np.uint8).reshape(-1, 16)
    if isinstance(column.type, Date):
        return _big_endian(values.cast(pl.Int32).to_numpy() - DAYS_TO_2000, 4)
    if not values.dtype.is_integer():
        raise TypeError(f"{column} is a whole number, and not {values.dtype}")
    if isinstance(column.type, BigInteger):
        return _big_endian(values.cast(pl.Int64).to_numpy(), 8)
    return _big_endian(values.cast(pl.Int32).to_numpy(), 4)


def _varying(column: Column[Any], values: pl.Series) -> tuple[Numbers, Bytes]:
    """Return the length of each value, and the bytes of all that are not null, one behind the other."""
    present = values.drop_nulls()
    if isinstance(column.type, LargeBinary):
        content = bytes.fromhex(present.bin.encode("hex").str.join("").item())
        return _lengths(values.bin.size()), np.frombuffer(content, np.uint8)
    if isinstance(column.type, Integer | Date):
        block = _fixed(column, present)
        return np.where(values.is_null().to_numpy(), NULL, block.shape[1]), block.reshape(-1)
    if not isinstance(column.type, String | JSON):
        raise TypeError(f"{column} is stored as {column.type}, which has no binary form here")
    texts = JSONB_VERSION + values if isinstance(column.type, JSON) else values
    content = texts.drop_nulls().str.join("").item().encode()
    return _lengths(texts.str.len_bytes()), np.frombuffer(content, np.uint8)


def _lengths(sizes: pl.Series) -> Numbers:
    return sizes.cast(pl.Int64).fill_null(NULL).to_numpy()


def _big_endian(numbers: NDArray[Any], width: int) -> Bytes:
    return numbers.astype(f">i{width}").view(np.uint8).reshape(-1, width)
