"""What Fortnox granted and nobody here keeps: taken back there, unless somebody may be living on it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from services.gateway.deps import GatewayDeps
from services.sandbox.faults import FaultRule
from services.sandbox.grants import Client as Integration
from services.sandbox.grants import Consent
from shared.fortnox import OAuthClient
from shared.store.tables import AuditEntry, Connection
from tests.integration.gateway.browser import OTHER_TENANT, Browser, approve, approve_another_company
from tests.integration.gateway.house import SETTINGS, House, serving
from tests.scene import REDIRECT_URI

IMPOSSIBLE_COMPANY = f"x.{base64.urlsafe_b64encode(json.dumps({'tenantId': 99_999_999_999}).encode()).decode()}.x"


@pytest.fixture
def revocations(house: House) -> FaultRule:
    """Counts what is revoked at Fortnox."""
    rule = FaultRule("latency", path="/oauth-v1/revoke", count=None, seconds=0.0)
    house.scene.sandbox.state.faults.add(rule)
    return rule


def into_another_company(house: House) -> httpx.Response:
    """Approve another company than the one to which the client is connected."""
    scene = house.scene
    scene.change(Connection, scene.connection_id, company_name=scene.company.name)
    approve_another_company(house)
    page = Browser(house).go()
    assert "wrong-company" in page.text
    return page


def test_the_consent_of_a_wrong_company_is_taken_back(house: House, revocations: FaultRule) -> None:
    into_another_company(house)
    assert [consent.revoked for consent in _consents(house, OTHER_TENANT)] == [True]
    unkept = unkept_of(house)
    assert (unkept.subject, unkept.actor) == (house.scene.connection_id, "accountant's browser")
    assert unkept.details | {"engagement_id": None} == {
        "requested_by": "Bokslutsprogrammet",
        "engagement_id": None,
        "grant_type": "authorization_code",
        "code": "wrong-company",
        "revoked_at_fortnox": True,
        "why": "not-needed",
    }
    assert revocations.seen == 1


@pytest.mark.parametrize(("state", "is_taken_back"), [("active", False), ("expiring", False), ("expired", True)])
def test_the_consent_of_a_wrong_company_is_only_forgotten_while_another_firm_lives_on_it(
    house: House, revocations: FaultRule, state: str, is_taken_back: bool
) -> None:
    house.scene.change(Connection, house.other.ids["connection_id"], tenant_id=OTHER_TENANT, state=state)
    into_another_company(house)
    assert [consent.revoked for consent in _consents(house, OTHER_TENANT)] == [is_taken_back]
    why = "not-needed" if is_taken_back else "may-be-shared"
    assert _said(unkept_of(house)) == (is_taken_back, why)
    assert revocations.seen == is_taken_back


def test_a_consent_that_fortnox_does_not_take_back_is_said_to_stand(house: House) -> None:
    house.scene.sandbox.state.faults.add(FaultRule("cut-before-commit", path="/oauth-v1/revoke"))
    into_another_company(house)
    is_taken_back, why = _said(unkept_of(house))
    assert (is_taken_back, why.startswith("fortnox-")) == (False, True)


def test_a_service_account_that_gets_no_token_leaves_no_consent_behind(house: House, revocations: FaultRule) -> None:
    # The code is exchanged, and the second call of the token endpoint finds Fortnox away.
    house.forget_connection()
    house.scene.sandbox.state.faults.add(FaultRule("502", path="/oauth-v1/token", nth=2))
    page = Browser(house).go("service_account")
    assert (page.status_code, "fortnox-unavailable" in page.text) == (502, True)
    assert [consent.revoked for consent in _consents(house)] == [False, True]
    assert _said(unkept_of(house)) == (True, "not-needed")
    assert revocations.seen == 1
    assert house.connection()["state_code"] == "fortnox-unavailable"


def test_a_service_account_that_is_refused_its_token_keeps_the_connection_that_works(
    house: House, revocations: FaultRule
) -> None:
    browser, grants = Browser(house), house.scene.sandbox.state.grants
    query = approve(browser.begin("service_account"))
    grants._consents[-1].service = False
    page = browser.come_back(query)
    assert (page.status_code, "grant-incomplete" in page.text) == (502, True)
    assert _said(unkept_of(house)) == (False, "may-be-shared")
    assert revocations.seen == 0
    assert house.scene.access.tokens(house.scene.connection_id).renew_now()


def test_a_replaced_grant_of_another_company_is_taken_back(house: House, revocations: FaultRule) -> None:
    # The connection into the wrong company was never seen to be the client's, so the new one takes its place.
    scene = house.scene
    scene.change(Connection, scene.connection_id, company_name=None)
    old = scene.company.database_number
    approve_another_company(house)
    assert Browser(house).go().status_code == 200
    assert [consent.revoked for consent in _consents(house, old)] == [True]
    assert [consent.revoked for consent in _consents(house, OTHER_TENANT)] == [False]
    [replaced] = [entry for entry in house.audit() if entry.action == "connection-grant-replaced"]
    assert _said(replaced) == (True, "not-needed")
    assert revocations.seen == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"refresh_token": None}, "no-refresh-token"),
        ({"access_token": "not a token that names a company"}, "may-be-shared"),
        ({"access_token": IMPOSSIBLE_COMPANY}, "may-be-shared"),
    ],
    ids=["without a refresh token", "of no company", "of a company with an impossible number"],
)
def test_a_grant_that_is_not_enough_is_let_go_of_as_far_as_that_is_right(
    house: House, revocations: FaultRule, changes: dict[str, str | None], why: str
) -> None:
    house.forget_connection()
    with _gateway_that_hears(house, changes) as url:
        browser = Browser(house)
        query = approve(browser.begin())
        page = browser.http.get(f"{url}/oauth/fortnox/callback?{query}")
    assert (page.status_code, "grant-incomplete" in page.text) == (502, True)
    assert _said(unkept_of(house)) == (False, why)
    assert revocations.seen == 0


def unkept_of(house: House) -> AuditEntry:
    [entry] = [entry for entry in house.audit() if entry.action == "connection-consent-unkept"]
    return entry


def _said(entry: AuditEntry) -> tuple[bool, str]:
    return entry.details["revoked_at_fortnox"], entry.details["why"]


def _consents(house: House, tenant: int | None = None) -> list[Consent]:
    consents = house.scene.sandbox.state.grants._consents
    return [consent for consent in consents if tenant in (None, consent.tenant)]


class _Altered(httpx.BaseTransport):
    """The way to a Fortnox whose token endpoint answers otherwise in some fields."""

    def __init__(self, changes: dict[str, str | None]) -> None:
        self._changes = changes
        self._inner = httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        content = json.loads(answer.read())
        answer.close()
        return httpx.Response(answer.status_code, json=content | self._changes)

    def close(self) -> None:
        self._inner.close()


@contextmanager
def _gateway_that_hears(house: House, changes: dict[str, str | None]) -> Iterator[str]:
    scene, integration = house.scene, Integration()
    with OAuthClient(
        client_id=integration.id,
        client_secret=integration.secret,
        auth_url=f"{scene.sandbox.url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=scene.clock,
        transport=_Altered(changes),
    ) as oauth:
        access = replace(scene.access, oauth=oauth)
        with serving(GatewayDeps(scene.store, scene.clock, access.vault, oauth, access, SETTINGS, {})) as url:
            yield url
