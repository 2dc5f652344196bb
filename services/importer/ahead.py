"""One file on its way from Fortnox while the one before it is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from types import TracebackType
from typing import Self

Fetch = Callable[[int, Callable[[], object]], bytes]
"""Fetches the file of Fortnox' number of a year; calls the second argument when the request has been noted and leaves."""


class FileAhead:
    """Fetches one file in a thread of its own and keeps it until it is taken, so there is never more than one.

    Leaving the context waits for a call that is under way: none outlives the work it belongs to.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._thread = ThreadPoolExecutor(1, "file-ahead")
        self._coming: tuple[int, Future[bytes]] | None = None
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

    def start(self, year_id: int) -> None:
        """Begin to fetch the year's file; raises ValueError while another one has not been taken."""
        if self._coming is not None:
            raise ValueError("one file at a time")
        self._left.clear()
        coming = self._thread.submit(copy_context().run, self._fetch, year_id, self._left.set)
        coming.add_done_callback(lambda _: self._left.set())
        self._coming = year_id, coming

    def await_departure(self) -> None:
        """Return when the request has left, or never will: noting it would wait for whoever locks the import first."""
        if self._coming is not None:
            self._left.wait()

    def take(self, year_id: int) -> bytes:
        """Return the year's file, fetched now if it was not begun before; raises what fetching it raised."""
        coming, self._coming = self._coming, None
        if coming is not None and coming[0] == year_id:
            return coming[1].result()
        return self._fetch(year_id, lambda: None)
