"""One answer fetched in advance, whatever becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from services.importer.ahead import Ahead

DEADLINE_S = 10


def fetch(leaves: Callable[[], object]) -> str:
    leaves()
    return "begun before"


def fetch_now(leaves: Callable[[], object]) -> str:
    leaves()
    return "fetched now"


def test_what_was_begun_is_not_fetched_again_and_what_was_not_is_fetched_then() -> None:
    with Ahead() as ahead:
        ahead.start(7, fetch)
        assert not ahead.is_empty
        assert ahead.take(7, fetch_now) == "begun before"
        assert ahead.is_empty
        assert ahead.take(8, fetch_now) == "fetched now"


def test_another_thing_than_the_one_begun_is_fetched_anew() -> None:
    with Ahead() as ahead:
        ahead.start(7, fetch)
        assert ahead.take(8, fetch_now) == "fetched now"


def test_there_is_one_thing_at_a_time() -> None:
    with Ahead() as ahead:
        ahead.start(7, fetch)
        with pytest.raises(ValueError, match="one thing"):
            ahead.start(8, fetch)


def test_what_fails_before_it_leaves_holds_nobody_up_and_is_raised_when_it_is_taken() -> None:
    def fail(_leaves: Callable[[], object]) -> str:
        raise LookupError("nothing there")

    with Ahead() as ahead:
        ahead.start(7, fail)
        ahead.await_departure()
        with pytest.raises(LookupError):
            ahead.take(7, fetch_now)


def test_departure_is_awaited_and_the_answer_is_not() -> None:
    may_leave, may_answer = threading.Event(), threading.Event()

    def slow(leaves: Callable[[], object]) -> str:
        may_leave.wait(DEADLINE_S)
        leaves()
        may_answer.wait(DEADLINE_S)
        return "slow"

    with Ahead() as ahead:
        ahead.start(7, slow)
        may_leave.set()
        ahead.await_departure()
        assert not may_answer.is_set()
        may_answer.set()
        assert ahead.take(7, fetch_now) == "slow"


def test_leaving_waits_for_what_is_under_way() -> None:
    ended: list[bool] = []

    def slow(leaves: Callable[[], object]) -> str:
        leaves()
        ended.append(True)
        return ""

    with Ahead() as ahead:
        ahead.start(7, slow)
    assert ended == [True]
