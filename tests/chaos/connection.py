"""What a connection survives (P5), on each store: many users at once, kills, bad answers, clocks that jump."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from services.sandbox.faults import FaultKind, FaultRule
from shared.clock import ManualClock
from shared.connections.access import FortnoxAccess
from shared.connections.states import ACTIVE, ACTIVE_FOR
from shared.errors import PipelineError
from shared.store.connections import Connection
from tests.bench.rows import at_most
from tests.chaos.counts import Counts, part
from tests.chaos.doubt import REPORTED_LOST, REPORTED_WITHIN_S, SURVIVED, Lookout, end_of, keeper
from tests.chaos.kills import STEPS, kill_renewals
from tests.chaos.renewing import TOKEN_CALLS, Fleet, fleet, forkserver, opened, use_many
from tests.servers import fresh_database, shared_postgres
from tests.waiting import wait_for

USERS, PROCESSES = 50, 8
KILLS = 200
MACHINES, ROUNDS = 4, 100


def on_both_stores(run: Callable[[str], Counts]) -> list[Counts]:
    """Run on PostgreSQL and on an SQLite file as the embedded default has one, side by side."""
    with (
        shared_postgres(durable=True) as server,
        fresh_database(server) as postgres_url,
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(2) as pool,
    ):
        stores = {"PostgreSQL": postgres_url, "SQLite": f"sqlite:///{folder}/pipeline.db"}
        running = {store: pool.submit(run, url) for store, url in stores.items()}
        counted = {store: future.result() for store, future in running.items()}
    return [replace(counts, name=f"{counts.name}, {store}") for store, counts in counted.items()]


@part("connection")
def users_of_one_expired_token(seed: int) -> list[Counts]:
    """Fifty users in eight processes find the token expired at the same moment; two refreshes at once would both pass."""
    return on_both_stores(lambda url: use_expired_token(url, seed))


@part("connection")
def renewals_killed_at_every_step(seed: int) -> list[Counts]:
    """kill -9 at seeded steps of 200 renewals, while a keeper runs; each must be known within a minute of its kill."""
    steps = random.Random(seed).choices(sorted(STEPS), k=KILLS)
    return on_both_stores(lambda url: kill_renewals(url, seed, steps, wait_for_leases=True))


@part("connection")
def bad_answers(seed: int) -> list[Counts]:
    """Each bad answer once, with a keeper running: what can survive does, the rest is reported within a minute."""
    return on_both_stores(lambda url: answer_badly(url, seed))


@part("connection")
def clocks_that_jump(seed: int) -> list[Counts]:
    """Four machines whose clocks jump by up to 31 days use one connection; keepers on two more look after it."""
    return on_both_stores(lambda url: use_with_jumping_clocks(url, seed))


def use_expired_token(database_url: str, seed: int) -> Counts:
    with fleet(database_url, 1) as ships, tempfile.TemporaryDirectory() as folder:
        ships.state.switches.refresh_takes_s = 0.7
        (connection_id,) = ships.connection_ids
        processes = forkserver()
        start = processes.Barrier(USERS)
        threads = [USERS // PROCESSES + (number < USERS % PROCESSES) for number in range(PROCESSES)]
        _expire_access_token(ships, connection_id)
        children = [
            processes.Process(target=use_many, args=(ships.orders, connection_id, count, start, folder))
            for count in threads
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
        notes=f"versions and errors that they got: {dict(Counter(answers))}",
        targets=(at_most("refreshes at Fortnox", renewals, "", target=1, yardstick="P5: one at a time"),),
    )


BAD_ANSWERS: dict[str, tuple[FaultKind, float, str]] = {
    "answered after 30 s": ("latency", 30.0, SURVIVED),
    "answered byte by byte": ("slow-body", 5.0, SURVIVED),
    "answered byte by byte, for longer than a lease": ("slow-body", 70.0, REPORTED_LOST),
    "500": ("500", 0.0, SURVIVED),
    "HTML": ("502", 0.0, SURVIVED),
    "429": ("429", 10.0, SURVIVED),
    "cut before it was done": ("cut-before-commit", 0.0, SURVIVED),
    "cut after it was done": ("cut-after-commit", 0.0, REPORTED_LOST),
    "cut in mid-body": ("truncated-body", 0.0, REPORTED_LOST),
    "done, and never answered": ("timeout-after-commit", 0.0, REPORTED_LOST),
    "not done, and never answered": ("timeout", 0.0, SURVIVED),
}


def answer_badly(database_url: str, seed: int) -> Counts:
    with fleet(database_url, len(BAD_ANSWERS)) as ships, opened(ships.orders) as worker, keeper(ships.access):
        lookout = Lookout(ships)
        cases = dict(zip(BAD_ANSWERS, ships.connection_ids, strict=True))
        with ThreadPoolExecutor(len(cases)) as pool:
            for name, connection_id in cases.items():
                _renew_with(ships, worker, pool, name, connection_id, lookout)
            lookout.wait()
        ends = {name: end_of(ships, connection_id) for name, connection_id in cases.items()}
    wrong = [name for name, end in ends.items() if end != BAD_ANSWERS[name][2]]
    survived = list(ends.values()).count(SURVIVED)
    known_after_s = max(lookout.waits_s.values())
    return Counts(
        name="bad answers to a renewal",
        seed=seed,
        attempted=len(ends),
        acknowledged=len(ends),
        ok=survived,
        lost=len(wrong),
        duplicated=0,
        unknown=sum(wait_s > REPORTED_WITHIN_S for wait_s in lookout.waits_s.values()),
        recovered=survived,
        refused=list(ends.values()).count(REPORTED_LOST),
        notes=f"{ends}; otherwise than it must be: {wrong}",
        targets=(at_most("known after", known_after_s, "s", target=REPORTED_WITHIN_S, yardstick="P5: a minute"),),
    )


def _renew_with(
    ships: Fleet, worker: FortnoxAccess, pool: ThreadPoolExecutor, name: str, connection_id: UUID, lookout: Lookout
) -> None:
    """Begin a renewal that is answered badly; the doubt stands in its row before the request has reached Fortnox."""
    kind, seconds, _ = BAD_ANSWERS[name]
    rule = FaultRule(kind, path=TOKEN_CALLS, seconds=seconds)
    ships.state.faults.add(rule)

    def renew() -> None:
        with suppress(PipelineError):
            worker.tokens(connection_id).renew_now()

    began = time.monotonic()
    pool.submit(renew)
    wait_for(lambda: rule.hits == 1, what=name)
    lookout.watch(connection_id, began)


def use_with_jumping_clocks(database_url: str, seed: int) -> Counts:
    """Let all machines use the connection at once in each round, after their clocks have jumped; Fortnox' goes on.

    Two more machines, 31 days ahead and 31 days behind, only run a keeper.
    """
    rng = random.Random(seed)
    got = 0
    with fleet(database_url, 1) as ships, ExitStack() as stack, ThreadPoolExecutor(MACHINES) as pool:
        (connection_id,) = ships.connection_ids
        clocks = [ManualClock(datetime.now(UTC)) for _ in range(MACHINES)]
        machines = [stack.enter_context(opened(ships.orders, clock)) for clock in clocks]
        for days in (-31, 31):
            clock = ManualClock(datetime.now(UTC) + timedelta(days=days))
            stack.enter_context(keeper(stack.enter_context(opened(ships.orders, clock)), interval_s=0.1))
        for _ in range(ROUNDS):
            for clock in clocks:
                clock.advance(timedelta(days=rng.uniform(-31, 31)) if rng.random() < 0.3 else timedelta(minutes=1))
            if rng.random() < 0.3:
                ships.state.clock.advance(rng.uniform(0, 3600))
            got += sum(pool.map(lambda access: _works(ships, access, connection_id), machines))
        renewals, is_active = ships.renewals(), _has_its_days(ships, connection_id)
    return Counts(
        name="clocks that jump",
        seed=seed,
        attempted=MACHINES * ROUNDS,
        acknowledged=MACHINES * ROUNDS,
        ok=got,
        lost=MACHINES * ROUNDS - got,
        duplicated=0,
        unknown=0 if is_active else 1,
        recovered=0,
        notes=f"{renewals} renewals",
    )


def _expire_access_token(ships: Fleet, connection_id: UUID) -> None:
    with ships.access.store.write() as session:
        session.get_one(Connection, connection_id).access_expires_at = datetime.now(UTC)


def _has_its_days(ships: Fleet, connection_id: UUID) -> bool:
    """Say whether it is active, and ends thirty days after this test and not after some machine's idea of it."""
    row = ships.row(connection_id)
    left = (row.active_until or datetime.min.replace(tzinfo=UTC)) - datetime.now(UTC)
    return row.state == ACTIVE and timedelta(days=29) < left <= ACTIVE_FOR


def _works(ships: Fleet, access: FortnoxAccess, connection_id: UUID) -> bool:
    """Say whether Fortnox takes the token that this machine comes by; a token refused once is renewed, as after a 401."""
    try:
        token = access.tokens(connection_id).current()
        if ships.state.grants.bearer(token.value) is None:
            token = access.tokens(connection_id).renew(token.version)
    except PipelineError:
        return False
    return ships.state.grants.bearer(token.value) is not None
