"""One document at a balance date (pure): billed, settled, credited, and what was settled afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.scheduler.subledger import Document, in_minor, in_sek


@dataclass(slots=True)
class Position:
    """A document at the balance date; it counts as billed only when it is `in_scope`, booked by then.

    `counts_from` is its accounting date, None for what is not booked; `after_on` is the last day on which something
    was settled after the balance date.
    """

    document: Document
    counts_from: date | None
    in_scope: bool
    billed_ore: int
    billed_minor: int
    settled_ore: int = 0
    settled_minor: int = 0
    credited_ore: int = 0
    credited_minor: int = 0
    after_ore: int = 0
    after_minor: int = 0
    after_on: date | None = None
    flags: tuple[str, ...] = ()

    @property
    def open_ore(self) -> int:
        return (self.billed_ore if self.in_scope else 0) - self.settled_ore - self.credited_ore

    @property
    def open_minor(self) -> int:
        return (self.billed_minor if self.in_scope else 0) - self.settled_minor - self.credited_minor

    @property
    def left_minor(self) -> int:
        """What no payment has settled, at whatever time."""
        return self.billed_minor - self.settled_minor - self.after_minor

    @property
    def left_ore(self) -> int:
        return self.billed_ore - self.settled_ore - self.after_ore

    def rebill(self, ore: int) -> None:
        """Add what a further voucher says; what the vouchers together say of nothing and of the total is exact."""
        self.billed_ore += ore
        if not self.billed_ore:
            self.billed_minor = 0
        elif self.billed_ore == in_sek(self.document, self.document.total_minor):
            self.billed_minor = self.document.total_minor
        else:
            self.billed_minor += in_minor(self.document, ore)

    def settle(self, ore: int, minor: int) -> None:
        self.settled_ore += ore
        self.settled_minor += minor

    def credit(self, ore: int, minor: int) -> None:
        self.credited_ore += ore
        self.credited_minor += minor

    def settle_after(self, ore: int, minor: int, day: date) -> None:
        self.after_ore += ore
        self.after_minor += minor
        self.after_on = day if self.after_on is None else max(self.after_on, day)
