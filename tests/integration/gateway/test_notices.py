"""Fortnox' notices: signed, idempotent, and about the right connections only."""

from __future__ import annotations

import base64
import hmac
import json

import httpx
import pytest

from services.gateway.deps import GatewayDeps
from services.sandbox.grants import Client as Integration
from shared.connections.keeper import keep
from shared.settings import Settings
from shared.store.tables import Connection
from tests.integration.gateway.browser import Browser
from tests.integration.gateway.house import House, problem_of, serving

REVOKED = "client_credentials_consent_revoked"


def send(
    house: House, content: object, *, secret: str = Integration().secret, url: str | None = None
) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {"X-Signature": signature, "Content-Type": "application/json"}
    return httpx.post(f"{url or house.url}/oauth/fortnox/notices", content=body, headers=headers)


def as_service_account(house: House) -> int:
    """As a connection whose consent was for a service account, and is gone at Fortnox."""
    house.scene.change(Connection, house.scene.connection_id, grant_type="service_account", refresh_token=None)
    return house.scene.company.database_number


def step(house: House) -> tuple[str, str | None]:
    """Let the keeper, which runs every two seconds, look once."""
    keep(house.scene.access)
    shown = house.connection()
    return shown["state"], shown["state_code"]


def test_a_revoked_consent_ends_the_service_accounts_of_its_tenant_once(house: House) -> None:
    notice = {"event": REVOKED, "tenant_id": as_service_account(house)}
    for tenant_id in (notice["tenant_id"], str(notice["tenant_id"])):
        assert send(house, notice | {"tenant_id": tenant_id}).status_code == 204
        assert house.connection()["state_code"] == "consent-in-doubt"
    [entry] = house.audit()
    assert (entry.actor, entry.action) == ("Fortnox", "connection-consent-doubted")

    assert step(house) == ("revoked", "consent-revoked")
    assert "taken back in Fortnox" in house.connection()["state_reason"]
    [lost] = house.outbox()
    assert (lost.name, lost.body["subject"]) == ("connection-lost", str(house.scene.engagement_id))
    assert house.audited() == ["connection-consent-doubted", "connection-revoked"]

    assert send(house, notice).status_code == 204
    assert step(house) == ("revoked", "consent-revoked")
    assert (len(house.outbox()), len(house.audit())) == (1, 2)


@pytest.mark.parametrize(("event", "grant"), [(REVOKED, "service_account"), ("deactivation", "authorization_code")])
def test_a_late_notice_does_not_end_a_connection_that_was_made_anew_since(house: House, event: str, grant: str) -> None:
    # The administrator takes the consent back and approves a new one at once; Fortnox' notice of the first comes then,
    # and comes again.
    house.scene.sandbox.state.grants.revoke_tenant(house.scene.company.database_number)
    assert Browser(house).go(grant).status_code == 200
    for _ in range(2):
        assert send(house, {"event": event, "tenant_id": house.scene.company.database_number}).status_code == 204
        assert house.connection()["state_code"] == "consent-in-doubt"
        assert step(house) == ("active", None)
    assert "connection-lost" not in [message.name for message in house.outbox()]


def test_the_other_firms_connection_to_another_tenant_is_left_alone(house: House) -> None:
    as_service_account(house)
    send(house, {"event": REVOKED, "tenant_id": 4711})
    assert (house.scene.connection().state, house.scene.connection().state_code) == ("active", None)


def test_a_revoked_service_account_does_not_touch_a_connection_by_login(house: House) -> None:
    send(house, {"event": REVOKED, "tenant_id": house.scene.company.database_number})
    assert (house.scene.connection().state, house.scene.connection().state_code) == ("active", None)


def test_a_deactivation_ends_every_connection_of_the_tenant(house: House) -> None:
    house.scene.sandbox.state.grants.revoke_tenant(house.scene.company.database_number)
    send(house, {"event": "deactivation", "tenant_id": house.scene.company.database_number})
    assert step(house) == ("revoked", "consent-revoked")
    row = house.scene.connection()
    assert (row.state, row.state_code, row.refresh_token) == ("revoked", "consent-revoked", None)


@pytest.mark.parametrize(
    "notice",
    [
        {"event": "purchase", "tenant_id": 1},
        {"event": "something-new"},
        {"event": "deactivation", "refresh_token": "x"},
        {"event": REVOKED},
        {"event": REVOKED, "tenant_id": "1; drop table"},
        {"event": REVOKED, "tenant_id": 10**20},
        {"event": REVOKED, "tenant_id": [1]},
        [],
        None,
    ],
)
def test_what_is_not_known_is_accepted_and_ignored(lasting_house: House, notice: object) -> None:
    before = lasting_house.counts()
    assert send(lasting_house, notice).status_code == 204
    assert lasting_house.counts() == before


def test_a_wrong_signature_is_refused_before_the_notice_is_read(lasting_house: House) -> None:
    house = lasting_house
    before = house.counts()
    problem_of(send(house, {"event": REVOKED}, secret="another"), 401, "notice-signature-invalid")
    problem_of(send(house, b"\xff", secret="another"), 401, "notice-signature-invalid")
    problem_of(httpx.post(f"{house.url}/oauth/fortnox/notices", json={}), 401, "notice-signature-invalid")
    problem_of(send(house, b"{"), 400, "malformed-json")
    assert house.counts() == before


def test_without_a_client_secret_no_signature_is_good(lasting_house: House) -> None:
    scene = lasting_house.scene
    deps = GatewayDeps(scene.store, scene.clock, scene.access.vault, scene.access.oauth, scene.access, Settings(), {})
    with serving(deps) as url:
        problem_of(send(lasting_house, {"event": REVOKED}, secret="", url=url), 401, "notice-signature-invalid")
