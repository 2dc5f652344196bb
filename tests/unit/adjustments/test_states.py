"""The drawing of a voucher's states."""

from __future__ import annotations

import itertools

import pytest

from shared.adjustments.states import (
    CLAIMED,
    DONE,
    NEEDS_HUMAN,
    NOT_TRANSFERRED,
    PLANNED,
    POSTED,
    RECONCILING,
    REFUSED,
    REVERSED,
    SENDING,
    STATUSES,
    TRANSFERRED,
    TRANSFERRED_EXCLUDED,
    UNKNOWN,
    counts_of,
    left_behind,
    moved,
    status_of,
    status_of_reversal,
)

STATES = [PLANNED, CLAIMED, SENDING, POSTED, REFUSED, UNKNOWN, RECONCILING, NEEDS_HUMAN, REVERSED]


def is_arrow(state: str, to: str, *, by_person: bool = False) -> bool:
    try:
        return moved(state, to, by_person=by_person) == to
    except ValueError:
        return False


ARROWS = {(state, to) for state, to in itertools.product(STATES, STATES) if is_arrow(state, to)}


def reachable(start: str, *, without: str) -> set[str]:
    found, frontier = {start}, [start]
    while frontier:
        state = frontier.pop()
        for source, to in ARROWS:
            if source == state and to != without and to not in found:
                found.add(to)
                frontier.append(to)
    return found


def test_the_way_of_a_voucher_that_goes_well() -> None:
    for state, to in itertools.pairwise([PLANNED, CLAIMED, SENDING, POSTED, REVERSED]):
        assert moved(state, to) == to


def test_an_unknown_voucher_is_not_sent_before_somebody_has_looked() -> None:
    assert SENDING in reachable(UNKNOWN, without="")
    assert SENDING not in reachable(UNKNOWN, without=RECONCILING)


def test_what_is_found_in_sending_is_unknown_and_never_planned() -> None:
    assert left_behind(SENDING) == UNKNOWN
    assert left_behind(RECONCILING) == UNKNOWN
    assert left_behind(CLAIMED) == PLANNED
    assert {state: left_behind(state) for state in DONE} == {state: state for state in DONE}


def test_every_state_left_behind_is_an_arrow_away_or_the_same() -> None:
    assert all(left_behind(state) == state or (state, left_behind(state)) in ARROWS for state in STATES)


def test_every_voucher_can_come_to_an_end_and_stays_there() -> None:
    for state in STATES:
        assert reachable(state, without="") & (DONE | {REVERSED})
    assert {(state, to) for state, to in ARROWS if state in DONE} == {(POSTED, REVERSED)}


def test_a_wrong_step_is_an_error() -> None:
    with pytest.raises(ValueError, match="from posted to planned"):
        moved(POSTED, PLANNED)


def test_a_person_decides_only_what_needs_one_or_is_gone_from_fortnox() -> None:
    decided = {(state, to) for state, to in itertools.product(STATES, STATES) if is_arrow(state, to, by_person=True)}
    assert decided == {(NEEDS_HUMAN, POSTED), (NEEDS_HUMAN, REFUSED), (POSTED, REFUSED), (REVERSED, POSTED)}


def test_each_state_of_an_export_gives_the_adjustment_a_status() -> None:
    assert {status_of(state) for state in STATES} | {status_of_reversal(state) for state in STATES} <= set(STATUSES)


def test_what_was_read_back_with_the_ledger_is_excluded() -> None:
    seen = ["as-posted", "edited", "missing", None]
    assert [status_of(POSTED, in_ledger) for in_ledger in seen] == [TRANSFERRED_EXCLUDED] * 2 + [TRANSFERRED] * 2


@pytest.mark.parametrize("state", [PLANNED, CLAIMED, SENDING, REFUSED])
def test_until_a_reversal_is_posted_the_original_stands(state: str) -> None:
    assert status_of_reversal(state) == TRANSFERRED
    assert status_of_reversal(state, "as-posted") == TRANSFERRED_EXCLUDED
    assert status_of_reversal(POSTED, "as-posted") == NOT_TRANSFERRED
    assert status_of_reversal(NEEDS_HUMAN, "as-posted") == UNKNOWN


def test_counts_name_every_outcome_even_when_there_is_none() -> None:
    assert counts_of([POSTED, REFUSED, POSTED, UNKNOWN]) == {POSTED: 2, REFUSED: 1, NEEDS_HUMAN: 0}
