"""What a benchmark reports, and how it is registered.

@part("import")
def a_big_ledger() -> Iterator[Row]:
    yield at_most("import of 100,000 vouchers", seconds, "s", target=60, yardstick="one working day by hand")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.parts import Parts


@dataclass(frozen=True)
class Row:
    """One measured value; the yardstick says what it is measured against, in words."""

    name: str
    value: float
    unit: str
    yardstick: str
    target: str
    holds: bool


parts: Parts[Callable[[], Iterable[Row]]] = Parts()
part = parts.part


def at_most(name: str, value: float, unit: str, *, target: float, yardstick: str) -> Row:
    return Row(name, value, unit, yardstick, f"≤ {target:g}", value <= target)


def at_least(name: str, value: float, unit: str, *, target: float, yardstick: str) -> Row:
    return Row(name, value, unit, yardstick, f"≥ {target:g}", value >= target)
