"""Writes one year as a SIE file in the dialect of Fortnox 3.60.16, byte for byte.

Code page 437, CRLF between lines and none after the last, amounts without trailing zeros, the row date `""` and the
quantity 0 throughout. Corrections stand as `#BTRANS` (struck) and `#RTRANS` followed by the same row as `#TRANS` (added).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.sandbox.chart import is_balance_account
from services.sandbox.company import Company, FinancialYear, Voucher, VoucherRow

PROGRAM = '"Fortnox" 3.60.16'
COST_CENTER_DIMENSION = 1
PROJECT_DIMENSION = 6

Selection = Sequence[tuple[str, int, int]]
"""Series, first and last voucher number."""

_TRANSLITERATED = str.maketrans("ŁłØøĐđ´’‘–—•…", "LlOoDd'''--..")


@dataclass
class _Figures:
    """One year's balances up to a day: per account, per month, and per month and object, in öre."""

    year: FinancialYear
    opening: dict[int, int]
    moved: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    by_period: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))
    by_object: dict[tuple[int, str, int, str], int] = field(default_factory=lambda: defaultdict(int))


def write_sie(
    company: Company,
    year_id: int,
    sie_type: int,
    *,
    generated: date,
    from_date: date | None = None,
    to_date: date | None = None,
    selection: Selection | None = None,
) -> bytes:
    """Return the year as a SIE file of type 1 (balances), 2 (+ periods), 3 (+ objects) or 4 (+ vouchers).

    `to_date` cuts balances and vouchers, `from_date` and `selection` the vouchers only. Raises KeyError for an unknown
    year and ValueError for another type.
    """
    if sie_type not in {1, 2, 3, 4}:
        raise ValueError(f"there is no SIE type {sie_type}")
    year, previous = company.years[year_id], company.preceding_year(year_id)
    last_day = min(to_date or year.to_date, year.to_date)
    current = _figures(company, year, last_day)
    before = _figures(company, previous, previous.to_date) if previous else None
    blocks = [
        _header(company, year, previous, sie_type, generated, last_day),
        list(_chart(company, year_id)),
        list(_dimensions(company)) if sie_type >= 3 else [],
        list(_current_balances(current, before, sie_type)),
        [*_balances(before, -1), *_results(before, -1)] if before else [],
    ]
    if sie_type >= 3:
        blocks.append(list(_object_periods(current, 0)))
        blocks.append(list(_object_periods(before, -1)) if before else [])
    if sie_type == 4:
        chosen = (
            voucher
            for voucher in company.vouchers_of(year_id)
            if (from_date or year.from_date) <= voucher.date <= last_day and _selected(voucher, selection)
        )
        blocks.append([line for voucher in chosen for line in _voucher(voucher)])
    text = "\r\n\r\n".join("\r\n".join(block) for block in blocks if block)
    return to_cp437(text)


def to_cp437(text: str) -> bytes:
    """Encode; what the code page lacks becomes its plain letter, or a question mark, one for one."""
    foreign = {ord(letter): _transliterate(letter) for letter in set(text) if not letter.isascii()}
    return text.translate(foreign).encode("cp437")


def format_amount(amount_ore: int) -> str:
    """Return kronor with a point and without trailing zeros: `-218`, `68910.2`, `0.05`."""
    kronor, ore = divmod(abs(amount_ore), 100)
    sign = "-" if amount_ore < 0 else ""
    return f"{sign}{kronor}.{ore:02}".rstrip("0").rstrip(".")


def _transliterate(letter: str) -> str:
    for candidate in (letter, letter.translate(_TRANSLITERATED), unicodedata.normalize("NFD", letter)[0]):
        try:
            candidate.encode("cp437")
        except UnicodeEncodeError:
            continue
        return candidate
    return "?"


def _quoted(text: str) -> str:
    """Quote a text; a typographic quote that turns into a plain one is escaped like any other."""
    plain = " ".join(text.splitlines()).replace("\t", " ")
    plain = plain.replace("”", '"').replace("“", '"')
    return '"' + plain.replace('"', '\\"') + '"'


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _header(
    company: Company,
    year: FinancialYear,
    previous: FinancialYear | None,
    sie_type: int,
    generated: date,
    last_day: date,
) -> list[str]:
    address = (company.contact, company.address, f"{company.zip_code} {company.city}", company.phone)
    lines = [
        "#FLAGGA 0",
        "#FORMAT PC8",
        f"#SIETYP {sie_type}",
        f"#PROGRAM {PROGRAM}",
        f"#GEN {_day(generated)}",
        f"#FNR {company.database_number}",
        f"#FNAMN {_quoted(company.name)}",
        f"#ADRESS {' '.join(map(_quoted, address))} ",  # Fortnox ends this line, and no other, with a blank
        f"#RAR 0 {_day(year.from_date)} {_day(year.to_date)}",
    ]
    if previous:
        lines.append(f"#RAR -1 {_day(previous.from_date)} {_day(previous.to_date)}")
    return [*lines, f"#ORGNR {company.organisation_number}", f"#OMFATTN {_day(last_day)}", "#KPTYP EUBAS97"]


