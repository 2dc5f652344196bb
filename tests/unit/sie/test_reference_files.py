"""Real and official files, which are not part of the project: each must prove itself, or contradict itself as known.

They are looked for in the folder `sie` of the folder that FORTNOX_REFERENCE_DATA names, or else of `../shared/data`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from services.importer.sie import Mismatch, SieFile, check_balances, count_rows, read_sie
from tests.unit.sie.specimens import everything

REPOSITORY = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("FORTNOX_REFERENCE_DATA", REPOSITORY.parent / "shared" / "data")) / "sie"


class Expected(NamedTuple):
    variant: str
    vouchers: int
    booked: int
    checksum: str
    faults: int


EXPECTED = {
    "Alipsa-SIEParser__44_sie4.se": Expected("4E", 286, 949, "verified", 0),
    "_constructed__spec-corner-cases.se": Expected("4E", 6, 12, "absent", 1),
    "forsslund-sie-parser__SIE4_Exempelfil.SE": Expected("4E", 295, 1330, "absent", 0),
    "forsslund-sie-parser__test_sie4.se": Expected("4I", 6, 19, "absent", 19),
    "holar2b-node-sie-reader__test.SI": Expected("4I", 2, 10, "absent", 0),
    "idstam-jsisie__BL0001_typ4.SE": Expected("4E", 84, 405, "absent", 11),
    "idstam-jsisie__Bokslut_Norstedts_SIE_4E.se": Expected("4E", 177, 678, "verified", 0),
    "idstam-jsisie__MAMUT_SIE4_EXPORT.SE": Expected("4E", 168, 458, "absent", 0),
    "idstam-jsisie__Norstedts_Bokslut_SIE_4I.si": Expected("4I", 2, 4, "verified", 0),
    "idstam-jsisie__Sie4.si": Expected("4E", 165, 869, "absent", 1),
    "idstam-jsisie__sie_4.SE": Expected("4E", 20, 76, "absent", 0),
    "idstam-jsisie__transaktioner_ovnbolag-bad-balance.se": Expected("4E", 163, 671, "absent", 1),
    "kastelo-sie__testdata.se": Expected("4E", 2, 4, "absent", 0),
    "kjelloh-cratchit__Fortnox-3.57.11-three.se": Expected("4I", 3, 6, "absent", 0),
}

# files that contradict themselves, with the figures in which they do
CONTRADICTIONS = {
    "_constructed__spec-corner-cases.se": [
        Mismatch("UB", "1910", None, (), 9000, 100000000006345),
        Mismatch("UB", "1930", None, (), 1050, 1700),
        Mismatch("RES", "3001", None, (), 0, -99999999997995),
    ],
    "idstam-jsisie__transaktioner_ovnbolag-bad-balance.se": [
        Mismatch("UB", "1910", None, (), 171375, -1105725),
        Mismatch("PSALDO", "1910", "201101", (), -126400, -1403500),
    ],
}
REPEATS_ITS_OPENING_BALANCES = "idstam-jsisie__Sie4.si"


def data_of(name: str) -> bytes:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"left out: {name}, because the reference data is not at {FOLDER} (set FORTNOX_REFERENCE_DATA)")
    return path.read_bytes()


def file_of(name: str) -> SieFile:
    return read_sie(data_of(name))


@pytest.mark.parametrize("name", EXPECTED)
def test_every_voucher_and_row_is_read_and_every_row_is_counted(name: str) -> None:
    file = file_of(name)
    booked = sum(row.kind == "booked" for voucher in file.vouchers for row in voucher.rows)
    assert Expected(file.variant, len(file.vouchers), booked, file.checksum, len(file.faults)) == EXPECTED[name]
    assert count_rows(data_of(name)) == booked


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != REPEATS_ITS_OPENING_BALANCES])
def test_the_rows_give_the_balances_of_the_file_but_for_known_contradictions(name: str) -> None:
    assert check_balances(file_of(name)) == CONTRADICTIONS.get(name, [])


def test_the_old_fortnox_sample_repeats_its_opening_balances_as_closing_ones() -> None:
    file = file_of(REPEATS_ITS_OPENING_BALANCES)
    assert file.balances["UB", 0] == file.balances["IB", 0]
    stated = [mismatch for mismatch in check_balances(file) if mismatch.account in file.balances["UB", 0]]
    assert (len(stated), len(file.balances["UB", 0])) == (29, 48)


def test_every_file_of_the_folder_is_expected() -> None:
    data_of(next(iter(EXPECTED)))
    assert {path.name for path in FOLDER.iterdir() if path.suffix.lower() in {".se", ".si", ".sie"}} == set(EXPECTED)


def test_the_visma_sample_says_what_its_other_readers_found() -> None:
    file = file_of("forsslund-sie-parser__SIE4_Exempelfil.SE")
    assert (file.company_name, file.organisation_number, file.flag) == ("Övningsbolaget AB", "555555-5555", 1)
    assert file.balances["IB", 0]["1910"] == 133900
    coffee = next(voucher for voucher in file.vouchers if (voucher.series, voucher.number) == ("A", "1"))
    assert (coffee.text, len(coffee.rows)) == ("Kaffebröd", 3)
    assert {row.amount_ore for row in coffee.rows if row.account == "1910"} == {-19500}


def test_the_speedledger_sample_says_what_its_other_readers_found() -> None:
    closing = file_of("kastelo-sie__testdata.se").balances["UB", 0]
    assert closing == {"1930": 4804300, "2081": -5000000, "6310": 195700}


def test_the_file_that_is_unbalanced_on_purpose_names_its_voucher() -> None:
    (fault,) = file_of("idstam-jsisie__transaktioner_ovnbolag-bad-balance.se").faults
    assert (fault.line, fault.reason) == (3905, "the rows sum to -12771.00 instead of zero (B 1 2011-01-07)")


def test_the_same_file_with_other_line_ends_says_the_same() -> None:
    data = data_of("forsslund-sie-parser__SIE4_Exempelfil.SE")
    assert (len(data), len(data.replace(b"\r\n", b"\n"))) == (101380, 97300)
    assert everything(read_sie(data.replace(b"\r\n", b"\n"))) == everything(read_sie(data))


def test_corrections_in_real_files_count_nothing() -> None:
    file = file_of("idstam-jsisie__BL0001_typ4.SE")
    kinds = [row.kind for voucher in file.vouchers for row in voucher.rows]
    assert (kinds.count("added"), kinds.count("struck")) == (6, 3)
