"""Whatever legal spelling a program chooses, the reader finds the same vouchers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.importer.sie import Row, Voucher, check_balances, count_rows, read_sie
from shared.money import kronor

# letters, blanks, tabs and everything that means something to the format, so that escaping is tried
TEXTS = st.text(st.sampled_from('aZ9åÄö{}"\\ \t#-.'), max_size=8).filter(
    lambda text: not text.endswith("\\") and '\\"' not in text
)
CODES = st.text(st.sampled_from("aZ9Å -.#"), min_size=1, max_size=5)
DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31))
QUANTITIES = st.none() | st.decimals(-999, 999, places=2).map(lambda number: number or None)
ROWS = st.builds(
    Row,
    kind=st.sampled_from(["booked", "booked", "booked", "struck", "added"]),
    account=st.from_regex(r"[0-9]{1,6}", fullmatch=True).filter(str.isascii),
    objects=st.lists(st.tuples(st.sampled_from(["1", "6", "20"]), CODES), max_size=3).map(tuple),
    amount_ore=st.integers(-(10**15), 10**15),
    date=DAYS,
    text=TEXTS,
    quantity=QUANTITIES,
    sign=TEXTS,
)
VOUCHERS = st.builds(
    Voucher,
    series=st.sampled_from(["A", "AT", "LEV1", "18", "#", ""]),
    number=st.from_regex(r"[0-9]{0,4}", fullmatch=True).filter(str.isascii),
    date=DAYS,
    text=TEXTS,
    registered=st.none() | DAYS,
    sign=TEXTS,
    rows=st.lists(ROWS, max_size=4).map(tuple),
    line=st.just(0),
)


class Pen:
    """Writes fields in one of their legal spellings, chosen by hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._blanks = st.sampled_from([" ", "  ", "\t", " \t "])

    def blank(self) -> str:
        return self._draw(self._blanks)

    def quoted(self, text: str) -> str:
        must = text == "" or any(letter in text for letter in ' \t"{}')
        return '"' + text.replace('"', '\\"') + '"' if must or self._draw(st.booleans()) else text

    def amount(self, ore: int) -> str:
        written = kronor(ore)
        short = written.rstrip("0").rstrip(".")
        return self.quoted(self._draw(st.sampled_from([written, short])))

    def post(self, label: str, *fields: str) -> str:
        indent = self._draw(st.sampled_from(["", "  ", "\t"]))
        end = self._draw(st.sampled_from(["", " ", "\t"]))
        return indent + label + "".join(self.blank() + field for field in fields) + end

    def objects(self, row: Row) -> str:
        items = self.blank().join(self.quoted(item) for pair in row.objects for item in pair)
        return self._draw(st.sampled_from(["{%s}", "{ %s }", "{\t%s}"])) % items

    def row(self, label: str, row: Row) -> str:
        day = f"{row.date:%Y%m%d}"
        fields = [self.quoted(row.account), self.objects(row), self.amount(row.amount_ore), self.quoted(day)]
        quantity = '""' if row.quantity is None else self.quoted(str(row.quantity))
        last = [self.quoted(row.text), quantity, self.quoted(row.sign)]
        while last and last[-1] == '""' and self._draw(st.booleans()):
            last.pop()
        return self.post(label, *fields, *last)

    def voucher(self, voucher: Voucher) -> list[str]:
        registered = f"{voucher.registered:%Y%m%d}" if voucher.registered else ""
        head = (voucher.series, voucher.number, f"{voucher.date:%Y%m%d}", voucher.text, registered, voucher.sign)
        lines = [self.post("#VER", *(self.quoted(field) for field in head)), self.post("{")]
        for row in voucher.rows:
            if row.kind == "added":
                lines.append(self.row("#RTRANS", row))
            lines.append(self.row("#BTRANS" if row.kind == "struck" else "#TRANS", row))
        return [*lines, self.post("}"), *self._draw(st.sampled_from([[], ["", " \t"]]))]


@st.composite
def spelled(draw: st.DrawFn) -> tuple[list[Voucher], bytes]:
    vouchers = draw(st.lists(VOUCHERS, max_size=3))
    pen = Pen(draw)
    sums: dict[str, int] = {}
    for voucher in vouchers:
        for row in voucher.rows:
            if row.kind != "struck":
                sums[row.account] = sums.get(row.account, 0) + row.amount_ore
    lines = [pen.post("#FLAGGA", "0"), pen.post("#SIETYP", "4"), pen.post("#RAR", "0", "20240101", "20241231")]
    lines += [pen.post("#UB", "0", pen.quoted(account), pen.amount(ore)) for account, ore in sums.items()]
    lines += [line for voucher in vouchers for line in pen.voucher(voucher)]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    last = draw(st.sampled_from(["", end]))
    return vouchers, (end.join(lines) + last).encode(draw(st.sampled_from(["cp437", "utf-8"])))


def as_read(vouchers: list[Voucher]) -> list[Voucher]:
    """Put the booked twin after each added row, as the standard wants it in the file."""
    found = []
    for voucher in vouchers:
        rows: list[Row] = []
        for row in voucher.rows:
            rows += [row, row._replace(kind="booked")] if row.kind == "added" else [row]
        found.append(voucher._replace(rows=tuple(rows)))
    return found


@settings(
    derandomize=True, max_examples=250, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(spelled())
def test_every_legal_spelling_is_read_back_exactly(case: tuple[list[Voucher], bytes]) -> None:
    vouchers, data = case
    file = read_sie(data)
    assert [voucher._replace(line=0) for voucher in file.vouchers] == as_read(vouchers)
    assert check_balances(file) == []
    assert count_rows(data) == sum(row.kind != "struck" for voucher in vouchers for row in voucher.rows)


def test_a_quantity_is_a_decimal_and_not_a_float() -> None:
    file = read_sie(b'#FLAGGA 0\n#VER A 1 20240101\n{\n#TRANS 1910 {} 0 "" "" 0.10\n}\n')
    assert str(file.vouchers[0].rows[0].quantity) == str(Decimal("0.10"))
