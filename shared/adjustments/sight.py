"""What vouchers read back from Fortnox say about an adjustment (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shared.adjustments.content import AdjustmentContent
from shared.adjustments.marker import Marker, ReversalMarker, markers_in, reversal_marker_of, reversal_markers_in
from shared.fortnox import Voucher, VoucherKey, VoucherListItem


@dataclass(frozen=True)
class Doubt:
    """Something that only a person can decide, with what to look at."""

    code: str
    reason: str


def sight(items: Iterable[VoucherListItem], marker: Marker | ReversalMarker) -> VoucherKey | Doubt | None:
    """Return the one voucher in a list that carries the marker and stands, None when there is none.

    A voucher that has been taken back does not stand: its reversal is of the same day, so in the same list, and names it
    by its own marker.
    """
    if isinstance(marker, ReversalMarker):
        return _sight_reversal(items, marker)
    versions: dict[VoucherKey, str] = {}
    taken_back: set[ReversalMarker] = set()
    for item in items:
        taken_back.update(reversal_markers_in(_texts(item)))
        for found in markers_in(_texts(item)):
            if found.document == marker.document:
                versions[item.key] = found.version
    standing = {
        key: version for key, version in versions.items() if reversal_marker_of(marker.document, key) not in taken_back
    }
    if not standing:
        return None
    if len(standing) > 1:
        return Doubt("several-vouchers-found", f"Fortnox has several vouchers of this adjustment: {names(standing)}")
    key, version = standing.popitem()
    if version != marker.version:
        return Doubt("other-version-found", f"Fortnox has {names([key])} with another version of this adjustment")
    return key


def compare(content: AdjustmentContent, booked: Voucher) -> Doubt | None:
    """Return what makes a voucher with our marker another one than ours; texts and struck rows do not count."""
    ours = Counter((row.account, row.debit_ore, row.credit_ore) for row in content.rows)
    theirs = Counter((str(row.account), row.debit_ore, row.credit_ore) for row in booked.booked_rows)
    if content.date == booked.transaction_date and ours == theirs:
        return None
    return Doubt("voucher-differs", f"{names([booked.key])} carries our marker but was changed in Fortnox")


def names(keys: Iterable[VoucherKey]) -> str:
    return ", ".join(f"{key.series}{key.number}" for key in sorted(keys))


def _sight_reversal(items: Iterable[VoucherListItem], marker: ReversalMarker) -> VoucherKey | Doubt | None:
    keys = {item.key for item in items if marker in reversal_markers_in(_texts(item))}
    if len(keys) > 1:
        return Doubt("several-vouchers-found", f"Fortnox has several vouchers that take back the same: {names(keys)}")
    return keys.pop() if keys else None


def _texts(item: VoucherListItem) -> str:
    return f"{item.comments} {item.description}"
