"""Every way in which a trip to Fortnox can end without a connection: its page, its trace, and what the API shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlencode

import httpx
import pytest

from services.gateway.callback_words import FAILED
from services.gateway.deps import GatewayDeps
from services.sandbox.faults import FaultKind, FaultRule
from shared.fortnox import OAuthClient
from shared.store.tables import Connection
from tests.integration.gateway.browser import (
    OTHER_TENANT,
    Browser,
    approve,
    approve_another_company,
    control,
    page_of,
    state_of,
)
from tests.integration.gateway.house import SETTINGS, House, serving
from tests.scene import REDIRECT_URI

Trip = Callable[[House, Browser], httpx.Response]


def denied(house: House, browser: Browser) -> httpx.Response:
    control(house, next="deny")
    return browser.go()


def without_licence(house: House, browser: Browser) -> httpx.Response:
    control(house, tenant=house.scene.company.database_number, unlicensed=["supplierinvoice"])
    return browser.go()


def without_scope(house: House, browser: Browser) -> httpx.Response:
    control(house, scopes=["companyinformation"])
    return browser.go()


def without_service_accounts(house: House, browser: Browser) -> httpx.Response:
    control(house, service_accounts=False)
    return browser.go("service_account")


def with_an_error_of_its_own(_: House, browser: Browser) -> httpx.Response:
    answer = {"state": state_of(browser.begin()), "error": "temporarily_unavailable", "error_description": "<b>\x00 no"}
    return browser.come_back(urlencode(answer))


def from_a_locked_account(house: House, browser: Browser) -> httpx.Response:
    control(house, next="silent")
    return browser.go()


def without_state(_: House, browser: Browser) -> httpx.Response:
    code = parse_qs(approve(browser.begin()))["code"][0]
    return browser.come_back(f"code={code}")


def with_a_forged_state(_: House, browser: Browser) -> httpx.Response:
    query = parse_qs(approve(browser.begin()))
    state = query["state"][0]
    forged = state[:-1] + ("A" if state[-1] != "A" else "B")
    return browser.come_back(urlencode({"state": forged, "code": query["code"][0]}))


def too_late(house: House, browser: Browser) -> httpx.Response:
    query = approve(browser.begin())
    house.scene.clock.advance(timedelta(minutes=10))
    return browser.come_back(query)


def in_another_browser(house: House, browser: Browser) -> httpx.Response:
    query = approve(browser.begin())
    return Browser(house, browser.http.headers["accept-language"]).come_back(query)


def without_code(_: House, browser: Browser) -> httpx.Response:
    return browser.come_back(f"state={state_of(browser.begin())}")


def with_a_used_code(house: House, browser: Browser) -> httpx.Response:
    query = parse_qs(approve(browser.begin()))
    house.scene.access.oauth.exchange_code(query["code"][0])
    return browser.come_back(urlencode(query, doseq=True))


def with_an_expired_code(house: House, browser: Browser) -> httpx.Response:
    query = approve(browser.begin())
    house.scene.sandbox.state.clock.advance(timedelta(minutes=11).total_seconds())
    return browser.come_back(query)


def into_a_fault(kind: FaultKind) -> Trip:
    def go(house: House, browser: Browser) -> httpx.Response:
        query = approve(browser.begin())
        house.scene.sandbox.state.faults.add(FaultRule(kind, path="/oauth-v1/token", seconds=1.0))
        return browser.come_back(query)

    return go


def while_fortnox_is_down(house: House, browser: Browser) -> httpx.Response:
    query = approve(browser.begin())
    house.scene.sandbox.stop()
    return browser.come_back(query)


OUTCOMES: dict[str, tuple[Trip, str, int]] = {
    "denied consent": (denied, "consent-denied", 400),
    "a missing licence": (without_licence, "licence-missing", 400),
    "a scope that is not registered": (without_scope, "scope-invalid", 400),
    "a service account that is not allowed": (without_service_accounts, "service-account-not-allowed", 400),
    "an error of Fortnox' own": (with_an_error_of_its_own, "consent-failed", 400),
    "a locked account": (from_a_locked_account, "account-locked", 400),
    "a code without state": (without_state, "state-missing", 400),
    "a forged state": (with_a_forged_state, "state-unknown", 400),
    "an expired state": (too_late, "state-expired", 400),
    "another browser": (in_another_browser, "other-browser", 400),
    "no code": (without_code, "code-missing", 400),
    "a used code": (with_a_used_code, "code-refused", 400),
    "an expired code": (with_an_expired_code, "code-refused", 400),
    "an error page at the exchange": (into_a_fault("502"), "exchange-answer-lost", 502),
    "a failure at the exchange": (into_a_fault("500"), "exchange-answer-lost", 502),
    "an exchange that is cut off": (into_a_fault("cut-after-commit"), "exchange-answer-lost", 502),
    "an exchange with half an answer": (into_a_fault("truncated-body"), "exchange-answer-lost", 502),
    "an exchange at the limit of calls": (into_a_fault("429"), "fortnox-unavailable", 502),
    "a Fortnox that is down": (while_fortnox_is_down, "fortnox-unavailable", 502),
}


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_trip_that_fails_says_what_happened_and_what_to_do(house: House, outcome: str, language: str) -> None:
    trip, code, status = OUTCOMES[outcome]
    house.forget_connection()

    page = page_of(trip(house, Browser(house, language)))

    said = FAILED[code].sv if language == "sv" else FAILED[code].en
    assert page.status_code == status
    assert f'<html lang="{language}">' in page.text
    for text in (*said, code):
        assert text.replace("'", "&#x27;") in page.text
    shown = house.connection()
    assert (shown["state"], shown["state_code"], shown["last_attempt"]["code"]) == ("pending", code, code)
    assert shown["state_reason"] == shown["last_attempt"]["reason"]
    noted = house.audit()[-1]
    assert (noted.action, noted.actor, noted.details["code"]) == ("connection-failed", "accountant's browser", code)
    assert noted.details["reason"] == shown["state_reason"]
    assert house.outbox() == []


def test_the_words_of_fortnox_are_kept_without_what_cannot_be_shown(house: House) -> None:
    house.forget_connection()
    page = with_an_error_of_its_own(house, Browser(house))
    assert "<b>" not in page.text
    assert house.connection()["state_reason"] == "temporarily_unavailable: <b>  no"


def test_a_working_connection_is_left_alone_by_a_trip_that_fails(house: House) -> None:
    before = house.scene.connection()
    denied(house, Browser(house))
    after = house.scene.connection()
    assert (after.state, after.version, after.state_code) == ("active", before.version, None)
    assert house.connection()["last_attempt"]["code"] == "consent-denied"


def test_a_state_works_once_and_its_second_use_is_noted(house: House) -> None:
    browser = Browser(house)
    query = approve(browser.begin())
    browser.come_back(query)
    again = browser.come_back(query)
    assert again.status_code == 400
    assert "The answer has been used already" in again.text
    assert "Svaret är redan använt" in Browser(house, "sv").come_back(query).text
    assert [entry.details.get("code") for entry in house.audit()][-2:] == ["state-used", "state-used"]
    assert (house.connection()["state"], house.connection()["last_attempt"]["code"]) == ("active", "connected")


def test_a_denied_trip_cannot_be_taken_up_again(house: House) -> None:
    browser = Browser(house)
    house.forget_connection()
    state = state_of(browser.begin())
    browser.come_back(f"state={state}&error=access_denied")
    assert "state-used" in browser.come_back(f"state={state}&code=some-code").text
    assert house.connection()["state_code"] == "consent-denied"


def test_a_return_with_a_forged_state_does_not_end_the_trip_that_is_under_way(house: House) -> None:
    browser = Browser(house)
    query = approve(browser.begin())
    browser.come_back("state=made-up&code=made-up")
    assert browser.come_back(query).status_code == 200


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("state=never-seen&code=x", "state-unknown"),
        ("state=&code=x", "state-missing"),
        ("", "account-locked"),
        ("error=%3Cscript%3E&error_description=%3Cb%3E", "account-locked"),
    ],
)
def test_a_browser_that_never_began_a_trip_leaves_nothing_behind(house: House, query: str, code: str) -> None:
    before = house.counts()
    page = Browser(house).come_back(query)
    assert (page.status_code, f"<code>{code}</code>" in page.text) == (400, True)
    assert house.counts() == before


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_link_is_opened_by_one_browser_in_ten_minutes(house: House, language: str) -> None:
    browser = Browser(house, language)
    opened, late = browser.ask(), browser.ask()
    Browser(house).proceed(opened)
    house.scene.clock.advance(timedelta(minutes=10))
    for path, code in ((opened, "start-used"), (late, "start-expired"), (late[:-1], "start-unknown")):
        for page in (browser.open(path), page_of(browser.proceed(path))):
            said = FAILED[code].sv if language == "sv" else FAILED[code].en
            assert page.status_code == 400
            for text in (*said, code):
                assert text in page.text
            assert "set-cookie" not in page.headers


def test_a_state_of_another_deployment_is_not_known(house: House) -> None:
    browser, scene = Browser(house), house.scene
    query = approve(browser.begin())
    other_vault = type(scene.access.vault)({"test": b"\x01" * 32})
    deps = GatewayDeps(scene.store, scene.clock, other_vault, scene.access.oauth, scene.access, SETTINGS, {})
    with serving(deps) as url:
        page = browser.http.get(f"{url}/oauth/fortnox/callback?{query}")
    assert "<code>state-unknown</code>" in page.text


def test_an_exchange_that_fortnox_never_answers_is_given_up_and_said_to_be_lost(house: House) -> None:
    browser, scene = Browser(house), house.scene
    query = approve(browser.begin())
    scene.sandbox.state.faults.add(FaultRule("timeout-after-commit", path="/oauth-v1/token"))
    with OAuthClient(
        client_id="sandbox-client",
        client_secret="sandbox-secret",
        auth_url=f"{scene.sandbox.url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=scene.clock,
        timeout_s=0.3,
    ) as impatient:
        access = replace(scene.access, oauth=impatient)
        deps = GatewayDeps(scene.store, scene.clock, access.vault, impatient, access, SETTINGS, {})
        with serving(deps) as url:
            page = browser.http.get(f"{url}/oauth/fortnox/callback?{query}")
    assert (page.status_code, "exchange-answer-lost" in page.text) == (502, True)


def test_wrong_credentials_of_the_integration_are_said_to_be_our_fault(house: House) -> None:
    browser, scene = Browser(house), house.scene
    query = approve(browser.begin())
    scene.sandbox.state.grants.clients["sandbox-client"].secret = "another"
    page = browser.come_back(query)
    assert (page.status_code, "client-refused" in page.text) == (502, True)


@pytest.mark.parametrize("grant", ["authorization_code", "service_account"])
def test_a_working_connection_is_not_replaced_by_one_into_another_company(house: House, grant: str) -> None:
    scene = house.scene
    scene.change(Connection, scene.connection_id, company_name=scene.company.name)
    before = scene.connection()
    approve_another_company(house)

    page = Browser(house).go(grant)

    assert (page.status_code, "The wrong company" in page.text) == (400, True)
    after = scene.connection()
    assert (after.state, after.version, after.tenant_id) == ("active", before.version, before.tenant_id)
    attempt = house.connection()["last_attempt"]
    assert attempt["code"] == "wrong-company"
    assert str(OTHER_TENANT) in attempt["reason"]
    consents = [consent for consent in scene.sandbox.state.grants._consents if consent.tenant == OTHER_TENANT]
    assert [consent.revoked for consent in consents] == [True]
    assert scene.access.tokens(scene.connection_id).renew_now()
