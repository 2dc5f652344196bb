"""Existing SIE files of any program become companies with the files' own figures."""

from __future__ import annotations

import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from services.sandbox.company import Company, Voucher
from services.sandbox.generator import generate
from services.sandbox.sie_company import SieFileUnusable, SieTruth, company_from_sie
from services.sandbox.sie_lines import decode, split_fields
from services.sandbox.sie_writer import write_sie
from services.sandbox.spec import CompanySpec

REPOSITORY = Path(__file__).resolve().parents[3]
REFERENCE_DATA = Path(os.environ.get("FORTNOX_REFERENCE_DATA", REPOSITORY.parent / "shared" / "data"))
CONTRADICTIONS = {
    "idstam-jsisie__Sie4.si": 29,
    "idstam-jsisie__transaktioner_ovnbolag-bad-balance.se": 1,
    "_constructed__spec-corner-cases.se": 3,
}
"""Accounts whose closing balance in the file does not follow from its own rows; all other files agree."""


def sie_files() -> list[Path]:
    folder = REFERENCE_DATA / "sie"
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in {".se", ".si"})


@pytest.mark.parametrize("path", sie_files() or [None], ids=lambda path: path.name if path else "no-files")
def test_a_real_file_becomes_a_company_with_its_own_figures(path: Path | None) -> None:
    if path is None:
        pytest.skip(
            f"no SIE files in {REFERENCE_DATA}/sie (FORTNOX_REFERENCE_DATA): reading of real files is not tested"
        )
    content = path.read_bytes()
    company, truth = company_from_sie(path, database_number=4711)
    labels = Counter(line.split()[0].upper() for line in content.splitlines() if line.strip().startswith(b"#"))

    counts = truth.counts(2)
    assert counts.vouchers == labels[b"#VER"]
    assert counts.rows == labels[b"#TRANS"]
    assert counts.removed == labels[b"#BTRANS"]
    assert counts.added == labels[b"#RTRANS"]
    balances = truth.trial_balance(2)
    wrong = [account for account, amount in truth.stated_ore.items() if balances.get(account, 0) != amount]
    assert len(wrong) == CONTRADICTIONS.get(path.name, 0)
    assert {a: b for a, b in company.closing_balances_ore(2).items() if b} == {a: b for a, b in balances.items() if b}
    assert all(company.year_of(v.date) == company.years[v.year] for v in company.vouchers.values())
    assert all((v.year, v.series) in company.series for v in company.vouchers.values())
    assert all((v.year, row.account) in company.accounts for v in company.vouchers.values() for row in v.rows)


@pytest.mark.parametrize("path", sie_files() or [None], ids=lambda path: path.name if path else "no-files")
def test_a_real_file_written_again_holds_the_same_ledger(path: Path | None) -> None:
    if path is None:
        pytest.skip(f"no SIE files in {REFERENCE_DATA}/sie (FORTNOX_REFERENCE_DATA): rewriting them is not tested")
    company, truth = company_from_sie(path, database_number=4711)
    again, truth_again = company_from_sie(write_sie(company, 2, 4, generated=date(2026, 1, 1)), database_number=4711)

    assert ledger(again) == ledger(company)
    assert nonzero(truth_again, 2) == nonzero(truth, 2)
    assert truth_again.counts(2) == truth.counts(2)


def ledger(company: Company) -> list[tuple[object, ...]]:
    return [
        (v.series, v.number, v.date, row.account, row.amount_ore, row.cost_center, row.project, row.removed)
        for v in company.vouchers_of(2)
        for row in v.rows
    ]


def nonzero(truth: SieTruth, year: int) -> dict[int, int]:
    return {account: balance for account, balance in truth.trial_balance(year).items() if balance}


def test_a_generated_company_survives_the_way_through_its_file() -> None:
    company, truth = generate(CompanySpec(11, vouchers_per_year=400))
    year = company.years_by_date()[2]
    read, read_truth = company_from_sie(write_sie(company, year.id, 4, generated=date(2026, 1, 1)), database_number=9)

    before = company.preceding_year(year.id)
    assert before is not None
    assert {a: b for a, b in read_truth.trial_balance(2).items() if b} == {
        a: b for a, b in truth.trial_balance(year.id).items() if b
    }
    assert {a: b for a, b in read_truth.trial_balance(1).items() if b} == {
        a: b for a, b in truth.trial_balance(before.id).items() if b
    }
    assert read_truth.counts(2) == truth.counts(year.id)
    assert read_truth.remarks == ["the year before is one voucher with the change of each account"]
    for voucher in read.vouchers_of(2):
        original = company.vouchers[year.id, voucher.series, voucher.number]
        assert (voucher.date, voucher.registered) == (original.date, original.registered)
        assert rows_of(voucher) == rows_of(original)


def rows_of(voucher: Voucher) -> list[tuple[object, ...]]:
    """Return what a file keeps of the rows: of an added row that was struck later, only that it was struck."""
    return [
        (r.account, r.amount_ore, r.cost_center, r.project, r.removed, r.removed_by, "" if r.removed else r.added_by)
        for r in voucher.rows
    ]


def test_what_does_not_fit_fortnox_is_changed_and_said() -> None:
    content = """#RAR 0 20240101 20241231
#IB 0 0099 5
#VER "" "" 20240105 "utan nr"
{
#TRANS 1910 {} -1
#TRANS 0099 {7 "x" 1 "Norr 1"} 1.50
}
#VER A 7 20250105 Sent
{
#TRANS 1910 {} 1
#TRANS 1920 {} -1
}"""
    company, truth = company_from_sie(content.encode("cp437"), database_number=1)

    assert set(company.vouchers) == {(2, "X", 1), (2, "A", 7)}
    assert company.vouchers[2, "A", 7].date == date(2024, 12, 31)
    assert company.vouchers[2, "X", 1].rows[1].cost_center == "Norr 1"
    assert truth.trial_balance(2)[99] == 650
    said = "\n".join(truth.remarks)
    for words in ("account 0099", "without a series", "renumbered", "outside the year", "out of balance by 50", "7"):
        assert words in said


def test_a_file_without_a_year_is_refused() -> None:
    with pytest.raises(SieFileUnusable, match="neither"):
        company_from_sie(b"#FLAGGA 0\r\n", database_number=1)


def test_fields_are_cut_at_blanks_and_tabs_and_quotes_keep_them_together() -> None:
    assert split_fields('#TRANS\t1930 {6 "P } 1"}  -5 "" "a \\"b\\" C:\\katalog" 0') == [
        "#TRANS",
        "1930",
        '6 "P } 1"',
        "-5",
        "",
        'a "b" C:\\katalog',
        "0",
    ]
    assert split_fields('#KONTO 1 "öppen') == ["#KONTO", "1", "öppen"]


@pytest.mark.parametrize("encoding", ["cp437", "utf-8", "cp1252", "utf-8-sig"])
def test_the_character_set_is_found_from_the_bytes(encoding: str) -> None:
    assert decode("Återföring på köp".encode(encoding)) == "Återföring på köp"
