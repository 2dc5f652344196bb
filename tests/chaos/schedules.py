"""What the schedules say of thousands of generated companies, beside the truth about each of them."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor

from tests.bench.rows import at_least, at_most
from tests.chaos.companies import Tally, judge_many
from tests.chaos.counts import Counts, part

COMPANIES = 2_200
BATCH = 50
PROCESSES = 2


@part("schedules")
def generated_companies(seed: int) -> Counts:
    """`attempted` are schedules, both kinds at each balance date; `lost` are not what the truth says, or move with today."""
    began = time.monotonic()
    tally = Tally()
    starts = range(0, COMPANIES, BATCH)
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        for found in pool.map(judge_many, [seed] * len(starts), starts, [min(s + BATCH, COMPANIES) for s in starts]):
            tally.add(found)
    causes = ", ".join(f"{code} in {count:,}" for code, count in sorted(tally.causes.items()))
    return Counts(
        name="generated companies",
        seed=seed,
        attempted=tally.schedules,
        acknowledged=tally.schedules,
        ok=tally.schedules - tally.wrong,
        lost=tally.wrong,
        duplicated=0,
        unknown=0,
        recovered=0,
        notes="; ".join(
            [
                *tally.said,
                (
                    f"{tally.companies:,} companies of {tally.years:,} years, {tally.balance_dates:,} balance dates, "
                    f"{tally.items:,} items, {tally.lines:,} bridge lines, {tally.moved_checks:,} moved to other days, "
                    f"{tally.seeded:,} with seeded öre, {time.monotonic() - began:.0f} s"
                ),
                f"schedules with an amount of {causes}",
            ]
        ),
        targets=(
            at_least("companies", tally.companies, "", target=2_000, yardstick="thousands"),
            at_most(
                "schedules with an unseeded D99", tally.unexplained, "", target=0, yardstick="every öre has a cause"
            ),
            at_most(
                "seeded öre that were not found",
                tally.seeded - tally.seeded_found,
                "",
                target=0,
                yardstick="all of them",
            ),
        ),
    )
