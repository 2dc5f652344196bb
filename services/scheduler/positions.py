"""One document at a balance date (pure): billed, settled, credited, and what was settled afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.scheduler.subledger import Document, in_minor, in_sek

Amounts = tuple[int, int]
"""The same amount in öre and in hundredths of the document's currency."""


@dataclass(slots=True)
class Position:
    """A document at the balance date; it counts as billed only when it is `in_scope`, booked by then.

    `counts_from` is its accounting date, None for what is not booked; `after_on` is the last day on which something
    was settled after the balance date. `rebilled` and `taken` are the days and amounts of further vouchers and of what
    was settled or credited, at whatever time: tuples, because most are empty and there is one position a document.
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
    rebilled: tuple[tuple[date, int], ...] = ()
    taken: tuple[tuple[date, int, int], ...] = ()

    @property
    def open_ore(self) -> int:
        return (self.billed_ore if self.in_scope else 0) - self.settled_ore - self.credited_ore

    @property
    def open_minor(self) -> int:
        return (self.billed_minor if self.in_scope else 0) - self.settled_minor - self.credited_minor

    def left_on(self, day: date) -> Amounts:
        """Return what nothing dated up to the day has settled or credited; what came later has no part in it (P14)."""
        ore, minor = self.billed_ore, self.billed_minor
        if self.rebilled:
            by_then = [rebilled_ore for on, rebilled_ore in self.rebilled if on <= day]
            ore -= sum(rebilled_ore for on, rebilled_ore in self.rebilled if on > day)
            minor = self._worth(ore) if by_then else self.document.total_minor
        for on, taken_ore, taken_minor in self.taken:
            if on <= day:
                ore -= taken_ore
                minor -= taken_minor
        return ore, minor

    def rebill(self, ore: int, day: date) -> None:
        """Add what a further voucher says; from then on the amount in currency follows all its vouchers together."""
        self.billed_ore += ore
        self.billed_minor = self._worth(self.billed_ore)
        self.rebilled += ((day, ore),)

    def settle(self, ore: int, minor: int, day: date) -> None:
        self.settled_ore += ore
        self.settled_minor += minor
        self.taken += ((day, ore, minor),)

    def credit(self, ore: int, minor: int, day: date) -> None:
        self.credited_ore += ore
        self.credited_minor += minor
        self.taken += ((day, ore, minor),)

    def settle_after(self, ore: int, minor: int, day: date) -> None:
        self.after_ore += ore
        self.after_minor += minor
        self.after_on = day if self.after_on is None else max(self.after_on, day)
        self.taken += ((day, ore, minor),)

    def _worth(self, ore: int) -> int:
        """Return what vouchers of so many öre are in the document's currency; exact where they hold its total."""
        if ore == in_sek(self.document, self.document.total_minor):
            return self.document.total_minor
        return in_minor(self.document, ore)
