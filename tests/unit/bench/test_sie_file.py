"""The ledger that the benchmarks read is what it says it is."""

from __future__ import annotations

from services.importer.sie import check_balances, count_rows, read_sie, row_sums
from tests.bench.sie_file import COMPANY, ledger_file


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    assert ledger_file(20, seed=7).data == ledger_file(20, seed=7).data != ledger_file(20, seed=8).data


def test_the_file_proves_itself_and_holds_what_it_is_said_to_hold() -> None:
    ledger = ledger_file(500)
    file = read_sie(ledger.data)
    assert (file.company_name, file.encoding, file.variant, file.faults) == (COMPANY, "cp437", "4E", [])
    assert (file.heads.height, count_rows(ledger.data)) == (ledger.vouchers, ledger.rows)
    assert {account: ore for account, ore in row_sums(file).items() if ore} == {
        account: ore for account, ore in ledger.row_sums.items() if ore
    }
    assert check_balances(file) == []


def test_it_holds_what_readers_stumble_over() -> None:
    data = ledger_file(2000).data
    for trap in (b"#BTRANS", b"#RTRANS", b'\\"', b'"{VV cf', b"C:\\temp", b'6 "P '):
        assert trap in data
