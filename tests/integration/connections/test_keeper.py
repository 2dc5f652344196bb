"""What the keeper does for connections that nobody works with: notices, ends, doubtful renewals, keeping alive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select
from uuid6 import uuid7

from services.sandbox.faults import FaultRule
from shared.connections.keeper import BATCH, Keeper, keep, keep_alive
from shared.connections.refusal import refuse
from shared.connections.states import ACTIVE, EXPIRED, EXPIRING, LOST, waiting_for_reconnect
from shared.connections.tokens import LEASE
from shared.errors import Later
from shared.messaging.events import Event, ImportRequested, new_event
from shared.messaging.outbox import emit
from shared.store.connections import Connection
from shared.store.engagements import Client
from shared.store.firms import AuditEntry, Firm
from tests.scene import Scene, names, open_scene
from tests.waiting import wait_for

TOKEN_CALLS = "/oauth-v1/token"


@pytest.fixture
def scene(sqlite_url: str) -> Iterator[Scene]:
    with open_scene(sqlite_url) as opened:
        yield opened


@pytest.fixture
def scene_on_postgres(database_url: str) -> Iterator[Scene]:
    with open_scene(database_url) as opened:
        yield opened


def step(scene: Scene) -> list[Event]:
    keep(scene.access)
    keep_alive(scene.access)
    return scene.due_events()


def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def leave_pending(scene: Scene, *, ago: timedelta = LEASE) -> None:
    """As a process does that dies in the middle of a renewal."""
    began = datetime.now(UTC) - ago
    scene.change(
        Connection,
        scene.connection_id,
        lease_owner=scene.firm_id,
        lease_until=began + LEASE,
        pending_since=began,
    )


def burn_the_token(scene: Scene) -> None:
    """As a renewal does whose answer nobody got."""
    pairs = scene.sandbox.state.grants._by_refresh.values()
    scene.sandbox.state.grants.rotate(next(pair for pair in pairs if not pair.burnt))


def test_notice_of_the_end_is_given_seven_three_and_one_day_ahead_and_each_once(scene: Scene) -> None:
    told: list[tuple[int, list[str]]] = []
    for day in range(31):
        told += [(30 - day, names(step(scene)))]
        assert step(scene) == []
        scene.clock.advance(timedelta(days=1))
    assert [(left, events) for left, events in told if events] == [
        (7, ["connection-expiring"]),
        (3, ["connection-expiring"]),
        (1, ["connection-expiring"]),
        (0, ["connection-lost"]),
    ]


def test_notice_is_given_of_every_end_however_many_have_had_theirs(scene: Scene) -> None:
    ends = scene.connection().active_until
    assert ends is not None
    scene.change(Connection, scene.connection_id, active_until=ends + timedelta(hours=1))
    now = scene.clock.now()
    with scene.store.write() as session:
        for number in range(BATCH):
            client = Client(
                id=uuid7(), firm_id=scene.firm_id, organisation_number=f"556{number:07d}", name="Kund", created_at=now
            )
            session.add(client)
            session.flush()
            session.add(
                Connection(
                    id=uuid7(),
                    firm_id=scene.firm_id,
                    client_id=client.id,
                    engagement_id=scene.engagement_id,
                    state=ACTIVE,
                    grant_type="authorization_code",
                    scopes=[],
                    active_until=ends,
                    version=1,
                    created_at=now,
                )
            )
    scene.clock.advance(timedelta(days=24))
    keep(scene.access)
    assert scene.connection().state == ACTIVE
    keep(scene.access)
    assert scene.connection().state == EXPIRING


def test_a_notice_says_until_when_the_connection_is_active(scene: Scene) -> None:
    scene.clock.advance(timedelta(days=24))
    (event,) = step(scene)
    until = scene.connection().active_until
    assert until is not None
    assert datetime.fromisoformat(event.data["active_until"]) == until
    assert scene.connection().state == EXPIRING


def test_a_keeper_that_was_away_gives_the_shortest_notice_only(scene: Scene) -> None:
    scene.clock.advance(timedelta(days=29, hours=12))
    assert names(step(scene)) == ["connection-expiring"]
    assert scene.connection().notified_days == 1
    assert step(scene) == []


def test_a_renewal_takes_the_notice_back_and_the_next_end_is_announced_anew(scene: Scene) -> None:
    scene.clock.advance(timedelta(days=24))
    assert names(step(scene)) == ["connection-expiring"]
    scene.access.tokens(scene.connection_id).renew_now()
    assert (scene.connection().state, scene.connection().notified_days) == (ACTIVE, None)
    assert names(step(scene)) == ["connection-renewed"]
    scene.clock.advance(timedelta(days=24))
    assert names(step(scene)) == ["connection-expiring"]


def test_after_thirty_days_the_connection_is_expired_its_tokens_forgotten_and_the_reason_told(scene: Scene) -> None:
    scene.clock.advance(timedelta(days=30))
    (event,) = step(scene)
    assert (event.name, event.data["reason_code"]) == ("connection-lost", "expired")
    ended = scene.connection()
    assert (ended.state, ended.state_code, ended.refresh_token) == (EXPIRED, "expired", None)
    with scene.store.read() as session:
        (entry,) = session.scalars(select(AuditEntry))
    assert (entry.action, entry.actor, entry.subject) == ("connection-expired", "fortnox-pipeline", ended.id)
    with pytest.raises(Later, match="reconnect-needed"):
        scene.access.tokens(scene.connection_id).current()


def test_a_service_account_has_no_last_day(scene: Scene) -> None:
    scene.change(Connection, scene.connection_id, grant_type="service_account", active_until=None)
    scene.clock.advance(timedelta(days=400))
    assert step(scene) == []
    assert scene.connection().state == ACTIVE


@pytest.mark.parametrize("kind", ["scene", "scene_on_postgres"])
def test_keepers_beside_each_other_announce_once_and_end_once(kind: str, request: pytest.FixtureRequest) -> None:
    # All of them look at the same moment; whoever comes second finds the row locked, or changed under its lock.
    opened: Scene = request.getfixturevalue(kind)
    for days in (24, 6):
        opened.clock.advance(timedelta(days=days))
        with ThreadPoolExecutor(4) as pool:
            for outcome in [pool.submit(keep, opened.access) for _ in range(4)]:
                outcome.result()
    assert names(opened.due_events()) == ["connection-expiring", "connection-lost"]


def test_a_burnt_token_that_a_dead_process_left_is_reported_with_the_exact_reason(scene: Scene) -> None:
    burn_the_token(scene)
    leave_pending(scene)
    (event,) = step(scene)
    assert event.data["reason_code"] == "renewal-answer-lost"
    assert "an earlier renewal's answer was lost" in event.data["reason"]
    assert scene.connection().state == LOST


def test_a_renewal_that_died_before_its_request_left_is_made_good_without_anybody_asking(scene: Scene) -> None:
    leave_pending(scene)
    assert names(step(scene)) == ["connection-renewed"]
    assert (scene.connection().state, scene.connection().pending_since) == (ACTIVE, None)


def test_a_renewal_that_is_under_way_is_left_alone(scene: Scene) -> None:
    leave_pending(scene, ago=timedelta(seconds=10))
    scene.clock.advance(timedelta(days=31))
    assert step(scene) == []
    assert scene.connection().version == 1


def test_a_dead_lease_that_the_clock_left_in_the_future_does_not_hide_the_doubt(scene: Scene) -> None:
    leave_pending(scene, ago=timedelta(minutes=-30))  # the clock has been set back by half an hour since
    keeper = Keeper(scene.access, interval_s=0.02)
    thread = threading.Thread(target=keeper.run)
    thread.start()
    try:
        wait_for(lambda: _ends_soon(scene), what="the shortened lease")
        scene.change(Connection, scene.connection_id, lease_until=None)
        wait_for(lambda: scene.connection().version == 2, what="the keeper's renewal")
    finally:
        keeper.stop()
        thread.join()


def _ends_soon(scene: Scene) -> bool:
    lease_until = scene.connection().lease_until
    return lease_until is not None and lease_until <= datetime.now(UTC) + LEASE


def test_while_fortnox_is_away_the_doubt_stays_and_its_age_is_shown(scene: Scene) -> None:
    leave_pending(scene, ago=timedelta(seconds=90))
    scene.sandbox.state.faults.add(FaultRule("502", path=TOKEN_CALLS))
    assert step(scene) == []
    age_s = gauge("pipeline_renewals_oldest_pending_seconds")
    assert age_s is not None
    assert 90 <= age_s < 120
    assert gauge("pipeline_connections", state="active") == 1
    scene.change(Connection, scene.connection_id, lease_until=None)
    assert names(step(scene)) == ["connection-renewed"]
    assert step(scene) == []
    assert gauge("pipeline_renewals_oldest_pending_seconds") == 0


def test_a_firm_that_wants_it_has_its_connections_kept_alive(scene: Scene) -> None:
    scene.change(Firm, scene.firm_id, keep_alive=True)
    scene.clock.advance(timedelta(days=19))
    assert step(scene) == []
    scene.clock.advance(timedelta(days=2))
    assert names(step(scene)) == ["connection-renewed"]
    assert scene.connection().active_until == scene.clock.now() + timedelta(days=30)
    assert step(scene) == []


def test_no_connection_is_kept_alive_unasked(scene: Scene) -> None:
    scene.clock.advance(timedelta(days=21))
    assert step(scene) == []
    assert scene.connection().version == 1


def test_a_run_that_began_to_wait_just_when_the_connection_was_made_anew_goes_on(scene: Scene) -> None:
    # The run found the connection lost; before its wait was committed the accountant had reconnected.
    event = new_event("import-requested", scene.engagement_id, ImportRequested(), scene.clock.now())
    waits = waiting_for_reconnect(scene.connection_id)
    with scene.store.write() as session:
        emit(session, event, firm_id=scene.firm_id, now=scene.clock.now(), waiting_for=waits)
    assert [event.id for event in step(scene)] == [event.id]


def test_a_run_waits_on_while_its_connection_is_lost(scene: Scene) -> None:
    with scene.store.write() as session:
        row = session.get_one(Connection, scene.connection_id)
        refuse(session, row, "consent-revoked", "the consent was taken back", scene.clock.now())
        event = new_event("import-requested", scene.engagement_id, ImportRequested(), scene.clock.now())
        waits = waiting_for_reconnect(scene.connection_id)
        emit(session, event, firm_id=scene.firm_id, now=scene.clock.now(), waiting_for=waits)
    assert names(step(scene)) == ["connection-lost"]
    assert gauge("pipeline_connections", state="revoked") == 1


def test_the_keeper_runs_until_it_is_stopped_and_says_when_the_database_is_away(scene: Scene) -> None:
    keeper = Keeper(scene.access, interval_s=0.02)
    thread = threading.Thread(target=keeper.run)
    thread.start()
    try:
        leave_pending(scene)
        wait_for(lambda: scene.connection().version == 2, what="the keeper's renewal")
        assert keeper.is_healthy
    finally:
        keeper.stop()
        thread.join()
