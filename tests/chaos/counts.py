"""What a chaos run reports, and how it is registered.

    @part("export")
    def exporter_killed_while_it_sends(seed: int) -> Counts:
        ...

Counted as Jepsen counts: `attempted` is what was asked for, `acknowledged` what was promised, `ok` what is found
once in the end; `lost` was promised and is nowhere, `duplicated` is there more than once, `unknown` nobody can tell;
`recovered` was interrupted and ended well after all, `refused` ended otherwise and said exactly why. `notes` says what
the numbers do not, and `targets` what else has to hold. A run on several stores returns counts for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.rows import Row
from tests.parts import Parts


@dataclass(frozen=True)
class Counts:
    name: str
    seed: int
    attempted: int
    acknowledged: int
    ok: int
    lost: int
    duplicated: int
    unknown: int
    recovered: int
    refused: int = 0
    notes: str = ""
    targets: tuple[Row, ...] = ()

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing twice, nothing left open, and every target met."""
        return self.lost == self.duplicated == self.unknown == 0 and all(row.holds for row in self.targets)


parts: Parts[Callable[[int], Counts | list[Counts]]] = Parts()
part = parts.part
