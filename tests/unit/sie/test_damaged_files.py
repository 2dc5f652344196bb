"""Whatever happens to a file on its way, the reader takes it or refuses it; nothing else ever comes out.

Here a part of what `make chaos ONLY=import` does with a hundred thousand files.
"""

from __future__ import annotations

from collections import Counter

from services.importer.sie import REFUSALS, SieError, read_sie
from tests.fuzz import fleet, sie
from tests.fuzz.sie_damage import specimens, truncations
from tests.unit.sie.specimens import with_checksum

SEED = 20240101
DAMAGED, CUT_SHORT_EVERY = 300, 60

CHECKED = with_checksum(b"#SIETYP 4\r\n#UB 0 1910 5\r\n", "#SIETYP", "4", "#UB", "0", "1910", "5")


def test_a_damaged_file_ends_in_a_true_result_or_in_a_refusal() -> None:
    first = len(truncations())
    numbers = [*range(0, first, CUT_SHORT_EVERY), *range(first, first + DAMAGED)]
    ends = Counter(sie.judge(SEED, number) for number in numbers)
    assert ends.total() == len(numbers)
    assert set(ends) <= {sie.TAKEN, *REFUSALS}
    assert len(ends) > len(REFUSALS) // 2, f"seed {SEED} tries too few outcomes: {ends}"


def test_no_specimen_is_refused_before_it_is_damaged() -> None:
    for data in specimens():
        read_sie(data)


def test_no_single_changed_byte_under_a_checksum_changes_a_figure_unnoticed() -> None:
    start = CHECKED.index(b"#UB") + len(b"#UB 0 1910 ")
    for byte in range(256):
        data = CHECKED[:start] + bytes([byte]) + CHECKED[start + 1 :]
        try:
            file = read_sie(data)
        except SieError:
            continue
        assert file.balances["UB", 0] == {"1910": 500}


def test_the_fleet_counts_what_hangs_what_dies_and_what_is_wrong() -> None:
    outcome = fleet.run("tests.unit.sie.misbehaving", 1, 40, patience_s=1.0)
    assert outcome.counts == {"taken": 36, fleet.HUNG: 1, fleet.CRASHED: 2, fleet.WRONG: 1}
    assert sorted((number, kind) for number, kind, _ in outcome.failures) == [
        (3, fleet.HUNG),
        (7, fleet.CRASHED),
        (11, fleet.CRASHED),
        (13, fleet.WRONG),
    ]
