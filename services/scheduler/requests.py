"""The requests that a reading takes, counted by what is called."""

from __future__ import annotations

from collections import Counter

from shared.schedules.content import Calls


class Requests:
    """Counts each request under the `call` that is under way, in words."""

    def __init__(self) -> None:
        self.call = ""
        self._counts: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self._counts.total()

    @property
    def plan(self) -> tuple[Calls, ...]:
        """What was called and how often, in the order of the first call."""
        return tuple(Calls(call, requests) for call, requests in self._counts.items())

    def note(self) -> None:
        self._counts[self.call] += 1
