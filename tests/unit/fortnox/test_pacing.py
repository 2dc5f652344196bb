from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.fortnox.pacing import FORTNOX_LIMIT, FORTNOX_WINDOW_S, USUAL_PACE, earliest_turn

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)

# Gaps in milliseconds; most are zero or tiny, so that the limit is really met.
gaps_ms = st.one_of(st.just(0), st.integers(0, 50), st.integers(0, 6000))
calls = st.lists(st.tuples(gaps_ms, st.booleans(), st.integers(0, 199)), min_size=30, max_size=120)


def most_in_any_window(instants: list[datetime], window_s: float) -> int:
    ordered = sorted(instants)
    window = timedelta(seconds=window_s)
    return max(sum(1 for other in ordered if first <= other < first + window) for first in ordered)


@given(calls=calls)
def test_never_more_than_the_limit_of_fortnox_even_if_calls_leave_late(calls: list[tuple[int, bool, int]]) -> None:
    now = START
    granted: list[datetime] = []
    left: list[datetime] = []
    for gap_ms, is_bulk, delay_ms in calls:
        now += timedelta(milliseconds=gap_ms)
        turn = earliest_turn(
            granted, now, limit=USUAL_PACE.bulk_limit if is_bulk else USUAL_PACE.limit, window_s=USUAL_PACE.window_s
        )
        assert turn >= now
        granted.append(turn)
        left.append(turn + timedelta(milliseconds=delay_ms))
    assert most_in_any_window(granted, USUAL_PACE.window_s) <= USUAL_PACE.limit
    assert most_in_any_window(left, FORTNOX_WINDOW_S) <= USUAL_PACE.limit < FORTNOX_LIMIT


@given(gaps=st.lists(gaps_ms, min_size=1, max_size=60), limit=st.integers(1, 25))
def test_a_turn_is_never_later_than_needed(gaps: list[int], limit: int) -> None:
    now = START
    granted: list[datetime] = []
    for gap_ms in gaps:
        now += timedelta(milliseconds=gap_ms)
        turn = earliest_turn(granted, now, limit=limit, window_s=USUAL_PACE.window_s)
        if turn > now:
            earlier = turn - timedelta(microseconds=1)
            assert most_in_any_window([*granted, earlier], USUAL_PACE.window_s) > limit
        granted.append(turn)


def test_a_burst_goes_through_at_once_and_the_next_call_waits_for_the_first_to_leave_the_window() -> None:
    sent = [START] * USUAL_PACE.limit
    assert earliest_turn(sent[:-1], START, limit=USUAL_PACE.limit, window_s=USUAL_PACE.window_s) == START
    assert earliest_turn(sent, START, limit=USUAL_PACE.limit, window_s=USUAL_PACE.window_s) == START + timedelta(
        seconds=USUAL_PACE.window_s
    )


def test_bulk_leaves_turns_for_a_user_who_waits() -> None:
    sent = [START] * USUAL_PACE.bulk_limit
    assert earliest_turn(sent, START, limit=USUAL_PACE.bulk_limit, window_s=USUAL_PACE.window_s) > START
    assert earliest_turn(sent, START, limit=USUAL_PACE.limit, window_s=USUAL_PACE.window_s) == START


def test_only_the_last_turns_and_no_order_are_needed() -> None:
    sent = [START + timedelta(seconds=n) for n in range(60)]
    now = sent[-1]
    whole = earliest_turn(sent, now, limit=5, window_s=USUAL_PACE.window_s)
    assert whole == earliest_turn(list(reversed(sent[-5:])), now, limit=5, window_s=USUAL_PACE.window_s)
