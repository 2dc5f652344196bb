r"""Vouchers as columns: all those whose lines are plain are read at once, and no object is made of a row.

A voucher is plain if its lines stand as they should (#VER, "{", rows, "}") and each is spelled so that one regular expression
tells its fields: in quotes or bare, with any blanks between, with `\"` and lone backslashes in texts. Whatever else the format
allows or programs get wrong is left to `vouchers`, line by line, which also judges what is refused.

Both make the same two frames. `heads` has one line per #VER and `rows` one per #TRANS, #BTRANS and #RTRANS, in the order of
the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import polars as pl

from services.importer.sie.lexer import BLANKS
from services.importer.sie.records import RowKind
from services.importer.sie.values import ACCOUNT_CHARS, NUMBER_CHARS, OBJECT_CHARS, SERIES_CHARS

HEADS: dict[str, pl.DataType] = {
    "series": pl.String(),
    "number": pl.String(),
    "date": pl.Date(),
    "text": pl.String(),
    "registered": pl.Date(),  # null for none
    "sign": pl.String(),
    "line": pl.UInt32(),
}
ROWS: dict[str, pl.DataType] = {
    "kind": pl.Enum(["booked", "struck", "added"]),
    "account": pl.String(),
    "amount_ore": pl.Int64(),
    "date": pl.Date(),  # null for the voucher's
    "text": pl.String(),
    "quantity": pl.String(),  # a plain decimal, null for none
    "sign": pl.String(),
    "objects": pl.String(),  # JSON pairs of dimension and code: [["1","10"],["6","P1"]]
    "line": pl.UInt32(),
}


class Columns(NamedTuple):
    """Vouchers as frames of the columns `HEADS` and `ROWS`."""

    heads: pl.DataFrame
    rows: pl.DataFrame


class Plain(NamedTuple):
    """The plain vouchers of a file, and where they stand in its lines: [start, end) of each unbroken run of them."""

    columns: Columns
    runs: list[tuple[int, int]]


# The expressions say at every letter which way to go on, and have eight groups at most: then the engine needs a single pass
# for all groups (it calls such expressions one-pass), which takes a third of the time.


def _quoted_or_not(value: str) -> str:
    return f'({value}|"{value}")'


def _or_none(value: str) -> str:
    return f'({value}|"(?:{value})?")'


def _post(labels: str, needed: list[str], optional: list[str]) -> str:
    """Return the expression of a post, of whose optional fields the last may be missing."""
    tail = ""
    for field in reversed(optional):
        tail = f"(?:{_GAP}{field}{tail})?"
    return f"^#{labels}{_GAP}{_GAP.join(needed)}{tail}$"


_GAP, _MAYBE_GAP = f"[{BLANKS}]+", f"[{BLANKS}]*"
_TEXT = rf'("(?:[^"\\]|\\+[^\\])*"|[^{BLANKS}"{{}}\\]+)'
_IN_QUOTES, _BARE = r'[^"\\\x00-\x1f]*', rf'[^{BLANKS}"{{}}\\\x00-\x1f]+'  # of what JSON says as it stands
_PAIR = _GAP.join([f'(?:"{_IN_QUOTES}"|{_BARE})'] * 2)
_PAIR_IN_GROUPS = _GAP.join([f'(?:"({_IN_QUOTES})"|({_BARE}))'] * 2) + _MAYBE_GAP
_LIST = (
    rf"(\{{{_MAYBE_GAP}(?:{_PAIR}(?:{_GAP}(?:{_PAIR}(?:{_GAP}(?:{_PAIR}{_MAYBE_GAP})?)?)?)?)?\}})"  # of three at most
)
_DAY = "[1-9][0-9]{7}"
_ACCOUNT = f"[0-9]{{1,{ACCOUNT_CHARS}}}"
_AMOUNT = r"-?[0-9]{1,13}(?:\.[0-9]{1,2})?"  # one digit less than the largest amount has
_QUANTITY = r"-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?"

_HEAD = _post("VER", [_TEXT, _TEXT, _quoted_or_not(_DAY)], [_TEXT, _or_none(_DAY), _TEXT])
_ROW = _post(
    "([BR]?)TRANS",
    [_quoted_or_not(_ACCOUNT), _LIST, _quoted_or_not(_AMOUNT)],
    [_or_none(_DAY), _TEXT, _or_none(_QUANTITY), _TEXT],
)

_LINES_IN_PART = 100_000
# one letter per line: Head, Open, Row, Close, Known post outside vouchers, or "?"
_LETTER = pl.Enum(list("HORCK?"))
_RUN = re.compile(r"(?<![^CK])(?:HOR*+C)++")


def plain_vouchers(lines: pl.DataFrame, posts_outside: Iterable[str]) -> Plain:
    """Read the plain vouchers; `lines` are those of `lexer.split_lines`.

    A run of them stands at the start of the file, after a voucher or after one of the posts named, so that no voucher can be
    open where it begins.
    """
    lines = lines.select("line", "text", letter=_letter(posts_outside))
    heads, rows = _heads_and_rows(lines)
    not_plain = pl.concat([read.filter(~pl.col("is_plain"))["line"] for read in (heads, rows)])
    if not not_plain.is_empty():
        is_plain = ~pl.col("line").is_in(not_plain.implode())
        lines = lines.with_columns(letter=pl.when(is_plain).then("letter").otherwise(pl.lit("?", _LETTER)))
    letters = lines["letter"].cast(pl.String).str.join("").item()
    runs = [found.span() for found in _RUN.finditer(letters)]
    taken = sum(letters.count(letter, start, end) for start, end in runs for letter in "HR")
    if taken < heads.height + rows.height:
        in_runs = pl.concat([lines.select("line").clear(), *(lines.select("line")[start:end] for start, end in runs)])
        heads, rows = (read.join(in_runs, on="line", how="semi", maintain_order="left") for read in (heads, rows))
    return Plain(Columns(heads.select(*HEADS), rows.select(*ROWS)), runs)


def _heads_and_rows(lines: pl.DataFrame) -> Columns:
    """Read all heads and rows, plain or not; in parts, so that every processor has some, since an expression has only one."""
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        parts = [
            [pool.submit(read, part) for part in lines.filter(pl.col("letter") == letter).iter_slices(_LINES_IN_PART)]
            or [pool.submit(read, lines.clear())]
            for letter, read in (("H", _heads), ("R", _rows))
        ]
    return Columns(*(pl.concat([part.result() for part in of_letter]) for of_letter in parts))


def _letter(posts_outside: Iterable[str]) -> pl.Expr:
    text = pl.col("text")
    is_row = pl.any_horizontal(text.str.starts_with(label) for label in ("#TRANS", "#BTRANS", "#RTRANS"))
    is_known = text.str.contains(f"^(?:{'|'.join(posts_outside)})(?:{_GAP}|$)")
    return (
        pl.when(text == "{").then(pl.lit("O", _LETTER))
        .when(text == "}").then(pl.lit("C", _LETTER))
        .when(is_row).then(pl.lit("R", _LETTER))
        .when(text.str.starts_with("#VER")).then(pl.lit("H", _LETTER))
        .when(is_known).then(pl.lit("K", _LETTER))
        .otherwise(pl.lit("?", _LETTER))
    )  # fmt: skip


def _heads(lines: pl.DataFrame) -> pl.DataFrame:
    fields = _fields(lines, _HEAD, ["series", "number", "date", "text", "registered", "sign"])
    read = {name: _translated(fields[name], _text) for name in ("series", "number", "text", "sign")}
    days = {name: _translated(fields[name], _date) for name in ("date", "registered")}
    is_short = (read["series"].str.len_chars() <= SERIES_CHARS) & (read["number"].str.len_chars() <= NUMBER_CHARS)
    is_plain = days["date"].is_not_null() & _is_none_or(fields["registered"], days["registered"]) & is_short
    return pl.DataFrame({**read, **days, "line": fields["line"], "is_plain": is_plain})


def _rows(lines: pl.DataFrame) -> pl.DataFrame:
    fields = _fields(lines, _ROW, ["letter", "account", "objects", "amount", "date", "text", "quantity", "sign"])
    dates = _translated(fields["date"], _date)
    letter, amount = pl.col("letter"), pl.col("amount").str.strip_chars('"')
    is_short = pl.col("objects").str.len_bytes() <= OBJECT_CHARS  # then no code in the list is longer either
    return fields.select(
        kind=pl.when(letter == "B")
        .then(_kind("struck"))
        .when(letter == "R")
        .then(_kind("added"))
        .otherwise(_kind("booked")),
        account=pl.col("account").str.strip_chars('"'),
        amount_ore=amount.cast(pl.Decimal(15, 2)).to_physical().cast(pl.Int64),
        date=dates,
        text=_translated(fields["text"], _text),
        quantity=_translated(fields["quantity"], _quantity, unused="0"),
        sign=_translated(fields["sign"], _text),
        objects=_translated(fields["objects"], _objects, unused="{}"),
        line="line",
        is_plain=pl.col("account").is_not_null() & _is_none_or(fields["date"], dates) & is_short,
    )


def _fields(lines: pl.DataFrame, post: str, names: list[str]) -> pl.DataFrame:
    fields = pl.col("text").str.extract_groups(post).struct.rename_fields(names)
    return lines.select("line", fields.alias("fields")).unnest("fields")


def _kind(kind: RowKind) -> pl.Expr:
    return pl.lit(kind, ROWS["kind"])


def _translated(written: pl.Series, translate: Callable[[pl.Series], pl.Series], unused: str = '""') -> pl.Series:
    """Translate the values but for those that say nothing: most fields of most rows, which need no work then."""
    used = (written != unused).arg_true()
    if len(used) == len(written):
        return translate(written)
    translated = translate(written.gather(used))
    nothing = translate(pl.Series([unused])).item()
    return pl.repeat(nothing, len(written), dtype=translated.dtype, eager=True).scatter(used, translated)


def _text(written: pl.Series) -> pl.Series:
    bare = written.str.strip_prefix('"').str.strip_suffix('"')
    return bare.str.replace_all('\\"', '"', literal=True)


def _date(written: pl.Series) -> pl.Series:
    return written.str.strip_chars('"').str.to_date("%Y%m%d", strict=False)


def _is_none_or(written: pl.Series, translated: pl.Series) -> pl.Series:
    return (written == '""').fill_null(value=True) | translated.is_not_null()


def _quantity(written: pl.Series) -> pl.Series:
    number = written.str.strip_chars('"')
    return number.set(number.str.strip_chars("-0.") == "", None)


def _objects(lists: pl.Series) -> pl.Series:
    """Return JSON; each list is translated once, since there are few in use."""
    pairs = pl.col("list").str.strip_chars("{}" + BLANKS).str.replace_all(_PAIR_IN_GROUPS, '["${1}${2}","${3}${4}"],')
    known = lists.unique().to_frame("list").with_columns(json=pl.format("[{}]", pairs.str.strip_suffix(",")))
    return lists.to_frame("list").join(known, on="list", how="left", maintain_order="left")["json"]
