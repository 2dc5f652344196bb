"""Books that hypothesis makes up, and a pen that writes them as SIE in any of its legal spellings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from zlib import crc32

from hypothesis import strategies as st

from services.importer.sie import Account, Dimension, Row, Voucher, Year
from services.importer.sie.records import Objects
from shared.money import kronor

COMPANY = "Åkeriet i Växjö – åäö ÅÄÖ".replace("–", "&")  # enough letters to tell every character set by

# letters, blanks, tabs and everything that means something to the format, so that escaping is tried
TEXTS = st.text(st.sampled_from('aZ9åÄöé{}"\\ \t\xa0#-.'), max_size=8).filter(
    lambda text: not text.endswith("\\") and '\\"' not in text
)
NAMES = TEXTS | st.sampled_from(["Kassa", "Bank, checkräkning", ""])
CODES = st.text(st.sampled_from('aZ9Å -.#{}"'), min_size=1, max_size=5)
ACCOUNTS = st.from_regex(r"[0-9]{1,6}", fullmatch=True).filter(str.isascii)
DIMENSIONS = st.sampled_from(["1", "6", "20"])
LISTS = st.lists(st.tuples(DIMENSIONS, CODES), max_size=3, unique_by=lambda pair: pair[0]).map(tuple)
DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31))
AMOUNTS = st.integers(-(10**13), 10**13) | st.sampled_from([0, -3, 50, 100, -12000])
QUANTITIES = st.none() | st.decimals(-999, 999, places=2).map(lambda number: number or None)
SERIES = st.sampled_from(["A", "AT", "LEV1", "18", "#", ""])
NUMBERS = st.from_regex(r"[0-9]{0,4}", fullmatch=True).filter(str.isascii)


@st.composite
def vouchers(draw: st.DrawFn) -> Voucher:
    day = draw(DAYS)
    rows = st.builds(
        Row,
        kind=st.sampled_from(["booked", "booked", "booked", "struck", "added"]),
        account=ACCOUNTS,
        objects=LISTS,
        amount_ore=AMOUNTS,
        date=st.just(day) | DAYS,
        text=TEXTS,
        quantity=QUANTITIES,
        sign=TEXTS,
    )
    return draw(
        st.builds(
            Voucher,
            series=SERIES,
            number=NUMBERS,
            date=st.just(day),
            text=TEXTS,
            registered=st.none() | DAYS,
            sign=TEXTS,
            rows=st.lists(rows, max_size=4).map(tuple),
            line=st.just(0),
        )
    )


class Line(NamedTuple):
    """A line as written, and what of it goes into the checksum: the label and the values."""

    written: str
    summed: tuple[str, ...] = ()


class Pen:
    """Writes posts in one of their legal spellings, chosen by hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self._blanks = st.sampled_from([" ", "  ", "\t", " \t "])

    def post(self, label: str, *values: str | Objects) -> Line:
        """Write a post; empty values at its end may be left out, a value too many may follow."""
        left = list(values)
        while left and left[-1] == "" and self.draw(st.booleans()):
            left.pop()
        fields = "".join(self._blank() + self._field(value) for value in left)
        return Line(self._indent() + label + fields + self._end(), (label, *_texts(left)))

    def brace(self, brace: str) -> Line:
        return Line(self._indent() + brace + self._end())

    def between(self) -> list[Line]:
        """Write what may stand between any two lines: nothing, or blank ones."""
        return [Line(blank) for blank in self.draw(st.sampled_from([[], [], [], ["", " \t"]]))]

    def amount(self, ore: int) -> str:
        written = kronor(ore)
        short = written.rstrip("0").rstrip(".")
        return self.draw(st.sampled_from([written, short, written.removesuffix("0")]))

    def quantity(self, quantity: Decimal | None) -> str:
        return self.draw(st.sampled_from(["", "0"])) if quantity is None else str(quantity)

    def voucher(self, voucher: Voucher) -> list[Line]:
        registered = _day(voucher.registered) if voucher.registered else ""
        head = (voucher.series, voucher.number, _day(voucher.date), voucher.text, registered, voucher.sign)
        lines = [self.post("#VER", *head), *self.between(), self.brace("{")]
        for row in voucher.rows:
            lines += self.between()
            if row.kind == "added":
                lines.append(self._row("#RTRANS", row, voucher.date))
            lines.append(self._row("#BTRANS" if row.kind == "struck" else "#TRANS", row, voucher.date))
        return [*lines, *self.between(), self.brace("}")]

    def _row(self, label: str, row: Row, day: date) -> Line:
        written = "" if row.date == day and self.draw(st.booleans()) else _day(row.date)
        quantity = self.quantity(row.quantity)
        return self.post(
            label, row.account, row.objects, self.amount(row.amount_ore), written, row.text, quantity, row.sign
        )

    def _field(self, value: str | Objects) -> str:
        if isinstance(value, str):
            return self._quoted(value)
        items = self._blank().join(self._quoted(item) for pair in value for item in pair)
        return self.draw(st.sampled_from(["{%s}", "{ %s }", "{\t%s}"])) % items

    def _quoted(self, text: str) -> str:
        must = text == "" or any(letter in text for letter in ' \t"{}')
        return '"' + text.replace('"', '\\"') + '"' if must or self.draw(st.booleans()) else text

    def _blank(self) -> str:
        return self.draw(self._blanks)

    def _indent(self) -> str:
        return self.draw(st.sampled_from(["", "", "  ", "\t"]))

    def _end(self) -> str:
        return self.draw(st.sampled_from(["", "", " ", "\t"]))


