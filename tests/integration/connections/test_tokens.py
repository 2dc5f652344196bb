"""One token renewal at a time, and what becomes of each way in which it can end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.sandbox.faults import FaultRule
from shared.connections.states import ACTIVE, LOST
from shared.connections.tokens import LEASE, ConnectionTokens
from shared.errors import Later
from shared.fortnox import AccessToken
from shared.store.connections import Connection
from shared.store.messages import OutboxMessage
from tests.scene import Scene, open_scene

TOKEN_CALLS = "/oauth-v1/token"


@pytest.fixture
def scene(sqlite_url: str) -> Iterator[Scene]:
    with open_scene(sqlite_url) as opened:
        opened.sandbox.state.journal.clear()
        yield opened


@pytest.fixture
def scene_on_postgres(database_url: str) -> Iterator[Scene]:
    with open_scene(database_url) as opened:
        opened.sandbox.state.journal.clear()
        yield opened


def tokens(scene: Scene) -> ConnectionTokens:
    """As one more process has them: with an owner of its own for the lease."""
    return scene.access.tokens(scene.connection_id)


def renewals(scene: Scene) -> int:
    entries = scene.sandbox.state.journal.entries()
    return sum(1 for entry in entries if entry["path"].startswith(TOKEN_CALLS) and entry["status"] == 200)


def emitted(scene: Scene) -> list[str]:
    with scene.store.read() as session:
        return list(session.scalars(select(OutboxMessage.name).order_by(OutboxMessage.id)))


def test_a_fresh_token_is_used_without_asking_fortnox(scene: Scene) -> None:
    assert tokens(scene).current().version == 1
    assert renewals(scene) == 0


def test_a_token_about_to_expire_is_renewed_and_the_thirty_days_begin_anew(scene: Scene) -> None:
    scene.clock.advance(timedelta(minutes=56))
    assert tokens(scene).current().version == 2
    connection = scene.connection()
    assert connection.active_until == scene.clock.now() + timedelta(days=30)
    assert connection.pending_since is None
    assert connection.lease_until is None
    assert emitted(scene) == ["connection-renewed"]


@pytest.mark.parametrize("kind", ["scene", "scene_on_postgres"])
def test_twenty_users_of_an_expired_token_renew_it_once_and_nobody_fails(
    kind: str, request: pytest.FixtureRequest
) -> None:
    # All read the expired row before the first has taken the lease; nineteen find it taken and wait for the new token.
    opened: Scene = request.getfixturevalue(kind)
    opened.clock.advance(timedelta(minutes=56))
    start = threading.Barrier(20)

    def use() -> AccessToken:
        start.wait()
        return tokens(opened).current()

    with ThreadPoolExecutor(20) as pool:
        got = [future.result() for future in [pool.submit(use) for _ in range(20)]]
    assert {token.version for token in got} == {2}
    assert len({token.value for token in got}) == 1
    assert renewals(opened) == 1


def test_a_lost_answer_is_noted_and_the_next_try_tells_that_the_connection_is_lost_and_why(scene: Scene) -> None:
    scene.sandbox.state.faults.add(FaultRule("cut-after-commit", path=TOKEN_CALLS))
    scene.clock.advance(timedelta(minutes=56))
    with pytest.raises(Later, match="renewal-answer-lost"):
        tokens(scene).current()
    assert scene.connection().pending_since is not None
    with pytest.raises(Later, match="an earlier renewal's answer was lost"):
        tokens(scene).current()
    assert (scene.connection().state, emitted(scene)) == (LOST, ["connection-lost"])
    assert scene.connection().refresh_token is None


def test_a_request_that_never_reached_fortnox_is_made_good_by_the_next_try(scene: Scene) -> None:
    scene.sandbox.state.faults.add(FaultRule("cut-before-commit", path=TOKEN_CALLS))
    scene.clock.advance(timedelta(minutes=56))
    with pytest.raises(Later, match="renewal-answer-lost"):
        tokens(scene).current()
    assert tokens(scene).current().version == 2
    assert scene.connection().state == ACTIVE


def test_a_worker_that_died_in_a_renewal_is_replaced_when_its_lease_runs_out(scene: Scene) -> None:
    dead = scene.clock.now()
    scene.clock.advance(timedelta(minutes=56))
    scene.change(Connection, scene.connection_id, lease_owner=scene.firm_id, lease_until=scene.clock.now() + LEASE)
    scene.change(Connection, scene.connection_id, pending_since=dead)
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        scene.clock.advance(timedelta(seconds=seconds))

    access = scene.access
    patient = ConnectionTokens(
        scene.connection_id,
        store=access.store,
        clock=access.clock,
        vault=access.vault,
        oauth=access.oauth,
        pause=pause,
    )
    assert patient.current().version == 2
    assert sum(waited) == pytest.approx(LEASE.total_seconds(), abs=1)


def test_the_loser_of_a_race_does_not_destroy_the_winners_token(scene: Scene) -> None:
    # Another process has renewed between this one's read and its refusal: the refusal is about a token of the past.
    old = tokens(scene).current()
    assert tokens(scene).renew(old.version).version == 2
    assert tokens(scene).renew(old.version).version == 2
    assert (renewals(scene), scene.connection().state) == (1, ACTIVE)


def test_a_refresh_token_that_fortnox_refuses_ends_the_connection_with_fortnox_words(scene: Scene) -> None:
    scene.clock.advance(timedelta(days=1))
    scene.sandbox.state.clock.advance(timedelta(days=50).total_seconds())
    with pytest.raises(Later, match="Invalid refresh token") as raised:
        tokens(scene).current()
    assert raised.value.waiting_for == f"reconnect:{scene.connection_id}"
    assert scene.connection().state == LOST
    scene.reconnect()
    assert tokens(scene).current().version == 2
