"""Which credit note is set off against which invoice, and when (pure).

Fortnox keeps no date of the match; the credit note's final pay date is the day on which it was used up. Until then it
is a negative item of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from services.scheduler.positions import Position
from shared.schedules.content import Fault


@dataclass(frozen=True, slots=True)
class Match:
    """A credit note that was used up on a day; `invoice` is the one that it credits, None when that is not known."""

    day: date
    credit: Position
    invoice: Position | None


def matches(positions: Mapping[str, Position]) -> tuple[list[Match], list[Fault]]:
    """Return the credit notes that were used up, and as faults those that credit each other in a circle."""
    found, faults = [], []
    loops = set(_in_loops(positions))
    for number, credit in positions.items():
        document, used_up_on = credit.document, credit.document.final_pay_date
        if document.total_minor >= 0:
            continue
        if number in loops:
            if credit.in_scope:
                reason = f"the credit note credits {document.credit_of}, which credits it in turn"
                faults.append(Fault(number, "credit-loop", reason))
        elif used_up_on is not None and credit.counts_from is not None:
            found.append(Match(used_up_on, credit, positions.get(document.credit_of or "")))
    return found, faults


def set_off(match: Match, balance_date: date) -> Fault | None:
    """Set a credit note off against its invoice; return the fault when the invoice is not known or had no room for it.

    What is matched after the balance date is noted as settled afterwards, on both sides. Everything that is dated up
    to the day of the match has to be noted before.
    """
    day, credit, invoice = match.day, match.credit, match.invoice
    ore, minor = credit.left_on(day)
    if not minor:
        return None
    if invoice is None or not _has_room(invoice, -minor, day):
        if day <= balance_date and credit.in_scope:
            reason = "the credit note is used up, and against what is not known"
            return Fault(credit.document.number, "credit-unclear", reason)
    elif day > balance_date:
        credit.settle_after(ore, minor, day)
        invoice.settle_after(-ore, -minor, day)
    elif credit.in_scope:
        credit.credit(ore, minor, day)
        invoice.credit(-ore, -minor, day)
    return None


def _has_room(invoice: Position, minor: int, day: date) -> bool:
    """Say whether the invoice can have taken all of it on that day; what it cannot went to others that are not known."""
    _, left_minor = invoice.left_on(day)
    return invoice.document.total_minor >= 0 and minor <= left_minor


def _in_loops(positions: Mapping[str, Position]) -> Iterator[str]:
    """Yield the credit notes that credit each other in a circle."""
    done: set[str] = set()
    for start, first in positions.items():
        if first.document.total_minor >= 0:
            continue
        path: dict[str, int] = {}
        number = start
        while number not in done and number not in path:
            position = positions.get(number)
            if position is None or position.document.total_minor >= 0:
                break
            path[number] = len(path)
            number = position.document.credit_of or ""
        if number in path:
            yield from (each for each, place in path.items() if place >= path[number])
        done.update(path)
