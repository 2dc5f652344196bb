"""The SIE files are Fortnox' own, byte for byte, and add up by a reader that knows nothing of the writer."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date, datetime

import pytest

from services.sandbox.company import (
    Account,
    Company,
    CostCenter,
    FinancialYear,
    Project,
    Voucher,
    VoucherRow,
)
from services.sandbox.generator import generate
from services.sandbox.sie_company import company_from_sie
from services.sandbox.sie_writer import format_amount, to_cp437, write_sie
from services.sandbox.spec import CompanySpec

GENERATED = date(2026, 3, 30)
NOON = datetime(2025, 2, 1, 12, tzinfo=UTC)
FIELD = re.compile(r'"(?:\\"|[^"])*"|\{(?:"(?:\\"|[^"])*"|[^}"])*\}|[^\s]+')


def small_company() -> Company:
    """Return two years, the later one with the lower id, and a voucher of each kind."""
    company = Company(503072, 'Åkeri "Öst" AB', "556036-0793", address="Gatan 7", zip_code="123 45", city="Örebro")
    company.years = {
        1: FinancialYear(1, date(2025, 1, 1), date(2025, 12, 31)),
        2: FinancialYear(2, date(2024, 1, 1), date(2024, 12, 31)),
    }
    for year_id in company.years:
        for account in (
            Account(1930, "Företagskonto", sru=7281),
            Account(2081, "Aktiekapital", sru=7301),
            Account(3001, "Försäljning\xa025 %", sru=7410),
            Account(6570, "Bankkostnader", active=False),
        ):
            company.accounts[year_id, account.number] = account
    company.accounts[2, 2081].opening_ore, company.accounts[2, 1930].opening_ore = -2_500_000, 2_500_000
    company.accounts[1, 2081].opening_ore, company.accounts[1, 1930].opening_ore = -2_500_000, 2_510_050
    company.cost_centers = {"10": CostCenter("10", "Norr")}
    company.projects = {"P1": Project("P1", "Łódź")}

    def add(year: int, number: int, day: date, text: str, *rows: VoucherRow, series: str = "A") -> None:
        company.vouchers[year, series, number] = Voucher(year, series, number, day, text, list(rows), day, NOON)

    add(2, 1, date(2024, 5, 2), "Sålt", VoucherRow(1930, 10_050), VoucherRow(3001, 0, 10_050, project="P1"))
    add(
        1,
        1,
        date(2025, 1, 7),
        "{VV cf pay-5} Łódź ´x´ ”citat” ",
        VoucherRow(1930, 20_000, text='med "citat"'),
        VoucherRow(3001, 0, 20_000, cost_center="10", project="P1"),
    )
    add(
        1,
        2,
        date(2025, 2, 8),
        "Rättad",
        VoucherRow(1930, 0, 185),
        VoucherRow(3001, 185, removed=True, removed_by="Åsa Ö"),
        VoucherRow(6570, 185, cost_center="10", added_by="Åsa Ö"),
    )
    struck = VoucherRow(1930, 5, removed=True, removed_by="Åsa Ö")
    add(1, 1, date(2025, 2, 9), "Makulerad", struck, series="F")
    return company


WHOLE_FILE = """#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#PROGRAM "Fortnox" 3.60.16
#GEN 20260330
#FNR 503072
#FNAMN "Åkeri \\"Öst\\" AB"
#ADRESS "Åsa Öberg" "Gatan 7" "123 45 Örebro" "08-123 45 67"·
#RAR 0 20250101 20251231
#RAR -1 20240101 20241231
#ORGNR 556036-0793
#OMFATTN 20251231
#KPTYP EUBAS97

#KONTO 1930 "Företagskonto"
#SRU 1930 7281
#KONTO 2081 "Aktiekapital"
#SRU 2081 7301
#KONTO 3001 "Försäljning\xa025 %"
#SRU 3001 7410
#KONTO 6570 "Bankkostnader"

#DIM 1 "Kostnadsställe"
#DIM 6 "Projekt"
#OBJEKT 1 "10" "Norr"
#OBJEKT 6 "P1" "Lódz"

#IB 0 1930 25100.5 0
#UB 0 1930 25298.65 0
#IB 0 2081 -25000 0
#UB 0 2081 -25000 0
#PSALDO 0 202501 1930 {} 200 0
#PSALDO 0 202502 1930 {} -1.85 0
#PSALDO 0 202501 3001 {} -200 0
#PSALDO 0 202502 6570 {} 1.85 0
#PSALDO -1 202405 1930 {} 100.5 0
#PSALDO -1 202405 3001 {} -100.5 0
#RES 0 3001 -200 0
#RES 0 6570 1.85 0

#IB -1 1930 25000 0
#UB -1 1930 25100.5 0
#IB -1 2081 -25000 0
#UB -1 2081 -25000 0
#RES -1 3001 -100.5 0

#PSALDO 0 202501 3001 {1 "10"} -200 0
#PSALDO 0 202501 3001 {6 "P1"} -200 0
#PSALDO 0 202502 6570 {1 "10"} 1.85 0

#PSALDO -1 202405 3001 {6 "P1"} -100.5 0

