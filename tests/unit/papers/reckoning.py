"""Reckons the few formulas that the workbooks use, so that nobody has to believe their stored values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.workbook import Workbook

_REFERENCE = re.compile(r"(?:(\w+)!)?(\$?[A-Z]{1,2}\$?\d+(?::\$?[A-Z]{1,2}\$?\d+)?)")
_TEXT = re.compile(r'("[^"]*")')


@dataclass
class Reckoned:
    """A workbook read twice: with formulas, and with the values stored beside them."""

    formulas: Workbook
    stored: Workbook

    @classmethod
    def of(cls, data: bytes) -> Reckoned:
        return cls(load_workbook(BytesIO(data)), load_workbook(BytesIO(data), data_only=True))

    def cells(self) -> Iterator[tuple[str, str, str, Any]]:
        """Yield sheet, cell, formula and stored value of every formula."""
        for sheet in self.formulas.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and cell.value.startswith("="):
                        yield sheet.title, cell.coordinate, cell.value, self.stored[sheet.title][cell.coordinate].value

    def value(self, sheet: str, formula: str) -> Any:
        """Reckon a formula anew, down to the numbers and texts that it stands on."""
        expression = "".join(
            part if part.startswith('"') else self._as_python(sheet, part) for part in _TEXT.split(formula[1:])
        )
        functions = {name: getattr(self, f"_{name.lower()}") for name in ("SUMIFS", "COUNTIFS")}
        scope = functions | {"SUM": _sum, "SUBTOTAL": _subtotal, "ROUND": _round, "at": self._at}
        return eval(expression, {"__builtins__": {}}, scope)  # noqa: S307 - our own formulas

    def _as_python(self, sheet: str, part: str) -> str:
        part = re.sub(r"(?<![<>=])=(?!=)", "==", part)
        part = re.sub(r"^IF\((.*),(.*),(.*)\)$", r"(\2 if \1 else \3)", part)  # only what is asked for is reckoned
        return _REFERENCE.sub(lambda found: f"at({(found[1] or sheet)!r}, {found[2].replace('$', '')!r})", part)

    def _at(self, sheet: str, place: str) -> Any:
        left, top, right, bottom = range_boundaries(place)
        values = [
            self._cell(sheet, row, column)
            for row in range(int(top or 0), int(bottom or 0) + 1)
            for column in range(int(left or 0), int(right or 0) + 1)
        ]
        return values if ":" in place else values[0]

    def _cell(self, sheet: str, row: int, column: int) -> Any:
        value = self.formulas[sheet].cell(row, column).value
        return self.value(sheet, value) if isinstance(value, str) and value.startswith("=") else value

    def _sumifs(self, summed: list[Any], *conditions: Any) -> Any:
        return sum(value for value, holds in zip(summed, _holding(conditions), strict=True) if holds)

    def _countifs(self, *conditions: Any) -> int:
        return sum(_holding(conditions))


def _holding(conditions: tuple[Any, ...]) -> list[bool]:
    pairs = list(zip(conditions[::2], conditions[1::2], strict=True))
    tests = [(values, _test(wanted)) for values, wanted in pairs]
    return [all(test(values[place]) for values, test in tests) for place in range(len(pairs[0][0]))]


def _test(wanted: Any) -> Callable[[Any], bool]:
    if wanted == ">0":
        return lambda value: value is not None and value > 0
    if wanted == "<0":
        return lambda value: value is not None and value < 0
    return lambda value: bool(value == wanted)


def _sum(values: list[Any]) -> Any:
    return sum(value for value in values if value is not None)


def _subtotal(which: int, values: list[Any]) -> Any:
    assert which == 109  # the sum of what the filter shows; nothing is filtered here
    return _sum(values)


def _round(value: float, digits: int) -> float:
    return round(value, digits)
