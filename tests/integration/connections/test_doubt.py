"""A consent that Fortnox says is gone is tried once: the try ends the connection, or the doubt."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select

from services.sandbox.company import Company
from services.sandbox.faults import FaultRule
from services.sandbox.generator import generate
from services.sandbox.truth import Truth
from shared.connections.keeper import keep
from shared.connections.states import CONSENT_IN_DOUBT, SERVICE_ACCOUNT
from shared.connections.tokens import AFTER_LOST_ANSWER
from shared.errors import Later
from shared.fortnox import OAuthClient
from shared.store.connections import Connection
from shared.store.firms import AuditEntry
from shared.store.messages import OutboxMessage
from tests.scene import REDIRECT_URI, SMALL, Scene, open_scene
from tests.waiting import wait_for

TOKEN_CALLS = "/oauth-v1/token"
SAID = "the integration was deactivated in Fortnox"


@pytest.fixture(scope="module")
def company() -> tuple[Company, Truth]:
    """Only read here."""
    return generate(SMALL)


@pytest.fixture(params=["sqlite_url", "database_url"])
def scene(request: pytest.FixtureRequest, company: tuple[Company, Truth]) -> Iterator[Scene]:
    with open_scene(request.getfixturevalue(request.param), generated=company) as opened:
        yield opened


def doubt(scene: Scene) -> None:
    scene.change(Connection, scene.connection_id, state_code=CONSENT_IN_DOUBT, state_reason=SAID)


def be_a_service_account(scene: Scene) -> None:
    scene.change(Connection, scene.connection_id, grant_type=SERVICE_ACCOUNT, refresh_token=None)


def answer_with(scene: Scene, verdict: str) -> None:
    """Let another login than the stand-in's answer, which knows no such refusal."""
    answer = httpx.MockTransport(lambda _request: httpx.Response(400, json={"error": verdict}))
    oauth = OAuthClient(
        client_id="id",
        client_secret="secret",
        auth_url="http://127.0.0.1/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=scene.clock,
        transport=answer,
    )
    scene.access = replace(scene.access, oauth=oauth)


def step(scene: Scene) -> tuple[str, str | None]:
    keep(scene.access)
    row = scene.connection()
    return row.state, row.state_code


def emitted(scene: Scene) -> list[str]:
    with scene.store.read() as session:
        return list(session.scalars(select(OutboxMessage.name).order_by(OutboxMessage.id)))


@pytest.mark.parametrize("grant", ["authorization_code", "service_account"])
def test_a_consent_that_is_gone_ends_the_connection_with_what_fortnox_said(scene: Scene, grant: str) -> None:
    if grant == SERVICE_ACCOUNT:
        be_a_service_account(scene)
    scene.sandbox.state.grants.revoke_tenant(scene.company.database_number)
    doubt(scene)
    assert step(scene) == ("revoked", "consent-revoked")
    assert str(scene.connection().state_reason).startswith(f"{SAID}: ")
    assert emitted(scene) == ["connection-lost"]
    assert step(scene) == ("revoked", "consent-revoked")
    assert emitted(scene) == ["connection-lost"]


def test_a_consent_that_holds_ends_the_doubt(scene: Scene) -> None:
    doubt(scene)
    assert step(scene) == ("active", None)
    assert emitted(scene) == ["connection-renewed"]
    with scene.store.read() as session:
        (entry,) = session.scalars(select(AuditEntry))
    assert (entry.action, entry.details["reason"]) == ("connection-doubt-settled", SAID)


@pytest.mark.parametrize("verdict", ["unauthorized_client", "invalid_request"])
def test_a_service_account_that_is_refused_with_another_word_after_a_notice_is_over(scene: Scene, verdict: str) -> None:
    be_a_service_account(scene)
    doubt(scene)
    answer_with(scene, verdict)
    assert step(scene) == ("revoked", "consent-revoked")
    assert verdict in str(scene.connection().state_reason)


def test_a_service_account_that_is_refused_with_another_word_unasked_lives_on(scene: Scene) -> None:
    be_a_service_account(scene)
    answer_with(scene, "unauthorized_client")
    with pytest.raises(Later, match="renewal-refused"):
        scene.access.tokens(scene.connection_id).renew_now()
    assert scene.connection().state == "active"


def test_after_a_notice_too_a_refusal_of_our_program_ends_nothing(scene: Scene) -> None:
    be_a_service_account(scene)
    doubt(scene)
    answer_with(scene, "invalid_client")
    assert step(scene) == ("active", CONSENT_IN_DOUBT)


def test_while_fortnox_is_away_the_doubt_stays_and_nothing_ends(scene: Scene) -> None:
    scene.sandbox.state.faults.add(FaultRule("429", path=TOKEN_CALLS, seconds=5))
    doubt(scene)
    assert step(scene) == ("active", CONSENT_IN_DOUBT)
    scene.change(Connection, scene.connection_id, lease_until=None)
    assert step(scene) == ("active", None)


def test_a_doubt_that_cannot_be_asked_about_is_not_asked_about_every_two_seconds(scene: Scene) -> None:
    scene.sandbox.stop()
    doubt(scene)
    assert step(scene) == ("active", CONSENT_IN_DOUBT)
    with scene.store.read() as session:
        until, now = scene.connection().lease_until, scene.store.now(session)
    assert until is not None
    assert now < until <= now + AFTER_LOST_ANSWER


def test_the_answer_to_a_renewal_that_began_before_the_doubt_does_not_settle_it(scene: Scene) -> None:
    # Fortnox renews; the administrator takes the consent back and the notice comes, while the answer is on its way. The
    # answer is stored, but it is older than the notice, so the keeper asks once more.
    slow = FaultRule("latency", path=TOKEN_CALLS, seconds=0.5)
    scene.sandbox.state.faults.add(slow)
    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(scene.access.tokens(scene.connection_id).renew_now)
        wait_for(lambda: slow.hits == 1, what="the renewal")
        wait_for(lambda: any(pair.burnt for pair in scene.sandbox.state.grants._by_refresh.values()), what="its effect")
        scene.sandbox.state.grants.revoke_tenant(scene.company.database_number)
        doubt(scene)
        assert renewal.result().version == 2
    assert (scene.connection().state, scene.connection().state_code) == ("active", CONSENT_IN_DOUBT)
    assert step(scene) == ("revoked", "consent-revoked")


def test_connecting_again_ends_the_doubt_about_the_consent_before(scene: Scene) -> None:
    doubt(scene)
    scene.reconnect()
    assert (scene.connection().state_code, scene.connection().state_reason) == (None, None)


def test_a_token_that_a_lost_answer_may_have_burnt_is_lost_for_that_reason(scene: Scene) -> None:
    # The refusal says nothing about the consent then; and should the answer come after all, it is still wanted.
    scene.sandbox.state.faults.add(FaultRule("cut-after-commit", path=TOKEN_CALLS))
    doubt(scene)
    assert step(scene) == ("active", CONSENT_IN_DOUBT)
    scene.change(Connection, scene.connection_id, lease_until=None)
    assert step(scene) == ("lost", "renewal-answer-lost")
