"""Fortnox's rate limit, and the count by which a client's pacing is judged.

300 calls a minute per client id and tenant, enforced as 25 in a sliding window of 5 s (Fortnox, "Rate limits").
Real monotonic time, never the movable clock: moving the clock must not give quota.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

CALLS = 25
WINDOW_S = 5.0


@dataclass
class Arrivals:
    """Every call that reached one tenant, the refused ones too."""

    calls: int = 0
    refused: int = 0
    peak: int = 0
    recent: deque[float] = field(default_factory=deque)


class RateLimit:
    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._admitted: defaultdict[tuple[str, int], deque[float]] = defaultdict(deque)
        self.arrivals: defaultdict[int, Arrivals] = defaultdict(Arrivals)

    def arrived(self, tenant: int) -> None:
        seen = self.arrivals[tenant]
        now = self._monotonic()
        _forget_before(seen.recent, now - WINDOW_S)
        seen.recent.append(now)
        seen.calls += 1
        seen.peak = max(seen.peak, len(seen.recent))

    def admit(self, client_id: str, tenant: int) -> float:
        """Return 0.0 when the call may pass, else the seconds until one may."""
        window = self._admitted[client_id, tenant]
        now = self._monotonic()
        _forget_before(window, now - WINDOW_S)
        if len(window) < CALLS:
            window.append(now)
            return 0.0
        self.arrivals[tenant].refused += 1
        return max(window[0] + WINDOW_S - now, 0.001)


def _forget_before(window: deque[float], instant: float) -> None:
    while window and window[0] <= instant:
        window.popleft()