def _chart(company: Company, year_id: int) -> Iterator[str]:
    for account in company.accounts_of(year_id):
        yield f"#KONTO {account.number} {_quoted(account.description)}"
        if account.sru is not None:
            yield f"#SRU {account.number} {account.sru}"


def _dimensions(company: Company) -> Iterator[str]:
    yield f'#DIM {COST_CENTER_DIMENSION} "Kostnadsställe"'
    yield f'#DIM {PROJECT_DIMENSION} "Projekt"'
    for code, cost_center in sorted(company.cost_centers.items()):
        yield f"#OBJEKT {COST_CENTER_DIMENSION} {_quoted(code)} {_quoted(cost_center.description)}"
    for number, project in sorted(company.projects.items()):
        yield f"#OBJEKT {PROJECT_DIMENSION} {_quoted(number)} {_quoted(project.description)}"


def _figures(company: Company, year: FinancialYear, last_day: date) -> _Figures:
    figures = _Figures(year, {a.number: a.opening_ore for a in company.accounts_of(year.id)})
    for voucher in company.vouchers_of(year.id):
        if voucher.date > last_day:
            continue
        period = f"{voucher.date:%Y%m}"
        for row in voucher.booked_rows:
            figures.moved[row.account] += row.amount_ore
            figures.by_period[row.account, period] += row.amount_ore
            for dimension, code in _objects(row):
                figures.by_object[row.account, period, dimension, code] += row.amount_ore
    return figures


def _current_balances(current: _Figures, before: _Figures | None, sie_type: int) -> Iterator[str]:
    yield from _balances(current, 0)
    if sie_type >= 2:
        yield from _periods(current, 0)
        if before:
            yield from _periods(before, -1)
    yield from _results(current, 0)


def _balances(figures: _Figures, offset: int) -> Iterator[str]:
    """Yield opening and closing balance of each balance account that has an opening or rows."""
    for account in sorted({*figures.moved, *(a for a, opening in figures.opening.items() if opening)}):
        if is_balance_account(account):
            opening = figures.opening.get(account, 0)
            yield f"#IB {offset} {account} {format_amount(opening)} 0"
            yield f"#UB {offset} {account} {format_amount(opening + figures.moved.get(account, 0))} 0"


def _results(figures: _Figures, offset: int) -> Iterator[str]:
    for account, moved in sorted(figures.moved.items()):
        if not is_balance_account(account):
            yield f"#RES {offset} {account} {format_amount(moved)} 0"


def _periods(figures: _Figures, offset: int) -> Iterator[str]:
    for (account, period), moved in sorted(figures.by_period.items()):
        yield f"#PSALDO {offset} {period} {account} {{}} {format_amount(moved)} 0"


def _object_periods(figures: _Figures, offset: int) -> Iterator[str]:
    """Yield the object rows: parts of the rows with `{}`, one pair each, also where a row has both dimensions."""
    for (account, period, dimension, code), moved in sorted(figures.by_object.items()):
        pair = f"{{{dimension} {_quoted(code)}}}"
        yield f"#PSALDO {offset} {period} {account} {pair} {format_amount(moved)} 0"


def _selected(voucher: Voucher, selection: Selection | None) -> bool:
    if selection is None:
        return True
    return any(voucher.series == series and first <= voucher.number <= last for series, first, last in selection)


def _voucher(voucher: Voucher) -> Iterator[str]:
    head = f"#VER {voucher.series} {voucher.number} {_day(voucher.date)}"
    yield f"{head} {_quoted(voucher.description)} {_day(voucher.registered)}"
    yield "{"
    for row in voucher.rows:
        fields = _row_fields(row)
        if row.removed:
            yield f"#BTRANS {fields} {_quoted(row.removed_by)}"
            continue
        if row.added_by:
            yield f"#RTRANS {fields} {_quoted(row.added_by)}"
        yield f"#TRANS {fields}"
    yield "}"


def _row_fields(row: VoucherRow) -> str:
    pairs = " ".join(f"{dimension} {_quoted(code)}" for dimension, code in _objects(row))
    return f'{row.account} {{{pairs}}} {format_amount(row.amount_ore)} "" {_quoted(row.text)} 0'


def _objects(row: VoucherRow) -> list[tuple[int, str]]:
    found = [(COST_CENTER_DIMENSION, row.cost_center), (PROJECT_DIMENSION, row.project)]
    return [(dimension, code) for dimension, code in found if code]
