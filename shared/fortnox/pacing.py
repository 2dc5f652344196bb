"""Arithmetic of the rate limit: a sliding log of send times.

A token bucket does not fit a sliding limit: 25 tokens refilled at 5/s let 49 calls through in the worst 5 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

# What Fortnox enforces per client id and tenant (guides: rate limits; 300 per minute as a sliding window).
FORTNOX_LIMIT = 25
FORTNOX_WINDOW_S = 5.0

# What we allow ourselves. The longer window absorbs calls that are granted a turn and then leave up to 0.25 s late;
# the three spare calls absorb the integration's other traffic (a list of voucher series for a dialog, a retried 401).
LIMIT = 22
WINDOW_S = 5.25

# Bulk work may not fill the window: five turns are left for a user who is waiting.
BULK_LIMIT = 17


def earliest_turn(sent: Sequence[datetime], now: datetime, *, limit: int, window_s: float) -> datetime:
    """Return the earliest instant, not before `now`, at which one more call keeps to `limit` calls in any `window_s`.

    `sent` holds the send times of all lanes, in any order, turns already promised for the future included; the last
    `limit` of them suffice. A lane with a smaller limit counts the calls of the other lanes too, so it gives way.
    """
    if len(sent) < limit:
        return now
    return max(now, sorted(sent)[-limit] + timedelta(seconds=window_s))
