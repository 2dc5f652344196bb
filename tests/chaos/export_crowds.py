"""The same event over and over, and two exporters at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import update

from services.sandbox.faults import FaultRule
from shared.messaging.events import Event
from shared.store.connections import TenantPace
from tests.chaos.export_cases import Case
from tests.integration.exporter.closing import A_LEASE, body_of
from tests.waiting import wait_for

TIMES = 5
READS = 6  # before the first voucher is sent
HELD_UP = timedelta(seconds=1.2)  # longer than the other one takes for everything


def same_event_again(case: Case) -> None:
    """Deliver one event five times, from as many threads at once or in sequence; an export, or its undo."""
    case.interrupted = True
    case.adjust(case.rng.choices("VS", k=case.rng.randint(1, 3)), files=case.rng.choices((0, 0, 1), k=3))
    events = [case.plan()]
    if case.rng.random() < 0.4:
        deliver_all(case, events)
        case.finish()
        events, case.taken_back = list(case.undo()), True
    if case.rng.random() < 0.5:
        slow = FaultRule("latency", path="/3/vouchers", method="POST", count=None, seconds=case.rng.uniform(0, 0.05))
        case.spoil(slow)
        bodies = [body_of(event) for event in events if event is not None] * TIMES
        at_once(*[partial(case.consumer().receive, body) for body in bodies])
        case.wait(A_LEASE)
    else:
        for _ in range(TIMES):
            deliver_all(case, events)
            if case.rng.random() < 0.5:
                case.wait(A_LEASE)
    case.finish()
    deliver_all(case, events)


def two_exporters(case: Case) -> None:
    """One exporter in the middle of a request while its lease runs out; or two exports into one company at once."""
    case.interrupted = True
    case.adjust(case.rng.choices("VS", k=case.rng.randint(1, 4)), files=(case.rng.choice((0, 0, 1)),))
    events = [case.plan()]
    if case.rng.random() < 0.4:
        case.adjust(case.rng.choices("VS", k=case.rng.randint(1, 2)), closing=case.year_before)
        events.append(case.plan(closing=case.year_before))
    elif case.rng.random() < 0.4:
        deliver_all(case, events)
        case.finish()
        events, case.taken_back = list(case.undo()), True
    first, second = events[0], events[-1]
    assert first is not None
    assert second is not None
    if case.rng.random() < 0.2:
        _hold_up(case, first, second)
    else:
        _take_over(case, first, second)
    case.wait(A_LEASE)
    deliver_all(case, events)
    case.finish()


def _take_over(case: Case, first: Event, second: Event) -> None:
    """Let the lease of the first exporter run out while Fortnox takes its time, and a second one begin."""
    path, method = case.rng.choice((("/3/vouchers", "POST"), ("/3/vouchers", "POST"), ("/3/vouchers*", "GET")))
    slow = FaultRule(
        "latency", path=path, method=method, nth=case.rng.randint(1, len(case.asked)), seconds=case.rng.uniform(0, 0.3)
    )
    case.spoil(slow)
    if case.rng.random() < 0.6:  # so that both are in the middle of their vouchers
        case.spoil(FaultRule("latency", path="/3/*", count=None, seconds=case.rng.uniform(0, 0.06)))
    waits = case.rng.random() < 0.7
    ready, done = threading.Barrier(2), threading.Event()

    def work() -> None:
        ready.wait()
        try:
            case.deliver(first)
        finally:
            done.set()

    def take_over() -> None:
        ready.wait()
        if waits:
            wait_for(lambda: slow.hits or done.is_set(), what="the slow request")
            case.closing.scene.clock.advance(A_LEASE)
        case.deliver(second)

    at_once(work, take_over)


def _hold_up(case: Case, first: Event, second: Event) -> None:
    """Hold the first exporter up before one of its requests until another has done everything; it must not send it then."""
    scene = case.closing.scene
    arrivals = scene.sandbox.state.rate.arrivals[scene.company.database_number]
    until = arrivals.calls + case.rng.randint(1, READS + 2 * len(case.asked))
    case.spoil(FaultRule("latency", path="/3/*", count=None, seconds=0.03))
    worker = threading.Thread(target=case.deliver, args=(first,))
    worker.start()
    wait_for(lambda: arrivals.calls >= until or not worker.is_alive(), what=f"call {until}")
    with scene.store.write() as session:
        session.execute(update(TenantPace).values(paused_until=datetime.now(UTC) + HELD_UP))
    worker.join(HELD_UP.total_seconds() / 6)
    scene.sandbox.state.faults.clear()
    case.wait(A_LEASE)  # which ends the pause for all but who sleeps already
    deliver_all(case, [first, second])
    case.finish()
    worker.join()


def deliver_all(case: Case, events: list[Event | None]) -> None:
    for event in events:
        if event is not None:
            case.deliver(event)


def at_once(*work: Callable[[], None]) -> None:
    """Run in as many threads; what one of them raises is raised here."""
    with ThreadPoolExecutor(len(work)) as pool:
        for running in [pool.submit(one) for one in work]:
            running.result()