@dataclass(frozen=True)
class Books:
    """What a file is to say, in the words of the reader's result, and the lines that say it, group by group."""

    said: dict[str, Any]
    vouchers: list[Voucher]
    groups: list[list[list[Line]]]


@st.composite
def books(draw: st.DrawFn) -> Books:
    pen = Pen(draw)
    identity, written_identity = _identity(pen)
    chart, written_chart = _chart(pen)
    entered = draw(st.lists(vouchers(), max_size=3))
    figures, written_figures = _figures(pen, entered)
    blocks = [pen.voucher(voucher) for voucher in entered]
    return Books(
        {**identity, **chart, **figures},
        [as_read(voucher) for voucher in entered],
        [written_identity, written_chart, [*written_figures, *blocks]],
    )


@st.composite
def files(draw: st.DrawFn) -> tuple[Books, bytes]:
    """Give books and a file of them: groups in their order, posts within a group in any, vouchers in theirs (5.12)."""
    pen = Pen(draw)
    whole = draw(books())
    lines: list[Line] = []
    for group in whole.groups:
        for unit in _shuffled(draw, group):
            lines += [*pen.between(), *unit]
        if draw(st.booleans()):
            lines.append(pen.post("#MOMSKOD", "10", "x y"))  # SIE 4 knows no such post
    is_summed = draw(st.booleans())
    if is_summed:
        total = crc32("".join(part for line in lines for part in line.summed).encode("cp437"))
        lines = [pen.post("#KSUMMA"), *lines, pen.post("#KSUMMA", str(total))]
    lines.insert(0, pen.post("#FLAGGA", str(whole.said["flag"])))
    whole.said["checksum"] = "verified" if is_summed else "absent"
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join(line.written for line in lines) + draw(st.sampled_from(["", end, end + "\x1a"]))
    return whole, text.encode(draw(st.sampled_from(["cp437", "cp437", "utf-8", "utf-8-sig", "cp1252"])))


def as_read(voucher: Voucher) -> Voucher:
    """Put the booked twin after each added row, as the standard wants it in the file."""
    rows: list[Row] = []
    for row in voucher.rows:
        rows += [row, row._replace(kind="booked")] if row.kind == "added" else [row]
    return voucher._replace(rows=tuple(rows))


def _identity(pen: Pen) -> tuple[dict[str, Any], list[list[Line]]]:
    draw = pen.draw
    day = draw(DAYS)
    years = {0: Year(date(2024, 1, 1), draw(st.sampled_from([date(2024, 12, 31), date(2025, 6, 30)])))}
    if draw(st.booleans()):
        years[-1] = Year(date(2023, 1, 1), date(2023, 12, 31))
    said: dict[str, Any] = {
        "flag": draw(st.sampled_from([0, 1])),
        "program": draw(st.sampled_from(["Fortnox", 'Norstedts "Bokslut"', "BL Administration"])),
        "version": "3.60.16",
        "sie_type": 4,
        "generated": day,
        "company_name": COMPANY,
        "organisation_number": draw(st.sampled_from(["556016-0680", "5560160680"])),
        "currency": draw(st.sampled_from(["SEK", "EUR"])),
        "years": years,
    }
    posts = [
        pen.post("#FORMAT", "PC8"),
        pen.post("#SIETYP", "4"),
        pen.post("#PROGRAM", said["program"], said["version"]),
        pen.post("#GEN", _day(day), draw(st.sampled_from(["", "Åsa"]))),
        pen.post("#FNAMN", COMPANY),
        pen.post("#ORGNR", said["organisation_number"], draw(st.sampled_from(["", "1"]))),
        pen.post("#ADRESS", "Åsa Öberg", "Gatan 1", "", "070-1"),
        *(pen.post("#RAR", str(number), _day(year.from_date), _day(year.to_date)) for number, year in years.items()),
    ]
    if said["currency"] != "SEK" or draw(st.booleans()):
        posts.append(pen.post("#VALUTA", said["currency"]))
    return said, [[post] for post in posts]


