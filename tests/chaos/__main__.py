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

COLUMNS = ("attempted", "acknowledged", "ok", "lost", "duplicated", "unknown", "recovered", "refused", "seed", "notes")


def main() -> int:
    console = Console()
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
            runs.append(run(seed))
    write("chaos.json", [asdict(counts) | {"holds": counts.holds} for counts in runs])
    console.print(_table(runs) if runs else "Nothing is broken on purpose here yet.")
    return 0 if all(counts.holds for counts in runs) else 1


def _table(runs: list[Counts]) -> Table:
    table = Table("", *(counts.name for counts in runs), title="Chaos")
    for column in COLUMNS:
        table.add_row(column, *(str(asdict(counts)[column]) for counts in runs))
    table.add_row("holds", *("[green]yes[/]" if counts.holds else "[red]no[/]" for counts in runs))
    return table


if __name__ == "__main__":
    sys.exit(main())
