"""The list of what is wrong with a file that is taken all the same."""

from __future__ import annotations

from services.importer.sie.lexer import Line
from services.importer.sie.records import Fault

MOST_FAULTS = 10_000  # nobody reads more, and a damaged file may have one in every line


class Faults:
    """Keeps the first `MOST_FAULTS` and counts the others."""

    def __init__(self) -> None:
        self._found: list[Fault] = []
        self._more = 0

    def report(self, line: Line, reason: str) -> None:
        self.report_at(line.number, line.label, reason)

    def report_at(self, number: int, label: str, reason: str) -> None:
        """Report for a line that is no longer at hand; number 0 is the file as a whole."""
        if len(self._found) < MOST_FAULTS:
            self._found.append(Fault(number, label, reason))
        else:
            self._more += 1

    @property
    def count(self) -> int:
        """How many there were, those that were not kept too."""
        return len(self._found) + self._more

    def in_order_of_lines(self) -> list[Fault]:
        """Return the faults that were kept and, behind them, how many more there were."""
        more = [Fault(0, "", f"and {self._more} more")] if self._more else []
        return sorted(self._found, key=lambda fault: fault.line) + more
