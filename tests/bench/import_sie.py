"""What it costs to read a SIE file: bytes to columns that are right."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from services.importer.sie import check_balances, read_sie, row_sums
from tests.bench.fresh import interleaved
from tests.bench.rows import Row, at_most, part
from tests.bench.sie_file import Ledger, ledger_file

VOUCHERS, QUARTER = 100_000, 25_000
ROUNDS = 7


@part("import")
def a_large_sie_file() -> Iterator[Row]:
    ledger, quarter = ledger_file(VOUCHERS), ledger_file(QUARTER)
    wrong = _wrong_figures(ledger)
    with tempfile.TemporaryDirectory() as folder:
        whole_file, quarter_file = Path(folder) / "whole.se", Path(folder) / "quarter.se"
        whole_file.write_bytes(ledger.data)
        quarter_file.write_bytes(quarter.data)
        works = [("split", whole_file), ("read-sie", whole_file), ("read-sie", quarter_file)]
        unit, whole, part_of_it = interleaved(works, ROUNDS)
    yield at_most(
        f"SIE file of {len(ledger.data) / 1e6:.1f} MB, {ledger.rows:,} rows: figures that are wrong",
        wrong,
        "figures",
        target=0,
        yardstick="vouchers, rows, sum per account, and every balance of the file",
    )
    yield at_most(
        "SIE bytes to columns",
        whole.best_s / unit.best_s,
        "×",
        target=5,
        yardstick=f"read + decode + splitlines; best of {ROUNDS}: {whole.best_s:.2f} s to {unit.best_s:.2f} s, "
        f"median {whole.median_s:.2f} s to {unit.median_s:.2f} s = {whole.median_s / unit.median_s:.2f} ×",
    )
    yield at_most(
        f"the same for {VOUCHERS // QUARTER} times the vouchers",
        whole.best_s / part_of_it.best_s,
        "×",
        target=4.4,
        yardstick=f"{QUARTER:,} vouchers: {part_of_it.best_s:.2f} s",
    )
    yield at_most("peak memory of the whole process", whole.peak_mb, "MB", target=450, yardstick="every round")


def _wrong_figures(ledger: Ledger) -> int:
    file = read_sie(ledger.data)
    sums = row_sums(file)
    accounts = {*sums, *ledger.row_sums}
    booked = int((file.rows["kind"] == "booked").sum())
    return (
        abs(file.heads.height - ledger.vouchers)
        + abs(booked - ledger.rows)
        + sum(sums.get(account) != ledger.row_sums.get(account) for account in accounts)
        + len(check_balances(file))
        + len(file.faults)
    )
