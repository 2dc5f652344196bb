"""The states of a voucher on its way to Fortnox (pure); docs/export.md draws them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

PLANNED: Final = "planned"
CLAIMED: Final = "claimed"
SENDING: Final = "sending"
POSTED: Final = "posted"
REFUSED: Final = "refused"
UNKNOWN: Final = "unknown"
RECONCILING: Final = "reconciling"
NEEDS_HUMAN: Final = "needs-human"
REVERSED: Final = "reversed"

TO_FIND_OUT = frozenset({SENDING, UNKNOWN, RECONCILING})
DONE = frozenset({POSTED, REFUSED, NEEDS_HUMAN})
NOT_LIVE = frozenset({REFUSED, REVERSED})  # the adjustment may be exported anew

NOT_TRANSFERRED: Final = "not_transferred"
TRANSFERRED: Final = "transferred"

_NEXT: dict[str, frozenset[str]] = {
    PLANNED: frozenset({CLAIMED, REFUSED}),
    CLAIMED: frozenset({SENDING, POSTED, REFUSED, NEEDS_HUMAN, PLANNED}),
    SENDING: frozenset({POSTED, REFUSED, UNKNOWN, PLANNED}),
    UNKNOWN: frozenset({RECONCILING, NEEDS_HUMAN}),
    RECONCILING: frozenset({POSTED, PLANNED, UNKNOWN, NEEDS_HUMAN}),
    POSTED: frozenset({REVERSED}),
}

# What the adjustment's own status is while its voucher is in a state.
STATUS_OF = {
    PLANNED: NOT_TRANSFERRED,
    CLAIMED: NOT_TRANSFERRED,
    SENDING: NOT_TRANSFERRED,
    POSTED: TRANSFERRED,
    REFUSED: "refused",
    UNKNOWN: "unknown",
    RECONCILING: "unknown",
    NEEDS_HUMAN: "unknown",
}


def moved(state: str, to: str) -> str:
    """Return `to`; raises ValueError when the drawing has no such arrow."""
    if to not in _NEXT.get(state, frozenset()):
        raise ValueError(f"a voucher does not go from {state} to {to}")
    return to


def left_behind(state: str) -> str:
    """Return what a state means once nobody works on it any more: what may have been sent is never planned again."""
    return {CLAIMED: PLANNED, SENDING: UNKNOWN, RECONCILING: UNKNOWN}.get(state, state)


def counts_of(states: Iterable[str]) -> dict[str, int]:
    found = Counter(states)
    return {state: found[state] for state in (POSTED, REFUSED, NEEDS_HUMAN)}
