"""Runs families of cases in two processes, each batch in a company of its own, and counts how they ended."""

from __future__ import annotations

import multiprocessing
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path

from shared.observability.logging import configure_logging
from tests.chaos.counts import Counts
from tests.chaos.export_cases import Case, office
from tests.chaos.export_judge import Verdict, judge

BATCH = 25  # cases that share a company
PROCESSES = 2
SHOWN = 6
MODULE = "tests.chaos.export"

Script = Callable[[Case], None]


@dataclass(frozen=True)
class Family:
    """Cases of one kind; `script` does to one of them what is to be done."""

    title: str
    cases: int
    script: Script


@dataclass(frozen=True)
class Result:
    """How one case ended."""

    number: int
    about: str
    interrupted: bool
    verdict: Verdict


def run_case(case: Case, script: Script) -> Result:
    """Do what the script says, let everything end, and judge; whatever is raised on the way is a complaint."""
    try:
        script(case)
        case.closing.scene.sandbox.state.faults.clear()
        verdict = judge(case)
    except Exception:  # noqa: BLE001 - whatever it is, it belongs to this case and the others go on
        verdict = Verdict()
        verdict.say("unknown", "the case itself ended with", traceback.format_exc(limit=-6))
    return Result(case.number, case.about, case.interrupted, verdict)


def run_cases(script: Script, family: str, seed: int, numbers: Sequence[int]) -> list[Result]:
    """Run cases one after the other on an SQLite file of their own."""
    with tempfile.TemporaryDirectory() as folder, office(f"sqlite:///{folder}/pipeline.db", Path(folder)) as rooms:
        return [run_case(rooms.case(family, seed, number), script) for number in numbers]


def run_family(families: Mapping[str, Family], name: str, seed: int) -> Counts:
    """Run all cases of a family, in batches and two processes."""
    family = families[name]
    batches = [range(start, min(start + BATCH, family.cases)) for start in range(0, family.cases, BATCH)]
    with ProcessPoolExecutor(PROCESSES, mp_context=forkserver(), initializer=be_silent) as pool:
        running = [pool.submit(run_cases, family.script, name, seed, batch) for batch in batches]
        results = [result for future in running for result in future.result()]
    return counts(f"{family.cases:,} × {family.title}", seed, results)


def counts(title: str, seed: int, results: Sequence[Result]) -> Counts:
    """Add the cases up; `recovered` is what ended well in a case that was interrupted."""
    total = Verdict()
    recovered = 0
    said = []
    for result in results:
        total.add(result.verdict)
        recovered += result.verdict.words["ok"] if result.interrupted else 0
        said += [f"case {result.number} ({result.about}): {complaint}" for complaint in result.verdict.complaints]
    words = total.words
    asked = words.total() - words["duplicated"]
    reasons = ", ".join(f"{code} {count}" for code, count in total.reasons.most_common())
    interrupted = sum(result.interrupted for result in results)
    return Counts(
        name=title,
        seed=seed,
        attempted=asked,
        acknowledged=asked,
        ok=words["ok"],
        lost=words["lost"],
        duplicated=words["duplicated"],
        unknown=words["unknown"],
        recovered=recovered,
        refused=words["refused"],
        notes="; ".join(
            [
                f"{len(results)} cases, {interrupted} interrupted",
                *([f"said why: {reasons}"] if reasons else []),
                *said[:SHOWN],
            ]
        ),
    )


def forkserver() -> ForkServerContext:
    """Return what starts processes that have everything imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([MODULE])
    return context


def be_silent() -> None:
    configure_logging(json=False, level="critical")  # what goes wrong on purpose is counted, not read
