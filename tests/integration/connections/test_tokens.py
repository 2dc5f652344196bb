"""One token renewal at a time, and what becomes of each way in which it can end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from services.sandbox.faults import FaultKind, FaultRule
from services.sandbox.grants import Client as Integration
from shared.connections.grants import accept, bound_to
from shared.connections.refusal import refuse
from shared.connections.states import ACTIVE, LOST, REVOKED, waiting_for_reconnect
from shared.connections.tokens import LEASE, SAVE_PAUSES_S, ConnectionTokens
from shared.errors import Later
from shared.fortnox import AccessToken, Grant, OAuthClient
from shared.fortnox.oauth import HEARD_OUT_S
from shared.messaging.events import ImportRequested, new_event
from shared.messaging.outbox import emit
from shared.store.connections import Connection
from shared.store.firms import AuditEntry
from shared.store.messages import OutboxMessage
from tests.scene import REDIRECT_URI, Scene, open_scene
from tests.waiting import wait_for

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


def patient(scene: Scene, pause: Callable[[float], object]) -> ConnectionTokens:
    access = scene.access
    return ConnectionTokens(
        scene.connection_id,
        store=access.store,
        clock=access.clock,
        vault=access.vault,
        oauth=access.oauth,
        journal=access.journal,
        pause=pause,
    )


def let_the_pause_pass(scene: Scene) -> None:
    scene.change(Connection, scene.connection_id, lease_until=None)


def burn_the_token(scene: Scene) -> Grant:
    """Renew at Fortnox and keep the answer from the database."""
    sealed = scene.connection().refresh_token
    assert sealed is not None
    return scene.access.oauth.refresh(scene.access.vault.open(sealed, bound_to(scene.connection_id, "refresh_token")))


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
    let_the_pause_pass(scene)
    with pytest.raises(Later, match="an earlier renewal's answer was lost"):
        tokens(scene).current()
    lost = scene.connection()
    assert (lost.state, lost.state_code, emitted(scene)) == (LOST, "renewal-answer-lost", ["connection-lost"])
    assert (lost.refresh_token, lost.access_token, lost.pending_since) == (None, None, None)


def test_after_a_lost_answer_nobody_asks_fortnox_again_for_some_seconds(scene: Scene) -> None:
    scene.sandbox.state.faults.add(FaultRule("cut-before-commit", path=TOKEN_CALLS))
    with pytest.raises(Later, match="renewal-answer-lost"):
        tokens(scene).renew_now()
    with pytest.raises(Later, match="renewal-paused") as raised:
        tokens(scene).renew_now()
    assert raised.value.until is not None
    assert timedelta() < raised.value.until - scene.clock.now() <= timedelta(seconds=5)
    assert renewals(scene) == 0


@pytest.mark.parametrize("fault", ["cut-before-commit", "500", "502"])
def test_a_renewal_that_fortnox_did_not_carry_out_is_made_good_by_the_next_try(scene: Scene, fault: FaultKind) -> None:
    scene.sandbox.state.faults.add(FaultRule(fault, path=TOKEN_CALLS))
    scene.clock.advance(timedelta(minutes=56))
    with pytest.raises(Later, match="renewal-answer-lost"):
        tokens(scene).current()
    let_the_pause_pass(scene)
    assert tokens(scene).current().version == 2
    assert (scene.connection().state, scene.connection().pending_since) == (ACTIVE, None)


@pytest.mark.parametrize("fault", ["cut-after-commit", "truncated-body"])
def test_an_answer_that_broke_off_after_the_token_was_burnt_is_reported_lost(scene: Scene, fault: FaultKind) -> None:
    scene.sandbox.state.faults.add(FaultRule(fault, path=TOKEN_CALLS))
    with pytest.raises(Later, match="renewal-answer-lost"):
        tokens(scene).renew_now()
    let_the_pause_pass(scene)
    with pytest.raises(Later, match="reconnect-needed"):
        tokens(scene).renew_now()
    assert scene.connection().state_code == "renewal-answer-lost"


@pytest.mark.parametrize("fault", ["latency", "slow-body"])
def test_a_slow_answer_is_waited_for(scene: Scene, fault: FaultKind) -> None:
    scene.sandbox.state.faults.add(FaultRule(fault, path=TOKEN_CALLS, seconds=0.5))
    assert tokens(scene).renew_now().version == 2


def test_an_answer_that_drips_is_heard_out_for_less_than_a_lease(scene: Scene) -> None:
    assert HEARD_OUT_S + sum(SAVE_PAUSES_S) < LEASE.total_seconds()
    scene.sandbox.state.faults.add(FaultRule("slow-body", path=TOKEN_CALLS, seconds=60))
    with OAuthClient(
        client_id="sandbox-client",
        client_secret=Integration().secret,
        auth_url=f"{scene.sandbox.url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=scene.clock,
        heard_out_s=0.5,
    ) as oauth:
        began = time.monotonic()
        with pytest.raises(Later, match="renewal-answer-lost"):
            replace(scene.access, oauth=oauth).tokens(scene.connection_id).renew_now()
    assert 0.5 <= time.monotonic() - began < 10
    let_the_pause_pass(scene)
    with pytest.raises(Later, match="an earlier renewal's answer was lost"):
        tokens(scene).renew_now()


def test_a_rate_limit_is_obeyed_by_everybody_and_leaves_no_doubt_behind(scene: Scene) -> None:
    scene.sandbox.state.faults.add(FaultRule("429", path=TOKEN_CALLS, seconds=30))
    with pytest.raises(Later, match="fortnox-rate-limited"):
        tokens(scene).renew_now()
    assert scene.connection().pending_since is None
    with pytest.raises(Later, match="renewal-paused"):
        tokens(scene).renew_now()
    assert tokens(scene).current().version == 1


def test_a_wrong_client_secret_of_ours_costs_no_connection(scene: Scene) -> None:
    with OAuthClient(
        client_id="sandbox-client",
        client_secret="mistyped",
        auth_url=f"{scene.sandbox.url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=scene.clock,
    ) as oauth:
        wrong = replace(scene.access, oauth=oauth)
        with pytest.raises(Later, match="renewal-refused"):
            wrong.tokens(scene.connection_id).renew_now()
    let_the_pause_pass(scene)
    assert (scene.connection().state, scene.connection().pending_since) == (ACTIVE, None)
    assert scene.connection().state_code == "renewal-refused"
    assert tokens(scene).renew_now().version == 2
    assert scene.connection().state_code is None


def test_who_finds_another_at_it_waits_and_takes_over_what_a_dead_one_left(scene: Scene) -> None:
    # The first one took the lease and died before its request left. Its lease runs out while the second one waits.
    held_until = datetime.now(UTC) + LEASE
    scene.change(
        Connection,
        scene.connection_id,
        lease_owner=scene.firm_id,
        lease_until=held_until,
        pending_since=datetime.now(UTC),
    )
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 5:
            scene.change(Connection, scene.connection_id, lease_until=datetime.now(UTC))

    assert patient(scene, pause).renew_now().version == 2
    assert len(waited) == 5


def test_a_lease_that_the_clock_left_far_in_the_future_holds_nobody_up_longer_than_any_other(scene: Scene) -> None:
    scene.change(
        Connection,
        scene.connection_id,
        lease_owner=scene.firm_id,
        lease_until=datetime.now(UTC) + timedelta(hours=5),
    )

    def pause(_seconds: float) -> None:
        cut = scene.connection().lease_until
        assert cut is not None
        assert cut <= datetime.now(UTC) + LEASE
        scene.change(Connection, scene.connection_id, lease_until=datetime.now(UTC))

    assert patient(scene, pause).renew_now().version == 2


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_jumps_costs_one_renewal_at_most(scene: Scene, hours: int) -> None:
    scene.clock.advance(timedelta(hours=hours))
    with scene.access.open(scene.engagement_id, "interactive", renew=False) as fortnox:
        fortnox.company()
        fortnox.company()
    assert renewals(scene) == (1 if hours > 0 else 0)
    scene.clock.advance(timedelta(hours=-hours))
    with scene.access.open(scene.engagement_id, "interactive", renew=False) as fortnox:
        fortnox.company()
    assert scene.connection().state == ACTIVE


def test_a_token_that_our_clock_thinks_good_and_fortnox_does_not_is_renewed_once(scene: Scene) -> None:
    scene.clock.advance(timedelta(hours=-5))
    scene.sandbox.state.clock.advance(timedelta(hours=2).total_seconds())
    with scene.access.open(scene.engagement_id, "interactive", renew=False) as fortnox:
        fortnox.company()
        fortnox.company()
    assert renewals(scene) == 1


def test_the_loser_of_a_race_does_not_destroy_the_winners_token(scene: Scene) -> None:
    # Another process has renewed between this one's read and its refusal: the refusal is about a token of the past.
    old = tokens(scene).current()
    assert tokens(scene).renew(old.version).version == 2
    assert tokens(scene).renew(old.version).version == 2
    assert (renewals(scene), scene.connection().state) == (1, ACTIVE)


def test_who_is_refused_waits_for_a_winner_that_is_about_to_save(scene: Scene) -> None:
    # The first one's lease ran out although it has the answer; the second one is refused with the burnt token, and
    # while it waits the first one saves.
    grant = burn_the_token(scene)
    scene.change(Connection, scene.connection_id, pending_since=scene.clock.now())

    def pause(_seconds: float) -> None:
        with scene.store.write() as session:
            accept(session, scene.access.vault, scene.connection_id, 1, grant, scene.clock.now())

    assert patient(scene, pause).renew_now().version == 2
    assert (scene.connection().state, emitted(scene)) == (ACTIVE, ["connection-renewed"])


def test_who_is_refused_after_its_lease_was_taken_over_leaves_the_verdict_to_the_other(scene: Scene) -> None:
    # This one slept between its lease and its request, long enough for another one to take over and burn the token.
    grant = burn_the_token(scene)
    slow = FaultRule("latency", path=TOKEN_CALLS, seconds=0.5)
    scene.sandbox.state.faults.add(slow)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(tokens(scene).renew_now)
        wait_for(lambda: scene.connection().lease_owner)
        other = {"lease_owner": scene.firm_id, "lease_until": datetime.now(UTC) + LEASE}
        scene.change(Connection, scene.connection_id, **other)
        wait_for(lambda: slow.hits == 1)
        with scene.store.write() as session:
            accept(session, scene.access.vault, scene.connection_id, 1, grant, scene.clock.now())
        assert late.result().version == 2
    assert scene.connection().state == ACTIVE


def test_an_answer_that_comes_after_it_was_given_up_for_lost_makes_the_connection_live_again(scene: Scene) -> None:
    grant = burn_the_token(scene)
    scene.change(Connection, scene.connection_id, pending_since=scene.clock.now())
    with pytest.raises(Later, match="reconnect-needed"):
        tokens(scene).renew_now()
    with scene.store.write() as session:
        event = new_event("import-requested", scene.engagement_id, ImportRequested(), scene.clock.now())
        waits = waiting_for_reconnect(scene.connection_id)
        emit(session, event, firm_id=scene.firm_id, now=scene.clock.now(), waiting_for=waits)
    with scene.store.write() as session:
        row = accept(session, scene.access.vault, scene.connection_id, 1, grant, scene.clock.now())
    assert row is not None
    assert scene.connection().state == ACTIVE
    assert len(scene.due_events()) == 3  # connection-lost, connection-renewed, and the run that waited
    with scene.store.read() as session:
        actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions == ["connection-lost", "connection-recovered"]
    assert tokens(scene).renew_now().version == 4  # lost, live again, renewed


def test_an_answer_for_a_connection_that_was_ended_otherwise_is_not_wanted(scene: Scene) -> None:
    grant = burn_the_token(scene)
    with scene.store.write() as session:
        row = session.get_one(Connection, scene.connection_id)
        refuse(session, row, "disconnected", "disconnected by Anna", scene.clock.now())
    with scene.store.write() as session:
        assert accept(session, scene.access.vault, scene.connection_id, 1, grant, scene.clock.now()) is None
    assert (scene.connection().state, scene.connection().refresh_token) == (REVOKED, None)


def test_a_refresh_token_that_fortnox_refuses_ends_the_connection_with_fortnox_words(scene: Scene) -> None:
    scene.clock.advance(timedelta(days=1))
    scene.sandbox.state.clock.advance(timedelta(days=50).total_seconds())
    with pytest.raises(Later, match="Invalid refresh token") as raised:
        tokens(scene).current()
    assert raised.value.waiting_for == f"reconnect:{scene.connection_id}"
    assert (scene.connection().state, scene.connection().state_code) == (LOST, "refresh-token-refused")
    scene.reconnect()
    assert tokens(scene).current().value != ""
    assert (scene.connection().state, scene.connection().state_code) == (ACTIVE, None)


def test_nobody_asks_fortnox_about_a_dead_token_again(scene: Scene) -> None:
    scene.sandbox.state.grants.revoke_tenant(scene.company.database_number)
    with pytest.raises(Later, match="reconnect-needed"):
        tokens(scene).renew_now()
    asked = FaultRule("latency", path=TOKEN_CALLS, count=None, seconds=0)
    scene.sandbox.state.faults.add(asked)
    for _ in range(3):
        with pytest.raises(Later, match="reconnect-needed"):
            tokens(scene).current()
        with pytest.raises(Later, match="reconnect-needed"):
            tokens(scene).renew_now()
    assert asked.seen == 0
