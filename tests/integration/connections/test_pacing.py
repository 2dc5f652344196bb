"""Never more than 25 calls in any 5 s, however many workers call (P6)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from shared.connections.pacing import TenantPacer
from shared.errors import Later
from shared.fortnox.pacing import USUAL_PACE
from shared.store.database import Store
from shared.store.tables import Base
from tests.scene import Scene, open_scene


@pytest.fixture(params=["sqlite_url", "database_url"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    opened = Store(request.getfixturevalue(request.param))
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def test_eight_workers_calling_as_fast_as_they_can_stay_below_the_limit_and_meet_no_429(database_url: str) -> None:
    with open_scene(database_url, paced=True) as scene, ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(_call, scene, 5) for _ in range(8)]:
            future.result()
        rate = scene.sandbox.state.rate.arrivals[scene.company.database_number].peak
        refused = [entry for entry in scene.sandbox.state.journal.entries() if entry["status"] == 429]
    assert 10 < rate <= 25
    assert refused == []


def _call(scene: Scene, times: int) -> None:
    for _ in range(times):
        with scene.access.open(scene.engagement_id, "interactive", renew=False) as client:
            client.company()


def test_bulk_work_leaves_turns_for_a_user_who_waits(store: Store) -> None:
    pauses: list[float] = []

    def refuse_to_wait(seconds: float) -> None:
        pauses.append(seconds)
        raise InterruptedError

    bulk = TenantPacer(1, "bulk", store=store, pause=refuse_to_wait)
    interactive = TenantPacer(1, "interactive", store=store, pause=refuse_to_wait)
    for _ in range(USUAL_PACE.bulk_limit):
        bulk.take_turn()
    with pytest.raises(InterruptedError):
        bulk.take_turn()
    for _ in range(USUAL_PACE.limit - USUAL_PACE.bulk_limit):
        interactive.take_turn()
    with pytest.raises(InterruptedError):
        interactive.take_turn()
    assert all(0 < seconds <= USUAL_PACE.window_s for seconds in pauses)


def test_what_is_written_with_a_turn_is_written_or_the_turn_is_not_taken(store: Store) -> None:
    def refuse(_session: Session) -> None:
        raise LookupError("not now")

    for _ in range(30):
        with pytest.raises(LookupError):
            TenantPacer(1, "interactive", store=store, on_turn=refuse).take_turn()
    noted: list[Session] = []
    TenantPacer(1, "interactive", store=store, on_turn=noted.append).take_turn()
    assert len(noted) == 1


def test_after_a_429_nobody_calls_before_its_time_and_a_long_wait_is_handed_back(store: Store) -> None:
    pacer = TenantPacer(1, "interactive", store=store)
    with store.read() as session:
        until = store.now(session) + timedelta(seconds=60)
    pacer.pause_until(until)
    with pytest.raises(Later, match="rate-limited") as raised:
        pacer.take_turn()
    assert raised.value.until == until
    TenantPacer(2, "interactive", store=store).take_turn()
