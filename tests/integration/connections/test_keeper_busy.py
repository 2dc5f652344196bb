"""While Fortnox keeps some renewals of the keeper waiting, what a dead process left is found out all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.sandbox.faults import FaultRule
from shared.connections.keeper import Keeper
from shared.connections.states import LOST
from shared.connections.tokens import LEASE
from shared.store.connections import Connection
from shared.store.firms import Firm
from tests.chaos.renewing import add_connection
from tests.integration.connections.test_keeper import burn_the_token, leave_pending
from tests.scene import Scene, approve, open_scene
from tests.waiting import wait_for

TOKEN_CALLS = "/oauth-v1/token"
SLOW_S = 6.0


@pytest.fixture
def scene(sqlite_url: str) -> Iterator[Scene]:
    with open_scene(sqlite_url) as opened:
        yield opened


@contextmanager
def keeper(scene: Scene) -> Iterator[None]:
    kept = Keeper(scene.access, interval_s=0.05)
    thread = threading.Thread(target=kept.run)
    thread.start()
    try:
        yield
    finally:
        kept.stop()
        thread.join()


def others(scene: Scene) -> list[UUID]:
    grants = [approve(scene.access.oauth) for _ in range(2)]
    with scene.store.write() as session:
        return [
            add_connection(session, scene.access.vault, scene.firm_id, number, grant, scene.clock.now())
            for number, grant in enumerate(grants)
        ]


def answer_slowly(scene: Scene) -> FaultRule:
    slow = FaultRule("latency", path=TOKEN_CALLS, seconds=SLOW_S)
    scene.sandbox.state.faults.add(slow)
    return slow


def is_under_way(scene: Scene, connection_id: UUID) -> bool:
    with scene.store.read() as session:
        return session.get_one(Connection, connection_id).lease_owner is not None


def test_renewals_that_keep_alive_do_not_hold_up_what_is_in_doubt(scene: Scene) -> None:
    kept_alive = others(scene)
    scene.change(Firm, scene.firm_id, keep_alive=True)
    for connection_id in kept_alive:
        scene.change(Connection, connection_id, active_until=scene.clock.now() + timedelta(days=5))
    burn_the_token(scene)
    slow = answer_slowly(scene)
    with keeper(scene):
        wait_for(lambda: slow.hits == 1, what="a renewal that keeps alive")
        leave_pending(scene)
        wait_for(lambda: scene.connection().state == LOST, what="the end of the doubt")
        assert any(is_under_way(scene, connection_id) for connection_id in kept_alive)


def test_a_try_that_fortnox_keeps_waiting_does_not_hold_up_the_next_doubt(scene: Scene) -> None:
    first, _ = others(scene)
    burn_the_token(scene)
    slow = answer_slowly(scene)
    scene.change(Connection, first, pending_since=datetime.now(UTC), lease_owner=uuid4(), lease_until=datetime.now(UTC))
    with keeper(scene):
        wait_for(lambda: slow.hits == 1, what="the first try")
        leave_pending(scene, ago=LEASE)
        wait_for(lambda: scene.connection().state == LOST, what="the end of the second doubt")
        assert is_under_way(scene, first)
