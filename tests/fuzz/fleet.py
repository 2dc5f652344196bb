"""Runs cases in processes of their own, so that one that never ends or takes its process along is counted as well."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Any

BATCH = 200
PATIENCE_S = 20.0  # for one case; the largest takes a fraction of a second
TICK_S = 0.5
FAILURES_SHOWN = 20
MOST_DEATHS = 50  # a process that dies takes a second to replace; so many of them say enough
HUNG, CRASHED, WRONG = "hung", "crashed", "wrong"


class UntrueError(Exception):
    """A case ended well, and what came out is wrong."""


@dataclass
class Outcome:
    """How the cases ended, and the first of those that ended as none should: number, kind and what was said."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str, str]] = field(default_factory=list)

    def add_failure(self, number: int, kind: str, said: str) -> None:
        self.counts[kind] += 1
        if len(self.failures) < FAILURES_SHOWN:
            self.failures.append((number, kind, said))


def run(module: str, seed: int, count: int, *, processes: int = 2, patience_s: float = PATIENCE_S) -> Outcome:
    """Judge the cases 0 to `count` with `judge(seed, number)` of the module: a word for how it ended, or an exception."""
    importlib.import_module(module)  # what cannot even be imported fails here, and once
    context = multiprocessing.get_context("spawn")
    left = deque((start, min(start + BATCH, count)) for start in range(0, count, BATCH))
    outcome = Outcome()
    workers = [_Worker(context, module, seed, patience_s) for _ in range(min(processes, len(left)))]
    try:
        while left or any(worker.batch for worker in workers):
            for worker in workers:
                if worker.batch is None and left:
                    worker.give(left.popleft())
            wait([worker.pipe for worker in workers if worker.batch], TICK_S)
            for worker in workers:
                left.extend(worker.look_after(outcome))
            if sum(worker.deaths for worker in workers) > MOST_DEATHS:
                raise RuntimeError(f"too many processes died; the first: {outcome.failures}")
    finally:
        for worker in workers:
            worker.end()
    return outcome


class _Worker:
    """A process and the batch it works on."""

    def __init__(self, context: SpawnContext, module: str, seed: int, patience_s: float) -> None:
        self._context, self._module, self._seed, self._patience_s = context, module, seed, patience_s
        self.batch: tuple[int, int] | None = None
        self.deaths = 0
        self._start()

    def _start(self) -> None:
        self.pipe, theirs = self._context.Pipe()
        self._at: SynchronizedArray[float] = self._context.Array("d", [-1.0, 0.0])
        self._process: SpawnProcess = self._context.Process(
            target=_work, args=(theirs, self._at, self._module, self._seed), daemon=True
        )
        self._process.start()
        theirs.close()

    def give(self, batch: tuple[int, int]) -> None:
        self.batch = batch
        self.pipe.send(batch)

    def look_after(self, outcome: Outcome) -> list[tuple[int, int]]:
        """Take the result of the batch if it is there; after a death, count it and return what is left to do."""
        if self.batch is None:
            return []
        try:
            if self.pipe.poll():
                counts, failures = self.pipe.recv()
                outcome.counts += counts
                for failure in failures:
                    outcome.add_failure(*failure)
                self.batch = None
                return []
        except (EOFError, ConnectionResetError):
            return self._bury(outcome, CRASHED, "the process died")
        number, since = self._at[:]
        if number >= 0 and time.monotonic() - since > self._patience_s:
            return self._bury(outcome, HUNG, f"not done after {self._patience_s:g} s")
        return []

    def _bury(self, outcome: Outcome, kind: str, said: str) -> list[tuple[int, int]]:
        start, stop = self.batch or (0, 0)
        number = max(int(self._at[0]), start)
        outcome.add_failure(number, kind, said)
        self.end()
        self.batch = None
        self.deaths += 1
        self._start()
        return [part for part in ((start, number), (number + 1, stop)) if part[0] < part[1]]

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _work(pipe: Connection[Any, Any], at: SynchronizedArray[float], module: str, seed: int) -> None:
    os.environ["POLARS_MAX_THREADS"] = "1"  # the files are small, and each process has a core
    judge = importlib.import_module(module).judge
    while True:
        try:
            start, stop = pipe.recv()
        except EOFError:
            return
        counts: Counter[str] = Counter()
        failures: list[tuple[int, str, str]] = []
        for number in range(start, stop):
            at[:] = [float(number), time.monotonic()]
            try:
                counts[judge(seed, number)] += 1
            except BaseException as error:  # noqa: BLE001 - a panic of native code is no Exception
                kind = WRONG if isinstance(error, UntrueError) else CRASHED
                failures.append((number, kind, f"{type(error).__name__}: {error}"[:300]))
        at[:] = [-1.0, 0.0]
        pipe.send((counts, failures))
