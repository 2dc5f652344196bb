"""One file fetched in advance, whatever becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from services.importer.ahead import FileAhead

DEADLINE_S = 10


def fetch(year_id: int, leaves: Callable[[], object]) -> bytes:
    leaves()
    return str(year_id).encode()


def test_a_file_is_the_same_whether_it_was_begun_before_or_not() -> None:
    with FileAhead(fetch) as ahead:
        ahead.start(7)
        assert not ahead.is_empty
        assert ahead.take(7) == b"7"
        assert ahead.is_empty
        assert ahead.take(8) == b"8"


def test_another_year_than_the_one_begun_is_fetched_anew() -> None:
    with FileAhead(fetch) as ahead:
        ahead.start(7)
        assert ahead.take(8) == b"8"


def test_there_is_one_file_at_a_time() -> None:
    with FileAhead(fetch) as ahead:
        ahead.start(7)
        with pytest.raises(ValueError, match="one file"):
            ahead.start(8)


def test_what_fails_before_it_leaves_holds_nobody_up_and_is_raised_when_it_is_taken() -> None:
    def fail(_year_id: int, _leaves: Callable[[], object]) -> bytes:
        raise LookupError("nothing there")

    with FileAhead(fail) as ahead:
        ahead.start(7)
        ahead.await_departure()
        with pytest.raises(LookupError):
            ahead.take(7)


def test_departure_is_awaited_and_the_answer_is_not() -> None:
    may_leave, may_answer = threading.Event(), threading.Event()

    def slow(_year_id: int, leaves: Callable[[], object]) -> bytes:
        may_leave.wait(DEADLINE_S)
        leaves()
        may_answer.wait(DEADLINE_S)
        return b"slow"

    with FileAhead(slow) as ahead:
        ahead.start(7)
        may_leave.set()
        ahead.await_departure()
        assert not may_answer.is_set()
        may_answer.set()
        assert ahead.take(7) == b"slow"


def test_leaving_waits_for_what_is_under_way() -> None:
    ended: list[bool] = []

    def slow(_year_id: int, leaves: Callable[[], object]) -> bytes:
        leaves()
        ended.append(True)
        return b""

    with FileAhead(slow) as ahead:
        ahead.start(7)
    assert ended == [True]
