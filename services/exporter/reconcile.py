"""Finding out what became of a voucher: what was read back from Fortnox against what was sent (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.adjustments import AdjustmentContent, Marker, markers_in
from shared.adjustments.states import NEEDS_HUMAN, PLANNED, UNKNOWN
from shared.fortnox import Voucher, VoucherKey, VoucherListItem

# Fortnox has had its time: the client waits 60 s for an answer. A look that finds nothing counts only after that, and
# two of them, as long apart again, are needed to say that nothing was booked.
SETTLES_AFTER = timedelta(seconds=60)
LOOKS = 2
MAX_SENDS = 3


@dataclass(frozen=True)
class Doubt:
    """Something that only a person can decide, with what to look at."""

    code: str
    reason: str


def sight(items: Iterable[VoucherListItem], marker: Marker) -> VoucherKey | Doubt | None:
    """Return the one voucher that carries the marker, None when there is none."""
    versions: dict[VoucherKey, str] = {}
    for item in items:
        for found in markers_in(f"{item.comments} {item.description}"):
            if found.document == marker.document:
                versions[item.key] = found.version
    if not versions:
        return None
    if len(versions) > 1:
        return Doubt("several-vouchers-found", f"Fortnox has several vouchers of this adjustment: {_names(versions)}")
    key, version = versions.popitem()
    if version != marker.version:
        return Doubt("other-version-found", f"Fortnox has {_names([key])} with another version of this adjustment")
    return key


def compare(content: AdjustmentContent, booked: Voucher) -> Doubt | None:
    """Return what makes a voucher with our marker another one than ours; texts and struck rows do not count."""
    ours = Counter((row.account, row.debit_ore, row.credit_ore) for row in content.rows)
    theirs = Counter((str(row.account), row.debit_ore, row.credit_ore) for row in booked.booked_rows)
    if content.date == booked.transaction_date and ours == theirs:
        return None
    return Doubt("voucher-differs", f"{_names([booked.key])} carries our marker but was changed in Fortnox")


def next_look(sent_at: datetime, misses: int, last_look: datetime) -> datetime:
    """Return from when on a look that finds nothing counts."""
    return (last_look if misses else sent_at) + SETTLES_AFTER


def after_miss(misses: int, attempts: int) -> str:
    """Return the state of a voucher that counted looks have not found so many times."""
    if misses < LOOKS:
        return UNKNOWN
    return PLANNED if attempts < MAX_SENDS else NEEDS_HUMAN


def _names(keys: Iterable[VoucherKey]) -> str:
    return ", ".join(f"{key.series}{key.number}" for key in sorted(keys))