def _chart(pen: Pen) -> tuple[dict[str, Any], list[list[Line]]]:
    draw = pen.draw
    posts: list[Line] = []
    accounts: dict[str, Account] = {}
    for number in draw(st.lists(ACCOUNTS, max_size=3, unique=True)):
        kind = draw(st.sampled_from([None, "T", "S", "K", "I"]))
        sru = tuple(draw(st.lists(st.sampled_from(["7281", "7251"]), max_size=1)))
        accounts[number] = Account(number, draw(NAMES), kind, sru)
        posts.append(pen.post("#KONTO", number, accounts[number].name))
        posts += [pen.post("#KTYP", number, kind)] if kind else []
        posts += [pen.post("#SRU", number, code) for code in sru]
    dimensions: dict[str, Dimension] = {}
    for number in draw(st.lists(st.sampled_from(["1", "6", "20", "21"]), max_size=3, unique=True)):
        parent = draw(st.sampled_from([None, "1"]))
        dimensions[number] = Dimension(number, draw(NAMES), parent)
        label = "#UNDERDIM" if parent else "#DIM"
        posts.append(pen.post(label, number, dimensions[number].name, parent or ""))
    objects = draw(st.dictionaries(st.tuples(DIMENSIONS, CODES), NAMES, max_size=3))
    posts += [pen.post("#OBJEKT", dimension, code, name) for (dimension, code), name in objects.items()]
    return {"accounts": accounts, "dimensions": dimensions, "objects": objects}, [[post] for post in posts]


def _figures(pen: Pen, entered: list[Voucher]) -> tuple[dict[str, Any], list[list[Line]]]:
    """Write balances that agree with the rows; figures of other years agree with nothing."""
    draw = pen.draw
    months = _months(entered, draw(LISTS))
    opening = draw(st.dictionaries(ACCOUNTS, AMOUNTS, max_size=3))
    closing = Counter(opening)
    for (_, account, objects), ore in months.items():
        closing[account] += 0 if objects else ore
    stated = {("IB", 0): opening, ("UB", 0): dict(closing)}
    if draw(st.booleans()):
        stated["UB", -1] = dict(opening)
    if draw(st.booleans()):
        stated["RES", -1] = draw(st.dictionaries(ACCOUNTS, AMOUNTS, max_size=2))
    balances = {key: _some_zeros_left_out(draw, amounts) for key, amounts in stated.items()}
    units = draw(st.dictionaries(st.tuples(ACCOUNTS, LISTS.filter(bool)), AMOUNTS, max_size=2))
    object_balances = {("OIB", 0): units} if units else {}
    periods = {(0, month, account, objects): ore for (month, account, objects), ore in months.items()}
    periods = {**(periods if draw(st.booleans()) else {}), (-1, "202302", "1910", ()): draw(AMOUNTS)}
    posts = [
        *(
            pen.post(f"#{kind}", str(year), account, pen.amount(ore), _no_quantity(draw))
            for (kind, year), amounts in balances.items()
            for account, ore in amounts.items()
        ),
        *(pen.post("#OIB", "0", account, objects, pen.amount(ore)) for (account, objects), ore in units.items()),
        *(
            pen.post("#PSALDO", str(year), month, account, objects, pen.amount(ore), _no_quantity(draw))
            for (year, month, account, objects), ore in periods.items()
        ),
    ]
    said = {
        "balances": {key: amounts for key, amounts in balances.items() if amounts},
        "object_balances": object_balances,
        "period_balances": periods,
    }
    return said, [[post] for post in posts]


def _months(entered: list[Voucher], asked: Objects) -> dict[tuple[str, str, Objects], int]:
    """Return the change per month and account, and per object that is asked for."""
    months: Counter[tuple[str, str, Objects]] = Counter()
    for row in (row for voucher in entered for row in voucher.rows if row.kind != "struck"):
        for objects in ((), *((pair,) for pair in asked if pair in row.objects)):
            months[f"{row.date:%Y%m}", row.account, objects] += row.amount_ore
    return dict(months)


def _some_zeros_left_out(draw: st.DrawFn, amounts: dict[str, int]) -> dict[str, int]:
    return {account: ore for account, ore in amounts.items() if ore or draw(st.booleans())}


def _no_quantity(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(["", "0"]))


def _shuffled(draw: st.DrawFn, units: list[list[Line]]) -> list[list[Line]]:
    """Put the units in any order in which the vouchers still follow each other as before."""
    order: list[list[Line]] = draw(st.permutations(units))
    blocks = iter([unit for unit in units if len(unit) > 1])
    return [next(blocks) if len(unit) > 1 else unit for unit in order]


def _texts(values: list[str | Objects]) -> list[str]:
    return [value if isinstance(value, str) else "".join(item for pair in value for item in pair) for value in values]


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"
