"""Arithmetic of the rate limit: a sliding log of send times.

A token bucket does not fit a sliding limit: 25 tokens refilled at 5/s let 49 calls through in the worst 5 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# What Fortnox enforces per client id and tenant (guides: rate limits; 300 per minute as a sliding window).
FORTNOX_LIMIT = 25
FORTNOX_WINDOW_S = 5.0


@dataclass(frozen=True)
class Pace:
    """What we allow ourselves: `limit` calls in any `window_s`, of which bulk work takes no more than `bulk_limit`.

    The longer window absorbs calls that are granted a turn and then leave up to 0.2 s late, the spare call one that is
    later still. What bulk work may not take is left for a user who is waiting.
    """

    limit: int = 24
    bulk_limit: int = 19
    window_s: float = 5.2


USUAL_PACE = Pace()


def earliest_turn(sent: Sequence[datetime], now: datetime, *, limit: int, window_s: float) -> datetime:
    """Return the earliest instant, not before `now`, at which one more call keeps to `limit` calls in any `window_s`.

    `sent` holds the send times of all lanes, in any order, turns already promised for the future included; the last
    `limit` of them suffice. A lane with a smaller limit counts the calls of the other lanes too, so it gives way.
    """
    if len(sent) < limit:
        return now
    return max(now, sorted(sent)[-limit] + timedelta(seconds=window_s))
