"""`make bench`: runs the benchmarks, shows them, writes build/bench.json; exits 1 when a row misses its target."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from shared.observability.logging import configure_logging
from tests.bench.rows import Row, parts
from tests.parts import UnknownPartError, write


def main() -> int:
    console = Console()
    configure_logging(json=False, level="critical")  # a log line per call would be measured too
    parts.find("tests.bench")
    try:
        chosen = parts.chosen(os.environ.get("ONLY", ""))
    except UnknownPartError as error:
        console.print(error)
        return 2
    rows: list[Row] = []
    for name, measure in chosen:
        with console.status(name):
            rows += measure()
    write("bench.json", [asdict(row) for row in rows])
    console.print(_table(rows) if rows else "Nothing is measured here yet.")
    return 0 if all(row.holds for row in rows) else 1


def _table(rows: list[Row]) -> Table:
    table = Table("", "value", "unit", "target", "holds", "measured against", title="Benchmarks")
    table.columns[1].justify = "right"
    for row in rows:
        holds = "[green]yes[/]" if row.holds else "[red]no[/]"
        table.add_row(row.name, f"{row.value:,.6g}", row.unit, row.target, holds, row.yardstick)
    return table


if __name__ == "__main__":
    sys.exit(main())
