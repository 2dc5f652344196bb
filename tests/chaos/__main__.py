"""`make chaos`: runs the failures, shows the counts, writes build/chaos.json; exits 1 when a promise is broken."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from shared.observability.logging import configure_logging
from tests.chaos.counts import Counts, parts
from tests.parts import UnknownPartError, write

COLUMNS = ("attempted", "acknowledged", "ok", "lost", "duplicated", "unknown", "recovered", "refused", "seed")
WIDTH = 140  # a table of eleven columns is not read in eighty characters


def main() -> int:
    console = Console()
    console.width = max(console.width, WIDTH)
    configure_logging(json=False, level="critical")  # what goes wrong on purpose is counted, not read
    parts.find("tests.chaos")
    try:
        chosen = parts.chosen(os.environ.get("ONLY", ""))
    except UnknownPartError as error:
        console.print(error)
        return 2
    seed = int(os.environ.get("SEED") or 1)
    runs: list[Counts] = []
    for name, run in chosen:
        with console.status(name):
            counted = run(seed)
            runs += counted if isinstance(counted, list) else [counted]
    write("chaos.json", [asdict(counts) | {"holds": counts.holds} for counts in runs])
    if not runs:
        console.print("Nothing is broken on purpose here yet.")
    for table in (_counts(runs), _targets(runs)):
        if table.row_count:
            console.print(table)
    for counts in runs:
        console.print(f"[bold]{counts.name}[/]: {counts.notes}", highlight=False)
    return 0 if all(counts.holds for counts in runs) else 1


def _counts(runs: list[Counts]) -> Table:
    table = Table("", *COLUMNS, "holds", title="Chaos")
    for column in table.columns[1:]:
        column.justify = "right"
    for counts in runs:
        table.add_row(counts.name, *(str(asdict(counts)[column]) for column in COLUMNS), _yes(counts.holds))
    return table


def _targets(runs: list[Counts]) -> Table:
    table = Table("", "value", "unit", "target", "holds", "measured against")
    table.columns[1].justify = "right"
    for counts in runs:
        for row in counts.targets:
            name = f"{row.name}: {counts.name}"
            table.add_row(name, f"{row.value:,.4g}", row.unit, row.target, _yes(row.holds), row.yardstick)
    return table


def _yes(holds: bool) -> str:
    return "[green]yes[/]" if holds else "[red]no[/]"


if __name__ == "__main__":
    sys.exit(main())
