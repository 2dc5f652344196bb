"""What the SIE reader survives: files damaged in every way that a file can be, each ending in a result or a named refusal."""

from __future__ import annotations

from tests.chaos.counts import Counts, part
from tests.fuzz import fleet

FILES = 100_000
TAKEN = "taken"
FAILED = (fleet.WRONG, fleet.CRASHED, fleet.HUNG)
CODES_SHOWN = 6


@part("import")
def damaged_sie_files(seed: int) -> Counts:
    """`lost` are files of which the reader says what they do not say; `unknown` ended in neither result nor refusal."""
    outcome = fleet.run("tests.fuzz.sie", seed, FILES)
    counts = outcome.counts
    refused = {code: count for code, count in counts.most_common() if code not in {TAKEN, *FAILED}}
    shown = [f"{code} {count}" for code, count in list(refused.items())[:CODES_SHOWN]]
    failures = [f"case {number} {kind}: {said}" for number, kind, said in outcome.failures]
    return Counts(
        name="damaged SIE files",
        seed=seed,
        attempted=FILES,
        acknowledged=counts.total(),
        ok=counts[TAKEN],
        lost=counts[fleet.WRONG] + FILES - counts.total(),
        duplicated=0,
        unknown=counts[fleet.CRASHED] + counts[fleet.HUNG],
        recovered=0,
        refused=sum(refused.values()),
        notes="; ".join([*failures, f"crashed {counts[fleet.CRASHED]}, hung {counts[fleet.HUNG]}", *shown]),
    )
