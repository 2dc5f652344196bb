"""The states of a file on its way to its voucher in Fortnox; docs/export.md draws them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from shared.adjustments.moving import REASON_MAX, Reason
from shared.adjustments.states import NEEDS_HUMAN, PLANNED, REFUSED, UNKNOWN
from shared.store.adjustments import ExportFile

UPLOADING: Final = "uploading"
UPLOADED: Final = "uploaded"
CONNECTING: Final = "connecting"
CONNECTED: Final = "connected"

TO_SEND = (PLANNED, UPLOADED)
UNDER_WAY = (UPLOADING, CONNECTING)

_NEXT: dict[str, frozenset[str]] = {
    PLANNED: frozenset({UPLOADING, UPLOADED, CONNECTED, REFUSED, NEEDS_HUMAN}),
    UPLOADING: frozenset({UPLOADED, REFUSED, UNKNOWN, PLANNED}),
    UPLOADED: frozenset({CONNECTING, CONNECTED, REFUSED, NEEDS_HUMAN}),
    CONNECTING: frozenset({CONNECTED, REFUSED, UNKNOWN, UPLOADED}),
    UNKNOWN: frozenset({UPLOADED, CONNECTED, PLANNED, NEEDS_HUMAN}),
}
# What only a person may do, who has looked into Fortnox or put right what kept the file out.
_DECIDED: dict[str, frozenset[str]] = {
    REFUSED: frozenset({CONNECTED, PLANNED}),
    NEEDS_HUMAN: frozenset({CONNECTED, PLANNED, UNKNOWN}),
}
TO_DECIDE = frozenset(_DECIDED)


def move_file(
    file: ExportFile, state: str, now: datetime, why: Reason | None = None, *, by_person: bool = False
) -> None:
    """Move a file along the drawing; raises ValueError when it has no such arrow."""
    arrows = _DECIDED if by_person else _NEXT
    if state not in arrows.get(file.state, frozenset()):
        raise ValueError(f"a file does not go from {file.state} to {state}")
    file.state, file.updated_at = state, now
    if why is not None or state not in (UNKNOWN, *UNDER_WAY):
        file.reason_code = why.code if why else None
        file.reason = why.reason[:REASON_MAX] if why else None


def to_do(file: ExportFile) -> str:
    """Return the state in which the next step of a file is known not to have been done: to upload it, or to connect it."""
    return PLANNED if file.fortnox_file_id is None else UPLOADED


def file_counts_of(states: Iterable[str]) -> dict[str, int]:
    found = Counter(states)
    return {f"files-{state}": found[state] for state in (CONNECTED, REFUSED, NEEDS_HUMAN)}
