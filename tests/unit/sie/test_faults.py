"""The list of faults, which a damaged file must not make as long as itself."""

from __future__ import annotations

from services.importer.sie import read_sie
from services.importer.sie.faults import MOST_FAULTS
from tests.unit.sie.specimens import sie_bytes, voucher


def test_the_first_faults_are_kept_and_the_others_counted() -> None:
    unequal = voucher("#TRANS 1910 {} 1", head='#VER A "" 20240102')
    file = read_sie(sie_bytes(*unequal * (MOST_FAULTS + 3)))
    assert len(file.faults) == MOST_FAULTS + 1
    assert file.faults[0].line == 8
    assert file.faults[-2].line == 8 + 4 * (MOST_FAULTS - 1)
    assert file.faults[-1] == (0, "", "and 3 more")
    assert file.fault_count == MOST_FAULTS + 3


def test_a_list_that_is_just_full_says_nothing_of_more() -> None:
    file = read_sie(sie_bytes(*["#GEN yesterday"] * MOST_FAULTS))
    assert [fault.line for fault in file.faults] == list(range(8, 8 + MOST_FAULTS))
