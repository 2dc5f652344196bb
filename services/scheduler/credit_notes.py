"""Which credit note is set off against which invoice, and when (pure).

Fortnox keeps no date of the match; the credit note's final pay date is the day on which it was used up. Until then it
is a negative item of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from services.scheduler.positions import Position
from shared.schedules.content import Fault


def match_credit_notes(positions: Mapping[str, Position], balance_date: date) -> list[Fault]:
    """Set the credit notes that are used up off against their invoices; return those whose invoice is not known.

    What is matched after the balance date is noted as settled afterwards, on both sides.
    """
    faults = []
    loops = set(_in_loops(positions))
    for number, credit in positions.items():
        document, used_up_on = credit.document, credit.document.final_pay_date
        if document.total_minor >= 0:
            continue
        if number in loops:
            if credit.in_scope:
                reason = f"the credit note credits {document.credit_of}, which credits it in turn"
                faults.append(Fault(number, "credit-loop", reason))
        elif used_up_on is not None and credit.counts_from is not None and credit.left_minor:
            invoice = positions.get(document.credit_of or "")
            if invoice is not None and _has_room(invoice, credit):
                _set_off(credit, invoice, used_up_on, balance_date)
            elif used_up_on <= balance_date and credit.in_scope:
                reason = "the credit note is used up, and against what is not known"
                faults.append(Fault(number, "credit-unclear", reason))
    return faults


def _has_room(invoice: Position, credit: Position) -> bool:
    """Say whether the invoice can have taken all of the credit note; what it cannot went to others that are not known."""
    return invoice.document.total_minor >= 0 and -credit.left_minor <= invoice.left_minor


def _set_off(credit: Position, invoice: Position, day: date, balance_date: date) -> None:
    left_ore, left_minor = credit.left_ore, credit.left_minor
    if day > balance_date:
        credit.settle_after(left_ore, left_minor, day)
        invoice.settle_after(-left_ore, -left_minor, day)
    elif credit.in_scope:
        credit.credit(left_ore, left_minor)
        invoice.credit(-left_ore, -left_minor)


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
