"""A large ledger as Fortnox writes it: made up, the same for the same seed, with its own figures to check a reader by."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

COMPANY, ORGANISATION_NUMBER = "Syntetiska Åäö AB", "556000-0001"
YEAR_FROM, YEAR_DAYS = date(2024, 1, 1), 366
BALANCE_ACCOUNTS = [*range(1510, 1960, 10), *range(2440, 2999, 20)]
RESULT_ACCOUNTS = [*range(3001, 3999, 37), *range(4010, 8990, 41)]
ACCOUNTS = [str(account) for account in (*BALANCE_ACCOUNTS, *RESULT_ACCOUNTS)]
SERIES, SERIES_WEIGHTS = "ABCDE", (50, 20, 15, 10, 5)
WORDS = (
    *("Kundfaktura", "Utbetalning", "Löner", "Hyra", "Elräkning", "Återbetalning", "Örebro", "Växjö", "Åhus", "Moms"),
    *("porto", "försäkring", "årskort", "diesel", "kvartal 3", "jan & feb", "12 %", "(delbetalning)", "A/B", "Frakt"),
    *("Bankavgift", "inköp", "ref:20931", "Skattekonto", "öresavrundning", "Självrisk", "#7", "Material"),
)
ROWS_PER_VOUCHER = 4
CORRECTED = 0.02
USER = '"Åsa Öberg"'


@dataclass(frozen=True)
class Ledger:
    """The file, and what is in it: vouchers, rows that count, and their sums in öre per account."""

    data: bytes
    vouchers: int
    rows: int
    row_sums: dict[str, int]


def ledger_file(vouchers: int, *, seed: int = 20240101) -> Ledger:
    """Make up a year of Fortnox's dialect in code page 437: four rows per voucher, some with objects, some corrected."""
    chance = random.Random(seed)
    months: Counter[tuple[str, str]] = Counter()
    written: list[str] = []
    numbers: Counter[str] = Counter()
    for index in range(vouchers):
        (series,) = chance.choices(SERIES, SERIES_WEIGHTS)
        numbers[series] += 1
        day = YEAR_FROM + timedelta(days=index * YEAR_DAYS // vouchers)
        registered = day + timedelta(days=chance.randint(0, 40))
        written.append(f"#VER {series} {numbers[series]} {day:%Y%m%d} {_quoted(_text(chance))} {registered:%Y%m%d}")
        written += ["{", *_rows(chance, f"{day:%Y%m}", months), "}"]
    sums: Counter[str] = Counter()
    for (account, _), ore in months.items():
        sums[account] += ore
    head = [*_identification(), *_chart(), *_balances(chance, sums, months), "", ""]
    data = "\r\n".join([*head, *written]).encode("cp437")
    return Ledger(data, vouchers, vouchers * ROWS_PER_VOUCHER, dict(sums))


def _rows(chance: random.Random, month: str, months: Counter[tuple[str, str]]) -> list[str]:
    amounts = [_amount(chance) for _ in range(ROWS_PER_VOUCHER - 1)]
    amounts.append(-sum(amounts))
    lines = []
    for ore in amounts:
        account = chance.choice(ACCOUNTS)
        text = _quoted(_text(chance)) if chance.random() < 0.4 else '""'
        lines.append(f'{account} {_objects(chance)} {_kronor(ore)} "" {text} 0')
        months[account, month] += ore
    rows = [f"#TRANS {line}" for line in lines]
    if chance.random() < CORRECTED:
        struck = f"#BTRANS {chance.choice(ACCOUNTS)} {lines[-1].partition(' ')[2]} {USER}"
        rows[-1:] = [struck, f"#RTRANS {lines[-1]} {USER}", rows[-1]]
    return rows


def _amount(chance: random.Random) -> int:
    if chance.random() < 0.7:
        return chance.randint(-5_000_000, 5_000_000)
    return chance.randint(-500, 500) * 100


def _objects(chance: random.Random) -> str:
    which = chance.random()
    if which < 0.80:
        return "{}"
    if which < 0.90:
        return f'{{1 "{chance.randint(100, 140)}"}}'
    if which < 0.98:
        return f'{{1 "{chance.randint(100, 140)}" 6 "P{chance.randint(1, 300)}"}}'
    return f'{{6 "P {chance.randint(1, 300)}"}}'


def _text(chance: random.Random) -> str:
    """Return one to five words; a few texts hold what means something to the format."""
    text = " ".join(chance.choices(WORDS, k=chance.randint(1, 5)))
    which = chance.random()
    if which < 0.01:
        return f'{text} "special"'
    if which < 0.02:
        return f"{{VV cf pay-{chance.randint(1, 9999)}}} {text}"
    return f"{text} C:\\temp" if which < 0.025 else text


def _identification() -> list[str]:
    return [
        "#FLAGGA 0",
        "#FORMAT PC8",
        "#SIETYP 4",
        '#PROGRAM "Fortnox" 3.59.8',
        "#GEN 20250110",
        "#FNR 1234567",
        f"#FNAMN {_quoted(COMPANY)}",
        '#ADRESS "Åsa Öberg" "Gatan 1" "123 45 ÖRSUND" "070-123 45 67" ',
        "#RAR 0 20240101 20241231",
        "#RAR -1 20230101 20231231",
        f"#ORGNR {ORGANISATION_NUMBER}",
        "#OMFATTN 20241231",
        "#KPTYP EUBAS97",
        "",
    ]


def _chart() -> list[str]:
    accounts = [line for a in ACCOUNTS for line in (f'#KONTO {a} "Konto {a} åäö"', f"#SRU {a} 7251")]
    units = [f'#OBJEKT 1 "{code}" "Avd {code}"' for code in range(100, 141)]
    projects = [f'#OBJEKT 6 "P{code}" "Projekt {code}"' for code in range(1, 301)]
    return [*accounts, '#DIM 1 "Kostnadsställe"', '#DIM 6 "Projekt"', *units, *projects]


def _balances(chance: random.Random, sums: Counter[str], months: Counter[tuple[str, str]]) -> list[str]:
    opening = {str(account): chance.randint(-(10**9), 10**9) for account in BALANCE_ACCOUNTS}
    opening[str(BALANCE_ACCOUNTS[0])] -= sum(opening.values())
    lines = []
    for account, ore in opening.items():
        lines.append(f"#IB 0 {account} {_kronor(ore)} 0")
        lines.append(f"#UB 0 {account} {_kronor(ore + sums[account])} 0")
    for (account, month), ore in sorted(months.items()):
        lines.append(f"#PSALDO 0 {month} {account} {{}} {_kronor(ore)} 0")
    return [*lines, *(f"#RES 0 {account} {_kronor(sums[str(account)])} 0" for account in RESULT_ACCOUNTS)]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _kronor(ore: int) -> str:
    """Return the amount as Fortnox writes it: no decimals that are zero."""
    sign, whole, rest = "-" if ore < 0 else "", abs(ore) // 100, abs(ore) % 100
    decimals = f"{rest:02d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
