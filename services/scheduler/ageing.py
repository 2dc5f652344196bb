"""How old open items are at the balance date (pure), by due date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from shared.schedules.content import BUCKETS, Bucket, Item

LIMITS: Final[tuple[tuple[int, Bucket], ...]] = ((0, "not_due"), (30, "1_30"), (60, "31_60"), (90, "61_90"))


def bucket_of(days_past_due: int | None) -> Bucket:
    """Return the age of an item; one without a due date has an age of its own."""
    if days_past_due is None:
        return "no_due_date"
    return next((bucket for limit, bucket in LIMITS if days_past_due <= limit), "over_90")


def ageing(items: Iterable[Item]) -> dict[str, int]:
    """Return the open amounts in öre by age; the sum of the buckets is always the open total."""
    buckets: dict[str, int] = dict.fromkeys(BUCKETS, 0)
    for item in items:
        buckets[item.bucket] += item.open_ore
    return buckets
