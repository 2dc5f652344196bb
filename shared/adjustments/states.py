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

# What an adjustment's own status can be; `refused` and `unknown` are words of both.
NOT_TRANSFERRED: Final = "not_transferred"
TRANSFERRED: Final = "transferred"
TRANSFERRED_EXCLUDED: Final = "transferred_excluded"
NOT_APPLICABLE: Final = "not_applicable"
DELETED: Final = "deleted"
STATUSES = (NOT_TRANSFERRED, TRANSFERRED, TRANSFERRED_EXCLUDED, NOT_APPLICABLE, DELETED, REFUSED, UNKNOWN)

# How the newest import since the posting has seen a voucher.
AS_POSTED: Final = "as-posted"
EDITED: Final = "edited"
MISSING: Final = "missing"

_NEXT: dict[str, frozenset[str]] = {
    PLANNED: frozenset({CLAIMED, REFUSED}),
    CLAIMED: frozenset({SENDING, POSTED, REFUSED, NEEDS_HUMAN, PLANNED}),
    SENDING: frozenset({POSTED, REFUSED, UNKNOWN, PLANNED}),
    UNKNOWN: frozenset({RECONCILING, NEEDS_HUMAN}),
    RECONCILING: frozenset({POSTED, PLANNED, UNKNOWN, NEEDS_HUMAN}),
    POSTED: frozenset({REVERSED}),
}
# What only a person may do, who has looked into Fortnox.
_DECIDED: dict[str, frozenset[str]] = {
    NEEDS_HUMAN: frozenset({POSTED, REFUSED}),
    POSTED: frozenset({REFUSED}),
    REVERSED: frozenset({POSTED}),  # its reversal is gone from Fortnox
}


def moved(state: str, to: str, *, by_person: bool = False) -> str:
    """Return `to`; raises ValueError when the drawing has no such arrow."""
    arrows = _DECIDED if by_person else _NEXT
    if to not in arrows.get(state, frozenset()):
        raise ValueError(f"a voucher does not go from {state} to {to}")
    return to


def left_behind(state: str) -> str:
    """Return what a state means once nobody works on it any more: what may have been sent is never planned again."""
    return {CLAIMED: PLANNED, SENDING: UNKNOWN, RECONCILING: UNKNOWN}.get(state, state)


def status_of(state: str, in_ledger: str | None = None) -> str:
    """Return the status of an adjustment while its voucher is in a state.

    `in_ledger` says how the newest import has seen the voucher: what was read back with the ledger is excluded, or it
    would count twice.
    """
    match state:
        case "posted":
            return TRANSFERRED_EXCLUDED if in_ledger in (AS_POSTED, EDITED) else TRANSFERRED
        case "refused":
            return REFUSED
        case "unknown" | "reconciling" | "needs-human":
            return UNKNOWN
        case _:
            return NOT_TRANSFERRED


def status_of_reversal(state: str, in_ledger: str | None = None) -> str:
    """Return the status of an adjustment while the reversal of its posted voucher is in a state.

    Until the reversal is posted the original stands; `in_ledger` is the original's.
    """
    if state == POSTED:
        return NOT_TRANSFERRED
    if status_of(state) == UNKNOWN:
        return UNKNOWN
    return status_of(POSTED, in_ledger)


def counts_of(states: Iterable[str]) -> dict[str, int]:
    found = Counter(states)
    return {state: found[state] for state in (POSTED, REFUSED, NEEDS_HUMAN)}
