"""The parts into which benchmarks and chaos runs are cut, so that one can be run alone: `make bench ONLY=import`."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

NAMES = ("connection", "import", "schedules", "export", "pipeline", "reconciliation", "console")
BUILD = Path("build")

Run = TypeVar("Run", bound=Callable[..., Any])


class UnknownPartError(Exception):
    """There is no part of that name."""


class Parts(Generic[Run]):
    """The runs that the modules of a package add with `@part("import")`, in the order of the parts."""

    def __init__(self) -> None:
        self._runs: dict[str, list[Run]] = {name: [] for name in NAMES}

    def part(self, name: str) -> Callable[[Run], Run]:
        def add(run: Run) -> Run:
            self._of(name).append(run)
            return run

        return add

    def find(self, package: str) -> None:
        """Imports every module of the package, which adds what stands in it."""
        folder = importlib.import_module(package).__path__
        for module in pkgutil.iter_modules(folder, f"{package}."):
            importlib.import_module(module.name)

    def chosen(self, only: str) -> Sequence[tuple[str, Run]]:
        """The runs of one part, or of all if `only` is empty."""
        names = [only] if only else NAMES
        return [(name, run) for name in names for run in self._of(name)]

    def _of(self, name: str) -> list[Run]:
        try:
            return self._runs[name]
        except KeyError:
            raise UnknownPartError(f"no part {name!r}; there are {', '.join(NAMES)}") from None


def write(name: str, rows: Sequence[dict[str, object]]) -> None:
    BUILD.mkdir(exist_ok=True)
    (BUILD / name).write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
