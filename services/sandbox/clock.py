"""The stand-in's clock: runs like the wall clock and can be moved, so that a test need not wait 45 days."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# Fortnox does not state a zone for its dates and `lastmodified`; its users and servers are Swedish.
STOCKHOLM = ZoneInfo("Europe/Stockholm")


class MovableClock:
    def __init__(self, start: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._offset = timedelta()
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        """Return aware UTC."""
        with self._lock:
            return datetime.now(UTC) + self._offset

    def today(self) -> date:
        """Return the date in Sweden."""
        return self.now().astimezone(STOCKHOLM).date()

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._offset += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Move the hands to `instant` (aware); they go on from there."""
        with self._lock:
            self._offset = instant - datetime.now(UTC)
