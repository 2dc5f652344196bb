"""What a connection survives (P5): many users at once, kills at every step, bad answers, clocks that jump."""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.context import ForkServerContext
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update

from services.sandbox.faults import FaultKind, FaultRule
from services.sandbox.grants import Pair
from shared.clock import ManualClock
from shared.connections.keeper import INTERVAL_S, keep
from shared.connections.states import ACTIVE
from shared.errors import PipelineError
from shared.store.connections import Connection
from shared.store.messages import OutboxMessage
from tests.chaos.counts import Counts, part
from tests.chaos.renewing import Fleet, fleet, opened, renew_one, use_many
from tests.servers import fresh_database, shared_postgres
from tests.waiting import wait_for

TOKEN_CALLS = "/oauth-v1/token"
USERS, PROCESSES = 50, 8
KILLS = 200
REPORTED_WITHIN_S = 60.0
WATCH_S = 0.25
SLOW_S = 0.15  # how long Fortnox is at it before and after the token changes hands, so that kills can fall in between


@part("connection")
def users_of_one_expired_token(seed: int) -> Counts:
    """Fifty users in eight processes find the token expired at the same moment; two refreshes at once would both pass."""
    with _fleet(1) as ships, tempfile.TemporaryDirectory() as folder:
        ships.state.switches.refresh_takes_s = 0.7
        (connection_id,) = ships.connection_ids
        processes = _processes()
        start = processes.Barrier(USERS)
        threads = [USERS // PROCESSES + (number < USERS % PROCESSES) for number in range(PROCESSES)]
        orders = replace(ships.orders, ahead=timedelta(minutes=56))
        children = [
            processes.Process(target=use_many, args=(orders, connection_id, count, start, folder)) for count in threads
        ]
        for child in children:
            child.start()
        for child in children:
            child.join()
        answers = [answer for file in Path(folder).iterdir() for answer in file.read_text().split()]
        renewals = ships.renewals()
    return Counts(
        name=f"{USERS} users of one expired token, {PROCESSES} processes",
        seed=seed,
        attempted=USERS,
        acknowledged=len(answers),
        ok=answers.count("2"),
        lost=USERS - answers.count("2"),
        duplicated=renewals - 1,
        unknown=0,
        recovered=0,
        notes=f"{renewals} refresh at Fortnox",
    )


@part("connection")
def renewals_killed_at_every_step(seed: int) -> Counts:
    """kill -9 at seeded steps of 200 renewals, while a keeper runs; each must be known within a minute of its kill."""
    return kill_renewals(seed, KILLS, wait_for_leases=True)


def kill_renewals(seed: int, kills: int, *, wait_for_leases: bool) -> Counts:
    """Kill `kills` renewals and count what became of the connections; without waiting, the dead leases end at once."""
    rng = random.Random(seed)
    processes = _processes()
    killed_at: dict[UUID, float] = {}
    steps: Counter[str] = Counter()
    turn = threading.Lock()
    with _fleet(kills) as ships, _keeping(ships, turn) as known_at:
        for connection_id in ships.connection_ids:
            step = rng.choice(sorted(STEPS))
            steps[step] += 1
            with turn:  # the faults are meant for the child, not for the keeper
                _kill_at(ships, processes, connection_id, STEPS[step], rng)
            time.sleep(0.02)
            killed_at[connection_id] = time.monotonic()
            if not wait_for_leases:
                _end_lease(ships, connection_id)
        time.sleep(2 * WATCH_S)  # the last one may not have been seen in doubt yet
        with suppress(AssertionError):
            wait_for(lambda: known_at.keys() >= killed_at.keys(), seconds=REPORTED_WITHIN_S + 10, what="the last one")
        waits = [known_at.get(each, float("inf")) - killed_at[each] for each in killed_at]
        ends = Counter(_end_of(ships, connection_id) for connection_id in ships.connection_ids)
    late = sum(wait_s > REPORTED_WITHIN_S for wait_s in waits)
    return Counts(
        name=f"kill -9 in {kills} renewals",
        seed=seed,
        attempted=kills,
        acknowledged=kills,
        ok=ends["survived"],
        lost=ends["silently dead"] + ends["given up without need"],
        duplicated=0,
        unknown=late,
        recovered=ends["survived"],
        refused=ends["reported lost"],
        notes=f"{dict(sorted(ends.items()))}; known after {max(waits):.0f} s at most; steps {dict(sorted(steps.items()))}",
    )


@dataclass(frozen=True)
class Step:
    """Where a renewal is killed: how Fortnox behaves, what is waited for, and how much later the kill falls at most."""

    faults: tuple[FaultKind, ...]
    wait: Callable[[Fleet, UUID, Pair], bool]
    up_to_s: float
    held: bool = False  # the row is locked, so that the child comes no further than this step


def _began(_ships: Fleet, _connection_id: UUID, _pair: Pair) -> bool:
    return True


def _has_lease(ships: Fleet, connection_id: UUID, _pair: Pair) -> bool:
    return ships.row(connection_id).lease_owner is not None


def _is_burnt(_ships: Fleet, _connection_id: UUID, pair: Pair) -> bool:
    return pair.burnt


STEPS = {
    "1 at the beginning": Step((), _began, 0.02),
    "2 before the lease": Step((), _began, 0.1, held=True),
    "3 request under way": Step((), _has_lease, SLOW_S),
    "4 request that never arrives": Step(("timeout",), _has_lease, SLOW_S),
    "5 burnt, no answer yet": Step(("latency",), _is_burnt, SLOW_S),
    "6 answered, not saved": Step(("latency",), _is_burnt, SLOW_S, held=True),
    "7 about to be saved": Step((), _is_burnt, 0.03),
    "8 answer cut off": Step(("cut-after-commit",), _is_burnt, 0.03),
}


def _kill_at(ships: Fleet, processes: ForkServerContext, connection_id: UUID, step: Step, rng: random.Random) -> None:
    ships.state.switches.refresh_takes_s = SLOW_S
    ships.state.faults.clear()
    for kind in step.faults:
        ships.state.faults.add(FaultRule(kind, path=TOKEN_CALLS, seconds=SLOW_S))
    ready, pair = processes.Event(), ships.pair(connection_id)
    child = processes.Process(target=renew_one, args=(ships.orders, connection_id, ready))
    delay_s = rng.uniform(0, step.up_to_s)
    before_lease = step.held and step.wait is _began
    if before_lease:
        with ships.row_locked(connection_id):
            child.start()
            ready.wait(timeout=30)
            time.sleep(delay_s)
            child.kill()
            child.join()
    else:
        child.start()
        ready.wait(timeout=30)
        wait_for(lambda: step.wait(ships, connection_id, pair), what="the step")
        if step.held:
            with ships.row_locked(connection_id):
                time.sleep(SLOW_S + delay_s)
                child.kill()
                child.join()
        else:
            time.sleep(delay_s)
            child.kill()
            child.join()
    child.close()


def _end_of(ships: Fleet, connection_id: UUID) -> str:
    """Say how the connection ended, measured at what Fortnox says about it and not at what we think."""
    row = ships.row(connection_id)
    if row.state == ACTIVE:
        try:
            ships.access.tokens(connection_id).renew_now()
        except PipelineError:
            return "silently dead"
        return "survived"
    with ships.access.store.read() as session:
        said = session.scalars(
            select(OutboxMessage).where(
                OutboxMessage.name == "connection-lost",
                OutboxMessage.body["data"]["connection_id"].as_string() == str(connection_id),
            )
        ).all()
    codes = [message.body["data"]["reason_code"] for message in said]
    if codes != ["renewal-answer-lost"] or row.state_code != "renewal-answer-lost":
        return "silently dead"
    return "reported lost" if _was_burnt(ships, connection_id) else "given up without need"


def _was_burnt(ships: Fleet, connection_id: UUID) -> bool:
    """Compare with the order in which the consents were given: the stored token is forgotten by now."""
    first = list(ships.state.grants._by_refresh.values())[: len(ships.connection_ids)]
    return first[ships.connection_ids.index(connection_id)].burnt


@contextmanager
def _keeping(ships: Fleet, turn: AbstractContextManager[object]) -> Iterator[dict[UUID, float]]:
    """Do the keeper's steps as the relay does, and note when each connection that was in doubt is so no longer."""
    known_at: dict[UUID, float] = {}
    stop = threading.Event()

    def look_after() -> None:
        while not stop.wait(INTERVAL_S):
            with turn:
                keep(ships.access, ships.access.clock.now())

    def watch() -> None:
        while not stop.wait(WATCH_S):
            with ships.access.store.read() as session:
                settled = session.scalars(
                    select(Connection.id).where(Connection.pending_since.is_(None), Connection.lease_owner.is_(None))
                ).all()
            now = time.monotonic()
            for connection_id in set(ships.connection_ids) - set(settled):
                known_at.pop(connection_id, None)
            for connection_id in settled:
                known_at.setdefault(connection_id, now)

    threads = [threading.Thread(target=look_after), threading.Thread(target=watch)]
    for thread in threads:
        thread.start()
    try:
        yield known_at
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _end_lease(ships: Fleet, connection_id: UUID) -> None:
    with ships.access.store.write() as session:
        session.execute(
            update(Connection)
            .where(Connection.id == connection_id, Connection.lease_owner.is_not(None))
            .values(lease_until=datetime.now(UTC))
        )


BAD_ANSWERS: dict[str, tuple[FaultKind, float, str]] = {
    "answered after 30 s": ("latency", 30.0, "survived"),
    "answered byte by byte": ("slow-body", 5.0, "survived"),
    "500": ("500", 0.0, "survived"),
    "HTML": ("502", 0.0, "survived"),
    "429": ("429", 10.0, "survived"),
    "cut before it was done": ("cut-before-commit", 0.0, "survived"),
    "cut after it was done": ("cut-after-commit", 0.0, "reported lost"),
    "cut in mid-body": ("truncated-body", 0.0, "reported lost"),
    "done, and never answered": ("timeout-after-commit", 0.0, "reported lost"),
    "not done, and never answered": ("timeout", 0.0, "survived"),
}


@part("connection")
def bad_answers(seed: int) -> Counts:
    """Each bad answer once, with a keeper running: what can survive does, the rest is reported within a minute."""
    with (
        _fleet(len(BAD_ANSWERS)) as ships,
        _keeping(ships, nullcontext()) as known_at,
        ThreadPoolExecutor(len(BAD_ANSWERS)) as pool,
    ):
        cases = dict(zip(BAD_ANSWERS, ships.connection_ids, strict=True))
        began: dict[UUID, float] = {}
        for name, connection_id in cases.items():
            kind, seconds, _ = BAD_ANSWERS[name]
            rule = FaultRule(kind, path=TOKEN_CALLS, seconds=seconds)
            ships.state.faults.add(rule)
            began[connection_id] = time.monotonic()
            known_at.pop(connection_id, None)
            pool.submit(_try_to_renew, ships, connection_id)
            wait_for(partial(_has_hit, rule), what=name)
        time.sleep(2 * WATCH_S)  # the last one may not have been seen in doubt yet
        with suppress(AssertionError):
            wait_for(lambda: known_at.keys() >= began.keys(), seconds=REPORTED_WITHIN_S + 10, what="the last one")
        waits = [known_at.get(each, float("inf")) - began[each] for each in began]
        ends = {name: _end_of(ships, connection_id) for name, connection_id in cases.items()}
    wrong = [name for name, end in ends.items() if end != BAD_ANSWERS[name][2]]
    return Counts(
        name="bad answers to a renewal",
        seed=seed,
        attempted=len(ends),
        acknowledged=len(ends),
        ok=list(ends.values()).count("survived"),
        lost=len(wrong),
        duplicated=0,
        unknown=sum(wait_s > REPORTED_WITHIN_S for wait_s in waits),
        recovered=list(ends.values()).count("survived"),
        refused=list(ends.values()).count("reported lost"),
        notes=f"wrong: {wrong}; known after {max(waits):.0f} s at most",
    )


def _has_hit(rule: FaultRule) -> bool:
    return rule.hits == 1


def _try_to_renew(ships: Fleet, connection_id: UUID) -> None:
    with suppress(PipelineError):
        ships.access.tokens(connection_id).renew_now()


MACHINES, USES = 4, 400


@part("connection")
def clocks_that_jump(seed: int) -> Counts:
    """Four machines whose clocks jump by up to twelve hours either way use one connection; Fortnox' clock goes on."""
    rng = random.Random(seed)
    got = 0
    with _fleet(1) as ships:
        (connection_id,) = ships.connection_ids
        clocks = [ManualClock(datetime.now(UTC)) for _ in range(MACHINES)]
        for _ in range(USES):
            clock = rng.choice(clocks)
            clock.advance(timedelta(hours=rng.uniform(-12, 12)) if rng.random() < 0.3 else timedelta(minutes=1))
            if rng.random() < 0.1:
                ships.state.clock.advance(rng.uniform(0, 3600))
            with opened(ships.orders, clock) as access, suppress(PipelineError):
                token = access.tokens(connection_id).current()
                if ships.state.grants.bearer(token.value) is None:  # as a 401 tells it
                    token = access.tokens(connection_id).renew(token.version)
                got += ships.state.grants.bearer(token.value) is not None
        renewals, is_active = ships.renewals(), ships.row(connection_id).state == ACTIVE
    return Counts(
        name="clocks that jump",
        seed=seed,
        attempted=USES,
        acknowledged=USES,
        ok=got,
        lost=USES - got,
        duplicated=0,
        unknown=0 if is_active else 1,
        recovered=0,
        notes=f"{renewals} renewals",
    )


@contextmanager
def _fleet(size: int) -> Iterator[Fleet]:
    with shared_postgres() as server, fresh_database(server) as url, fleet(url, size) as ships:
        yield ships


def _processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.chaos.connection"])
    return context
