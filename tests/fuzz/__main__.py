"""`python -m tests.fuzz sie --count 100000 --seed 1`: damages files and counts how the reader ends; exits 1 if wrongly.

One case again, to look into it: `--case 4711 > damaged.se`.
"""

from __future__ import annotations

import argparse
import json
import sys
from time import perf_counter

from tests.fuzz import fleet, sie_damage

MODULES = {"sie": "tests.fuzz.sie"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("what", choices=MODULES)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--case", type=int, help="write this case to standard output instead")
    options = parser.parse_args()
    if options.case is not None:
        sys.stdout.buffer.write(sie_damage.case(options.seed, options.case))
        return 0
    began = perf_counter()
    outcome = fleet.run(MODULES[options.what], options.seed, options.count, processes=options.processes)
    seconds = round(perf_counter() - began, 1)
    counted = {
        "seed": options.seed,
        "attempted": options.count,
        "seconds": seconds,
        **dict(outcome.counts.most_common()),
    }
    sys.stdout.write(json.dumps(counted, indent=2) + "\n")
    for number, kind, said in outcome.failures:
        sys.stdout.write(f"case {number} {kind}: {said}\n")
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
