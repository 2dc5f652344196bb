"""The reader: which post goes where, and what the whole must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import polars as pl

from services.importer.sie.checksum import LABEL as CHECKSUM_LABEL
from services.importer.sie.checksum import ChecksumReader
from services.importer.sie.columns import Columns, plain_vouchers
from services.importer.sie.encoding import signs_of_damage, to_utf8
from services.importer.sie.errors import SieError
from services.importer.sie.faults import Faults
from services.importer.sie.file import SieFile
from services.importer.sie.lexer import UNCLOSED, Line, lex, split_lines
from services.importer.sie.posts import Posts
from services.importer.sie.records import Encoding
from services.importer.sie.values import FieldError, shown
from services.importer.sie.vouchers import ROW_KINDS, Vouchers
from services.importer.sie.whole import put_together

# SIE 4 knows these posts, and nothing here needs them
_KNOWN_AND_LEFT_OUT = frozenset(
    {"#FORMAT", "#PROSA", "#FTYP", "#FNR", "#ADRESS", "#BKOD", "#TAXAR", "#OMFATTN", "#KPTYP", "#ENHET", "#PBUDGET"}
)

_MANDATORY = ("#FLAGGA", "#FORMAT", "#SIETYP", "#PROGRAM", "#GEN", "#FNAMN")

# how many fields from the left hold amounts or identity, so that a broken quote in them refuses the file
_IDENTITY_FIELDS: Mapping[str, int] = MappingProxyType(
    {
        "#VER": 3,
        "#TRANS": 3,
        "#BTRANS": 3,
        "#RTRANS": 3,
        "#IB": 3,
        "#UB": 3,
        "#RES": 3,
        "#OIB": 4,
        "#OUB": 4,
        "#PSALDO": 5,
        "#RAR": 3,
        "#SIETYP": 1,
        "#ORGNR": 1,
        "#VALUTA": 1,
        "#KONTO": 1,
        "#KTYP": 1,
        "#SRU": 1,
        "#OBJEKT": 2,
        "#DIM": 1,
        "#UNDERDIM": 1,
    }
)


def read_sie(data: bytes, *, in_columns: bool = True) -> SieFile:
    """Read a SIE file of type 1 to 4 (export or import) whole, from any program and in any of its character sets.

    Plain vouchers are read as columns at once, everything else line by line. With `in_columns` false they are read line by
    line as well, which says the same and takes ten times as long.

    Raises SieError where amounts, identity or completeness are in doubt; everything else that is wrong is in `faults`.
    Rules: SIE file format, edition 4C.
    """
    utf8, encoding = to_utf8(data)
    lines = split_lines(utf8)
    reader = _Reader(encoding)
    plain = plain_vouchers(lines if in_columns else lines.clear(), reader.posts_outside)
    at = 0
    for start, end in plain.runs:
        reader.take_lines(lines[at:start])
        reader.take_plain(lines[start:end])
        at = end
    reader.take_lines(lines[at:], are_last=True)
    return reader.finish(lines, plain.columns)


class _Reader:
    """Hands each line to the part that understands it, and judges what belongs to no part."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._faults = Faults()
        self._checksum = ChecksumReader(encoding)
        self._posts = Posts(self._faults)
        self._vouchers = Vouchers(self._faults)
        outside = dict.fromkeys((*_KNOWN_AND_LEFT_OUT, CHECKSUM_LABEL), _leave_out) | self._posts.takes
        self._takes: dict[str, Callable[[Line], None]] = {
            **{label: self._outside_vouchers(take) for label, take in outside.items()},
            **dict.fromkeys(ROW_KINDS, self._vouchers.row),
            "#VER": self._vouchers.head,
            "{": self._vouchers.open_brace,
            "}": self._vouchers.close_brace,
            "": self._no_post,
        }
        self.posts_outside = frozenset(outside)
        self._last_post = Line(0, "", [])
        self._labels: set[str] = set()  # outside vouchers

    def take_lines(self, lines: pl.DataFrame, *, are_last: bool = False) -> None:
        """Take lines one by one; `are_last` says that the file ends with them."""
        left = lines.height
        for number, text in lines.iter_rows():
            left -= 1
            try:
                self._take(lex(number, text))
            except SieError:
                if are_last and not left:
                    self._vouchers.require_end()  # a file cut off in the middle of a row is cut off, whatever the row looks like
                raise

    def take_plain(self, lines: pl.DataFrame) -> None:
        """Take note of plain vouchers, which were read as columns."""
        self._checksum.take_plain(lines)
        self._last_post = Line(0, "}", [])

    def finish(self, lines: pl.DataFrame, plain: Columns) -> SieFile:
        self._vouchers.require_end()
        by_line = self._vouchers.columns()
        if plain.heads.is_empty() and by_line.heads.is_empty() and self._labels.isdisjoint(self._takes):
            raise SieError("sie-not-a-sie-file", "no line of it is a post that SIE 4 knows")
        checksum = self._checksum.finish()
        posts = self._posts
        accounts = posts.accounts()
        self._report_the_whole(lines)
        columns = put_together([plain, by_line], self._faults, posts.years.get(0))
        return SieFile(
            flag=posts.flag,
            program=posts.program,
            version=posts.version,
            sie_type=posts.sie_type,
            generated=posts.generated,
            company_name=posts.company_name,
            organisation_number=posts.organisation_number,
            currency=posts.currency,
            encoding=self._encoding,
            checksum=checksum,
            years=posts.years,
            accounts=accounts,
            dimensions=posts.dimensions,
            objects=posts.objects,
            balances=posts.balances,
            object_balances=posts.object_balances,
            period_balances=posts.period_balances,
            heads=columns.heads,
            rows=columns.rows,
            faults=self._faults.in_order_of_lines(),
            fault_count=self._faults.count,
        )

    def _take(self, line: Line) -> None:
        self._checksum.take(line)
        take = self._takes.get(line.label)
        if take is None:
            line = line._replace(label=line.label.upper())
            take = self._takes.get(line.label, self._unknown_post)
        if line.broken:
            self._judge_broken_quotes(line)
        try:
            take(line)
        except FieldError as bad:
            raise SieError(bad.code, bad.why, line=line.number, label=line.label, field=bad.field) from None
        if line.label:
            self._last_post = line

    def _outside_vouchers(self, take: Callable[[Line], None]) -> Callable[[Line], None]:
        def take_outside(line: Line) -> None:
            self._vouchers.require_closed(line)
            self._labels.add(line.label)
            take(line)

        return take_outside

    def _judge_broken_quotes(self, line: Line) -> None:
        identity_fields = _IDENTITY_FIELDS.get(line.label, 0)
        for broken in line.broken:
            if broken.field < identity_fields:
                why = f"{broken.why} (field {broken.field + 1})"
                raise SieError("sie-broken-quote", why, line=line.number, label=line.label)
            self._faults.report(line, f"{broken.why} (field {broken.field + 1})")

    def _no_post(self, line: Line) -> None:
        if all(broken.why != UNCLOSED for broken in self._last_post.broken):
            raise SieError("sie-bad-line", f"{shown(line.fields[0])} is neither a post nor a brace", line=line.number)
        self._faults.report(line, f"the rest of the text of line {self._last_post.number}, left out")

    def _unknown_post(self, line: Line) -> None:
        if line.label not in self._labels:
            self._faults.report(line, "SIE 4 knows no such label; lines with it are left out")
            self._labels.add(line.label)

    def _report_the_whole(self, lines: pl.DataFrame) -> None:
        missing = [label for label in _MANDATORY if label not in self._labels]
        if missing:
            self._faults.report_at(0, "", f"mandatory posts are missing: {' '.join(missing)}")
        damaged = lines.lazy().filter(pl.col("text").str.contains_any(signs_of_damage(self._encoding))).head(1)
        for number in damaged.collect()["line"]:
            self._faults.report_at(number, "", "letters were lost before the file came here")


def _leave_out(_line: Line) -> None:
    """Take a post that says nothing needed here."""
