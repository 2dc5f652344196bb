"""When a look at Fortnox counts, and what follows from looks that found nothing (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.adjustments import Doubt
from shared.adjustments.states import NEEDS_HUMAN, PLANNED, UNKNOWN

# Fortnox has had its time: the client waits 60 s for an answer. A look that finds nothing counts only after that, and
# two of them, as long apart again, are needed to say that nothing was booked. A file may need 60 s more to leave.
SETTLES_AFTER = timedelta(seconds=60)
FILE_SETTLES_AFTER = timedelta(seconds=120)
LOOKS = 2
MAX_SENDS = 3


def next_look(
    sent_at: datetime, misses: int, last_look: datetime, settles_after: timedelta = SETTLES_AFTER
) -> datetime:
    """Return from when on a look that finds nothing counts."""
    return (last_look if misses else sent_at) + settles_after


def other_company(sent_to: int | None, connected: int) -> Doubt | None:
    """Return what keeps a look from meaning anything: it goes into another Fortnox company than what is looked for."""
    if sent_to in (None, connected):
        return None
    reason = f"it was sent to Fortnox company {sent_to}, and the connection leads into {connected}"
    return Doubt("other-company-found", reason)


def after_miss(misses: int, attempts: int) -> str:
    """Return the state of what counted looks have not found so many times."""
    if misses < LOOKS:
        return UNKNOWN
    return PLANNED if attempts < MAX_SENDS else NEEDS_HUMAN
