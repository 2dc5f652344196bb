"""Where `make chaos ONLY=export` kills: nothing between an intent and what came of it is left out."""

from __future__ import annotations

import itertools
from random import Random

from tests.chaos.export_kills import Line, schedule

SENDING = "services/exporter/sending.py"
STEPS = "services/exporter/steps.py"
ONE_VOUCHER = [
    Line(SENDING, 120, "_send"),
    Line(STEPS, 90, "sending"),
    Line("shared/store/database.py", 80, "write"),
    Line(SENDING, 122, "_send"),
    Line("shared/fortnox/client.py", 215, "post_voucher"),
    Line(STEPS, 100, "posted"),
    Line("shared/store/database.py", 80, "write"),
    Line(SENDING, 60, "send_planned"),
]
OPEN = range(2, 8)  # places in it, counted from 1
READING = [Line("shared/adjustments/facts.py", number % 7, "read") for number in range(500)]
RUN = [*READING, *ONE_VOUCHER, *ONE_VOUCHER, *READING]
BETWEEN = {len(READING) + start + place for start in (0, len(ONE_VOUCHER)) for place in OPEN}


def test_every_place_between_sending_and_posted_is_chosen_and_every_line_once() -> None:
    chosen = schedule(RUN, 40, Random(1))
    assert len(chosen) == len(set(chosen)) == 40
    assert set(chosen) >= BETWEEN
    assert {RUN[place - 1] for place in chosen} == set(RUN)


def test_the_rest_is_spread_over_the_whole_run() -> None:
    rest = sorted(set(schedule(RUN, 120, Random(1))) - BETWEEN)
    assert max(after - before for before, after in itertools.pairwise(rest)) < 40


def test_more_kills_than_places_take_some_twice() -> None:
    chosen = schedule(RUN, 2_000, Random(1))
    assert (len(chosen), set(chosen)) == (2_000, set(range(1, len(RUN) + 1)))
