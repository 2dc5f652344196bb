"""`python -m tests.chaos.export_alone kills 17 --seed 1`: one case again, or those from the first to the last number."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from rich.console import Console

from tests.chaos.export import FAMILIES
from tests.chaos.export_runs import be_silent, counts, run_cases


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int, nargs="?")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    be_silent()
    numbers = range(asked.first, (asked.first if asked.last is None else asked.last) + 1)
    family = FAMILIES[asked.family]
    counted = counts(family.title, asked.seed, run_cases(family.script, asked.family, asked.seed, numbers))
    Console().print(counted)
    return 0 if counted.holds else 1


if __name__ == "__main__":
    sys.exit(main())
