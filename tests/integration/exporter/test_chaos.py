"""A quick part of `make chaos ONLY=export`: of each family that needs no server a few cases."""

from __future__ import annotations

import pytest

from tests.chaos.export import FAMILIES
from tests.chaos.export_kills import KILLS
from tests.chaos.export_runs import counts, run_cases

SEED = 1
KILLED_AT = range(0, sum(KILLS.values()), 300)
NUMBERS = {"kills": KILLED_AT, "answers": range(12), "again": range(12), "two": range(10), "restores": range(10)}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_voucher_and_file_ends_once_or_with_a_reason(family: str) -> None:
    counted = counts(family, SEED, run_cases(FAMILIES[family].script, family, SEED, NUMBERS[family]))
    assert counted.holds, counted.notes
    assert counted.ok + counted.refused == counted.attempted > 0
