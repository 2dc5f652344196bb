"""The list of what is wrong with a file that is taken all the same."""

from __future__ import annotations

from services.importer.sie.lexer import Line
from services.importer.sie.records import Fault


class Faults:
    def __init__(self) -> None:
        self._found: list[Fault] = []

    def report(self, line: Line, reason: str) -> None:
        self.report_at(line.number, line.label, reason)

    def report_at(self, number: int, label: str, reason: str) -> None:
        """Report for a line that is no longer at hand; number 0 is the file as a whole."""
        self._found.append(Fault(number, label, reason))

    def in_order_of_lines(self) -> list[Fault]:
        return sorted(self._found, key=lambda fault: fault.line)
