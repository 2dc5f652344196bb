"""Measures in a process of its own, so that nothing that ran before helps, hinders or takes memory.

`python -m tests.bench.fresh WORK FILE` prints seconds and the peak memory of the whole process; imports are not timed.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import MappingProxyType


@dataclass(frozen=True)
class Measured:
    """Several rounds of the same work."""

    seconds: list[float]
    peak_mb: float

    @property
    def best_s(self) -> float:
        return min(self.seconds)

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)


def interleaved(works: Sequence[tuple[str, Path]], rounds: int) -> list[Measured]:
    """Do each work once per round, so that a slow moment of the machine hits all of them."""
    found: list[list[dict[str, float]]] = [[] for _ in works]
    for _ in range(rounds):
        for index, (work, path) in enumerate(works):
            found[index].append(_once(work, path))
    return [Measured([one["seconds"] for one in runs], max(one["peak_mb"] for one in runs)) for runs in found]


def _once(work: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.fresh", work, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _split() -> Callable[[bytes], object]:
    """Return the unit: what any reader has to do before it understands anything."""
    return lambda data: data.decode("cp437").splitlines()


def _read_sie() -> Callable[[bytes], object]:
    from services.importer.sie import read_sie

    return read_sie


WORKS = MappingProxyType({"split": _split, "read-sie": _read_sie})


def main() -> None:
    work, path = WORKS[sys.argv[1]](), Path(sys.argv[2])
    began = perf_counter()
    result = work(path.read_bytes())
    seconds = perf_counter() - began
    found = {"seconds": seconds, "peak_mb": _peak_mb()}
    del result
    sys.stdout.write(json.dumps(found))


def _peak_mb() -> float:
    """Return the most memory that this program ever held; getrusage would count the parent's, from before the exec."""
    kilobytes = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if kilobytes is None:
        raise RuntimeError("/proc/self/status does not tell VmHWM; this is measured on Linux")
    return int(kilobytes[1]) / 1024


if __name__ == "__main__":
    main()