#VER A 1 20250107 "{VV cf pay-5} Lódz 'x' \\"citat\\" " 20250107
{
#TRANS 1930 {} 200 "" "med \\"citat\\"" 0
#TRANS 3001 {1 "10" 6 "P1"} -200 "" "" 0
}
#VER A 2 20250208 "Rättad" 20250208
{
#TRANS 1930 {} -1.85 "" "" 0
#BTRANS 3001 {} 1.85 "" "" 0 "Åsa Ö"
#RTRANS 6570 {1 "10"} 1.85 "" "" 0 "Åsa Ö"
#TRANS 6570 {1 "10"} 1.85 "" "" 0
}
#VER F 1 20250209 "Makulerad" 20250209
{
#BTRANS 1930 {} 0.05 "" "" 0 "Åsa Ö"
}"""


def test_a_small_company_is_written_byte_for_byte() -> None:
    expected = WHOLE_FILE.replace("·", " ").replace("\n", "\r\n").encode("cp437")

    assert write_sie(small_company(), 1, 4, generated=GENERATED) == expected


def lines_of(content: bytes) -> list[list[str]]:
    """Split a file into fields, knowing quotes and object lists and nothing else."""
    return [FIELD.findall(line) for line in content.decode("cp437").split("\r\n") if line]


def ore(text: str) -> int:
    whole, _, cents = text.partition(".")
    return int(whole) * 100 + int(f"{'-' if whole.startswith('-') else ''}{cents.ljust(2, '0')}")


@pytest.mark.parametrize("seed", range(4))
def test_the_figures_of_a_generated_file_follow_from_its_own_rows(seed: int) -> None:
    company, truth = generate(CompanySpec(seed, vouchers_per_year=400))
    year_id = company.years_by_date()[2].id
    moved: dict[str, int] = defaultdict(int)
    months: dict[tuple[str, ...], int] = defaultdict(int)
    stated: dict[str, dict[tuple[str, ...], int]] = defaultdict(dict)
    month, last, twins, vouchers = "", [""], 0, 0
    for fields in lines_of(write_sie(company, year_id, 4, generated=GENERATED)):
        label = fields[0]
        if label == "#VER":
            month, vouchers = fields[3][:6], vouchers + 1
        elif label == "#TRANS":
            assert fields[4:] == ['""', fields[5], "0"]
            moved[fields[1]] += ore(fields[3])
            months[month, fields[1], "{}"] += ore(fields[3])
            for pair in re.findall(r'\d+ "[^"]*"', fields[2]):
                months[month, fields[1], f"{{{pair}}}"] += ore(fields[3])
            if last[0] == "#RTRANS":
                twins += 1
                assert last[1:-1] == fields[1:]
        else:
            assert last[0] != "#RTRANS"
        if label in {"#IB", "#UB", "#RES"} and fields[1] == "0":
            stated[label][(fields[2],)] = ore(fields[3])
        elif label == "#PSALDO" and fields[1] == "0":
            stated[label][fields[2], fields[3], fields[4]] = ore(fields[5])
        last = fields

    assert stated["#PSALDO"] == months
    assert stated["#RES"] == {(a,): amount for a, amount in moved.items() if a[0] not in "12"}
    assert stated["#UB"] == {key: amount + moved[key[0]] for key, amount in stated["#IB"].items()}
    assert {a for a in moved if a[0] in "12"} <= {key[0] for key in stated["#UB"]}
    counts = truth.counts(year_id)
    assert (vouchers, twins) == (counts.vouchers, counts.added)
    for account, balance in truth.trial_balance(year_id).items():
        assert {**stated["#UB"], **stated["#RES"]}.get((str(account),), 0) == balance


def test_lower_types_hold_a_part_of_the_whole() -> None:
    labels = [
        {fields[0] for fields in lines_of(write_sie(small_company(), 1, kind, generated=GENERATED))}
        for kind in (1, 2, 3, 4)
    ]

    assert "#PSALDO" not in labels[0]
    assert labels[1] - labels[0] == {"#PSALDO"}
    assert labels[2] - labels[1] == {"#DIM", "#OBJEKT"}
    assert "#VER" not in labels[2]
    assert {"#VER", "#TRANS", "#BTRANS", "#RTRANS"} <= labels[3] - labels[2]
    with pytest.raises(ValueError, match="type 5"):
        write_sie(small_company(), 1, 5, generated=GENERATED)


def test_a_year_without_vouchers_and_without_a_year_before_is_a_valid_file() -> None:
    company = small_company()
    company.vouchers = {}
    content = write_sie(company, 2, 4, generated=GENERATED)

    assert b"#VER" not in content
    assert b"#RAR -1" not in content
    assert content.endswith(b"#UB 0 2081 -25000 0")
    read, truth = company_from_sie(content, database_number=1)
    assert truth.counts(2).vouchers == 0
    assert read.name == company.name


def test_dates_and_a_selection_choose_vouchers() -> None:
    def numbers(**choice: object) -> list[str]:
        content = write_sie(small_company(), 1, 4, generated=GENERATED, **choice)  # type: ignore[arg-type]
        return [" ".join(fields[1:3]) for fields in lines_of(content) if fields[0] == "#VER"]

    assert numbers(from_date=date(2025, 2, 1)) == ["A 2", "F 1"]
    assert numbers(to_date=date(2025, 1, 31)) == ["A 1"]
    assert numbers(selection=[("A", 2, 9), ("F", 1, 1)]) == ["A 2", "F 1"]


def test_amounts_have_no_trailing_zeros() -> None:
    amounts = (-21_800, 6_891_020, 5, -5, 0, 100, 1_00_10)

    assert [format_amount(a) for a in amounts] == ["-218", "68910.2", "0.05", "-0.05", "0", "1", "100.1"]


def test_letters_outside_the_code_page_become_plain_ones_one_for_one() -> None:
    assert to_cp437("åäö ÅÄÖ é ½ \xa0").decode("cp437") == "åäö ÅÄÖ é ½ \xa0"
    assert to_cp437("ŁŃŻ´ Øst – 漢") == b"LNZ' Ost - ?"
    assert to_cp437("åäöÅÄÖ") == b"\x86\x84\x94\x8f\x8e\x99"
