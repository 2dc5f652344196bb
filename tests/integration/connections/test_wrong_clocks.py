"""A machine whose clock is a month off ends no connection, and dates none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.clock import ManualClock
from shared.connections.access import FortnoxAccess
from shared.connections.keeper import keep, keep_alive
from shared.connections.states import ACTIVE
from shared.store.database import Store
from tests.scene import Scene, open_scene


@pytest.fixture(params=["sqlite_url", "database_url"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """With a database that goes by its own clock."""
    url = request.getfixturevalue(request.param)
    with open_scene(url) as opened:
        store = Store(url)
        opened.access = replace(opened.access, store=store)
        yield opened
        store.close()


def machine(scene: Scene, days: int) -> FortnoxAccess:
    return replace(scene.access, clock=ManualClock(scene.clock.now() + timedelta(days=days)))


@pytest.mark.parametrize("days", [-31, 31])
def test_a_keeper_with_a_wrong_clock_announces_and_ends_nothing(scene: Scene, days: int) -> None:
    keep(machine(scene, days))
    keep_alive(machine(scene, days))
    row = scene.connection()
    assert (row.state, row.notified_days, row.version) == (ACTIVE, None, 1)
    assert row.refresh_token is not None
    assert scene.due_events() == []


@pytest.mark.parametrize("days", [-31, 31])
def test_a_worker_with_a_wrong_clock_gives_thirty_days_from_today(scene: Scene, days: int) -> None:
    machine(scene, days).tokens(scene.connection_id).renew_now()
    row = scene.connection()
    assert row.active_until is not None
    assert timedelta() <= row.active_until - scene.clock.now() - timedelta(days=30) < timedelta(minutes=1)
    keep(scene.access)
    assert scene.connection().state == ACTIVE


@pytest.mark.parametrize("days", [-31, 31])
def test_a_worker_with_a_wrong_clock_uses_the_token_that_is_there(scene: Scene, days: int) -> None:
    assert machine(scene, days).tokens(scene.connection_id).current().version == 1
