"""One answer on its way from Fortnox while something else is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")
Fetch = Callable[[Callable[[], object]], T]
"""Asks Fortnox for something; calls its argument when a request has been noted and leaves."""


class Ahead:
    """Fetches one thing in a thread of its own and keeps it until it is taken, so there is never more than one.

    Leaving the context waits for a call that is under way: none outlives the work it belongs to.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "ahead")
        self._coming: tuple[object, Future[Any]] | None = None
        self._left = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    @property
    def is_empty(self) -> bool:
        return self._coming is None

    def start(self, key: object, fetch: Fetch[T]) -> None:
        """Begin to fetch what `key` stands for; raises ValueError while something else has not been taken."""
        if self._coming is not None:
            raise ValueError("one thing at a time")
        self._left.clear()
        coming = self._thread.submit(copy_context().run, fetch, self._left.set)
        coming.add_done_callback(lambda _: self._left.set())
        self._coming = key, coming

    def await_departure(self) -> None:
        """Return when the first request has left, or never will."""
        if self._coming is not None:
            self._left.wait()

    def take(self, key: object, fetch: Fetch[T]) -> T:
        """Return what `key` stands for, fetched now if it was not begun before; raises what fetching it raised."""
        coming, self._coming = self._coming, None
        if coming is not None and coming[0] == key:
            found: T = coming[1].result()
            return found
        return fetch(lambda: None)
