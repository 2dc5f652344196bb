"""kill -9 of the exporter at every statement of an export and of its undo.

The worker is a process of its own that follows its own lines through the code on the way to Fortnox, and kills itself at
one of them. A run without a kill tells how many there are and where.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from services.exporter.actors import routes
from shared.clock import ManualClock
from shared.fortnox.pacing import Pace
from shared.messaging.consumer import Consumer
from shared.messaging.events import Event
from tests.chaos.export_cases import Case
from tests.chaos.export_runs import be_silent, forkserver
from tests.chaos.renewing import Orders, opened
from tests.integration.exporter.closing import A_LEASE, body_of

ROOT = Path(__file__).parents[2]
WATCHED = ("services/exporter/", "shared/adjustments/")
WATCHED_FILES = ("shared/fortnox/client.py", "shared/fortnox/answers.py", "shared/store/database.py")
# The functions that begin and end what nobody but Fortnox knows, and where their callers are.
OPENING, CLOSING = {"sending", "_leaving"}, {"posted", "uploaded", "connected"}
CALLERS = {"services/exporter/sending.py", "services/exporter/file_sending.py"}
WITHIN_S = 60.0
KILLS = {"export": 1_200, "undo": 900}
TRIAL = 1_000_000  # the number of the case that nobody kills


@dataclass(frozen=True)
class Line:
    file: str
    number: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


class Follower:
    """Notes the lines that are watched, and kills its own process at the given one; 0 is none."""

    def __init__(self, kill_at: int) -> None:
        self.lines: list[Line] = []
        self._kill_at = kill_at
        self._thread = threading.get_ident()

    def called(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        return self.moved if _is_watched(frame.f_code.co_filename) else None

    def moved(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line" and threading.get_ident() == self._thread:
            self.lines.append(Line(_relative(frame.f_code.co_filename), frame.f_lineno, frame.f_code.co_name))
            if len(self.lines) == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.moved


@cache
def _relative(path: str) -> str:
    return path.removeprefix(f"{ROOT}/")


@cache
def _is_watched(path: str) -> bool:
    return _relative(path).startswith(WATCHED) or _relative(path) in WATCHED_FILES


def work(orders: Orders, pace: Pace, now: datetime, body: bytes, kill_at: int, to: str) -> None:
    """Deal with one message and end, at the latest at the line given; then leave the lines in the file `to`."""
    be_silent()
    with opened(orders, ManualClock(now)) as access:
        consumer = Consumer("exporter", routes(replace(access, pace=pace)), access.store, access.clock, Random(0))
        follower = Follower(kill_at)
        threading.settrace(follower.called)
        sys.settrace(follower.called)
        consumer.receive(body)
        sys.settrace(None)
    Path(to).write_text(json.dumps([(line.file, line.number, line.function) for line in follower.lines]))


def killed_at_a_line(case: Case) -> None:
    """Export two vouchers and a file, or take them back; kill the worker at the line that the case's number says."""
    scenario, number = (
        ("export", case.number) if case.number < KILLS["export"] else ("undo", case.number - KILLS["export"])
    )
    lines = _lines_of(case, scenario)
    at = schedule(lines, KILLS[scenario], Random(f"{case.seed} {scenario}"))[number]
    case.about = f"{scenario} killed at {lines[at - 1]}, line {at} of {len(lines)}"
    event = _begin(case, scenario)
    case.interrupted = _run(case, event, at) is None
    case.wait(A_LEASE)
    case.deliver(event)
    case.finish()


def schedule(lines: Sequence[Line], kills: int, rng: Random) -> list[int]:
    """Return so many places in the run, counted from 1.

    Every one between an intent and what came of it; then every line of code once; and what is left of the run as far as
    there is room, evenly from a drawn beginning.
    """
    chosen = {place for place, is_open in enumerate(_is_open(lines), start=1) if is_open}
    first_of_each = {line: place for place, line in reversed([*enumerate(lines, start=1)])}
    for more in (first_of_each.values(), range(1, len(lines) + 1)):
        left = sorted({*more} - chosen)
        chosen.update(_evenly(left, min(len(left), max(0, kills - len(chosen))), rng))
    return [*sorted(chosen), *rng.choices(sorted(chosen), k=max(0, kills - len(chosen)))]


def _evenly(places: Sequence[int], count: int, rng: Random) -> list[int]:
    start = rng.random()
    return [places[int((number + start) * len(places) / count)] for number in range(count)]


def _is_open(lines: Sequence[Line]) -> Iterator[bool]:
    """Say of each place whether a request is about to leave, under way, or answered and not yet committed."""
    is_open = has_ended = False
    for line in lines:
        if line.function in OPENING:
            is_open, has_ended = True, False
        elif line.function in CLOSING:
            has_ended = True
        elif has_ended and line.file in CALLERS:
            is_open = has_ended = False
        yield is_open


_found: dict[str, list[Line]] = {}


def _lines_of(case: Case, scenario: str) -> list[Line]:
    """Return the lines of the scenario, as a run of it shows that nobody kills; once in each process."""
    if scenario not in _found:
        trial = replace(case, number=TRIAL + [*KILLS].index(scenario), label=f"utan avbrott {scenario}", asked=[])
        lines = _run(trial, _begin(trial, scenario), 0)
        if lines is None:
            raise AssertionError("the worker that nobody killed has died")
        _found[scenario] = lines
    return _found[scenario]


def _begin(case: Case, scenario: str) -> Event:
    case.adjust("VS", files=(1,))
    event = case.plan()
    if scenario == "undo" and event is not None:
        case.deliver(event)
        (event,) = case.undo()
        case.taken_back = True
    if event is None:
        raise AssertionError("nothing was planned")
    return event


def _run(case: Case, event: Event, kill_at: int) -> list[Line] | None:
    """Let a worker deal with the event; return its lines, None when it was killed."""
    scene, to = case.closing.scene, case.folder / "lines.json"
    to.unlink(missing_ok=True)
    orders = Orders(f"sqlite:///{case.database}", scene.sandbox.url, case.vault_key, str(case.folder))
    arguments = (orders, scene.access.pace, scene.clock.now(), body_of(event), kill_at, str(to))
    child = forkserver().Process(target=work, args=arguments)
    child.start()
    child.join(WITHIN_S)
    code = child.exitcode
    child.kill()
    child.join()
    child.close()
    if code == -signal.SIGKILL:
        return None
    if code != 0:
        raise AssertionError(f"the worker ended with {code}")
    return [Line(*said) for said in json.loads(to.read_text())]
