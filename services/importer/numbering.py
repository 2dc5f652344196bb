"""Voucher numbers that are missing in a series (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

MOST_NAMED = 20


def gaps(numbers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return what is missing between 1 and the last number of each series, for example ("A 17", "B 20-25").

    Takes pairs of series and number; a number that is not written in digits has no place in an order. Numbers must run
    without gaps (bokföringslagen 5 kap. 6-7 §§), but a gap only shows that a voucher was deleted.
    """
    series: defaultdict[str, set[int]] = defaultdict(set)
    for code, number in numbers:
        if number.isdecimal():
            series[code].add(int(number))
    named = [f"{code} {gap}" for code in sorted(series) for gap in _gaps_of(series[code])]
    more = len(named) - MOST_NAMED
    return (*named[:MOST_NAMED], f"and {more} more") if more > 0 else tuple(named)


def _gaps_of(numbers: set[int]) -> list[str]:
    found: list[str] = []
    expected = 1
    for number in sorted(numbers):
        if number == expected + 1:
            found.append(str(expected))
        elif number > expected:
            found.append(f"{expected}-{number - 1}")
        expected = number + 1
    return found
