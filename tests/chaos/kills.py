"""kill -9 at every step of a renewal: the connection survives, or its loss is reported; it is never silently dead."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from services.sandbox.faults import FaultKind, FaultRule
from services.sandbox.grants import Pair
from shared.store.connections import Connection
from tests.bench.rows import at_most
from tests.chaos.counts import Counts
from tests.chaos.doubt import REPORTED_LOST, REPORTED_WITHIN_S, SURVIVED, Lookout, end_of, keeper
from tests.chaos.renewing import TOKEN_CALLS, Fleet, fleet, forkserver, renew_one
from tests.waiting import wait_for

SLOW_S = 0.15  # how long Fortnox is at it before and after the token changes hands, so that kills can fall in between
OPENS_WITHIN_S = 30.0


@dataclass(frozen=True)
class Step:
    """Where a renewal is killed: how Fortnox behaves, what is waited for, and how much later the kill falls at most."""

    faults: tuple[FaultKind, ...]
    wait: Callable[[Fleet, UUID, Pair], bool]
    up_to_s: float
    held_from_start: bool = False  # the row is locked, so that the renewal comes no further than this step
    held_s: float = 0.0  # the row is locked when the step is reached, and so long before the delay begins


def _began(_ships: Fleet, _connection_id: UUID, _pair: Pair) -> bool:
    return True


def _has_lease(ships: Fleet, connection_id: UUID, _pair: Pair) -> bool:
    return ships.row(connection_id).lease_owner is not None


def _is_burnt(_ships: Fleet, _connection_id: UUID, pair: Pair) -> bool:
    return pair.burnt


STEPS = {
    "1 at the beginning": Step((), _began, 0.02),
    "2 before the lease": Step((), _began, 0.1, held_from_start=True),
    "3 request under way": Step((), _has_lease, SLOW_S),
    "4 request that never arrives": Step(("timeout",), _has_lease, SLOW_S),
    "5 burnt, no answer yet": Step(("latency",), _is_burnt, SLOW_S),
    "6 answered, not saved": Step(("latency",), _is_burnt, SLOW_S, held_s=SLOW_S),
    "7 about to be saved": Step((), _is_burnt, 0.03),
    "8 answer cut off": Step(("cut-after-commit",), _is_burnt, 0.03),
}


def kill_renewals(database_url: str, seed: int, steps: Sequence[str], *, wait_for_leases: bool) -> Counts:
    """Kill one renewal at each of the steps, and count what became of the connections.

    With `wait_for_leases` a keeper runs all the time, and each connection must be known within a minute of its kill.
    Without, the leases of the dead are cut short when all are dead, and a keeper begins then.
    """
    rng = random.Random(seed)
    with fleet(database_url, len(steps)) as ships, ExitStack() as stack:
        lookout = Lookout(ships)
        if wait_for_leases:
            stack.enter_context(keeper(ships.access))
        for name, connection_id in zip(steps, ships.connection_ids, strict=True):
            _kill_at(ships, connection_id, STEPS[name], rng)
            lookout.watch(connection_id, time.monotonic())
            lookout.look()
        if not wait_for_leases:
            _cut_leases_short(ships)
            stack.enter_context(keeper(ships.access, interval_s=0.1))
        lookout.wait()
        ends = Counter(end_of(ships, connection_id) for connection_id in ships.connection_ids)
    known_after_s = max(lookout.waits_s.values())
    return Counts(
        name=f"kill -9 in {len(steps)} renewals",
        seed=seed,
        attempted=len(steps),
        acknowledged=len(steps),
        ok=ends[SURVIVED],
        lost=len(steps) - ends[SURVIVED] - ends[REPORTED_LOST],
        duplicated=0,
        unknown=sum(wait_s > REPORTED_WITHIN_S for wait_s in lookout.waits_s.values()),
        recovered=ends[SURVIVED],
        refused=ends[REPORTED_LOST],
        notes=f"{dict(sorted(ends.items()))}; steps {dict(sorted(Counter(steps).items()))}",
        targets=(at_most("known after", known_after_s, "s", target=REPORTED_WITHIN_S, yardstick="P5: a minute"),),
    )


def _kill_at(ships: Fleet, connection_id: UUID, step: Step, rng: random.Random) -> None:
    ships.state.switches.refresh_takes_s = SLOW_S
    for kind in step.faults:
        ships.state.faults.add(FaultRule(kind, path=TOKEN_CALLS, seconds=SLOW_S))
    processes, pair, delay_s = forkserver(), ships.pair(connection_id), rng.uniform(0, step.up_to_s)
    ready = processes.Event()
    child = processes.Process(target=renew_one, args=(ships.orders, connection_id, ready))
    with _held(ships, connection_id, step.held_from_start):
        child.start()
        if not ready.wait(timeout=OPENS_WITHIN_S):
            raise AssertionError("the process that renews did not begin")
        wait_for(lambda: step.wait(ships, connection_id, pair), what="the step")
        with _held(ships, connection_id, step.held_s > 0):
            time.sleep(step.held_s + delay_s)  # the moment of the kill is the seed's
            child.kill()
            child.join()
    child.close()
    ships.state.faults.clear()


def _held(ships: Fleet, connection_id: UUID, is_held: bool) -> AbstractContextManager[None]:
    return ships.row_locked(connection_id) if is_held else nullcontext()


def _cut_leases_short(ships: Fleet) -> None:
    """Let them end when Fortnox has surely done with what the dead asked for: two refreshes at once break the chain."""
    with ships.access.store.write() as session:
        session.execute(
            update(Connection)
            .where(Connection.lease_owner.is_not(None))
            .values(lease_until=datetime.now(UTC) + timedelta(seconds=10 * SLOW_S))
        )
