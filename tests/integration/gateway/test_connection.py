"""The accountant's trip to Fortnox and back, and what it leaves when it succeeds."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from services.importer.actors import routes
from services.sandbox.faults import FaultRule
from shared.connections.grants import accept
from shared.connections.states import waiting_for_reconnect
from shared.errors import Later, Rejected
from shared.messaging.events import ImportRequested, new_event
from shared.messaging.outbox import emit
from shared.store.tables import Authorization, Connection, Engagement, OutboxMessage
from tests.integration.gateway.browser import (
    OTHER_TENANT,
    Browser,
    approve,
    approve_another_company,
    control,
    state_of,
)
from tests.integration.gateway.house import House, problem_of
from tests.waiting import wait_for


@pytest.fixture
def browser(house: House) -> Browser:
    return Browser(house)


def refresh_token(house: House) -> str:
    row = house.scene.connection()
    assert row.refresh_token is not None
    return house.scene.access.vault.open(row.refresh_token, f"connections|{row.id}|refresh_token")


def check_company(house: House) -> None:
    """Let the importer look at what is behind the new connection."""
    house.scene.pump({"connection-authorized": house.scene.consumer("importer", routes(house.scene.access))})


def our_trips(house: House) -> list[Authorization]:
    return [trip for trip in house.rows(Authorization) if trip.firm_id == house.ours.firm_id]


def test_a_trip_to_fortnox_makes_the_connection_active(house: House, browser: Browser) -> None:
    house.forget_connection()
    url = browser.begin()
    assert house.connection()["state"] == "pending"

    page = browser.come_back(approve(url))

    assert page.status_code == 200
    assert "Connected to Fortnox" in page.text
    shown = house.connection()
    assert (shown["state"], shown["state_code"], shown["granted_by"]) == ("active", None, "Bokslutsprogrammet")
    assert shown["last_attempt"]["code"] == "connected"
    assert "bookkeeping" in shown["scopes"]
    connection = next(row for row in house.rows(Connection) if row.firm_id == house.ours.firm_id)
    assert connection.tenant_id == house.scene.company.database_number
    assert connection.active_until == house.scene.clock.now() + timedelta(days=30)
    [authorized] = house.outbox()
    assert (authorized.name, authorized.body["subject"]) == ("connection-authorized", str(house.scene.engagement_id))
    assert authorized.body["data"] == {"connection_id": str(connection.id)}
    assert [(entry.action, entry.actor) for entry in house.audit()] == [
        ("connection-requested", "Bokslutsprogrammet"),
        ("connection-begun", "accountant's browser"),
        ("connection-authorized", "accountant's browser"),
    ]


def test_the_page_speaks_swedish_to_who_prefers_it(house: House) -> None:
    page = Browser(house, "sv-SE, en;q=0.5").go()
    assert '<html lang="sv">' in page.text
    assert "Anslutet till Fortnox" in page.text
    assert "gå tillbaka till uppdraget" in page.text


def test_the_browser_is_given_a_cookie_that_only_the_way_back_sees(house: House, browser: Browser) -> None:
    answer = browser.proceed(browser.ask())
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Path=/oauth/fortnox;", "Max-Age=600"):
        assert part in cookie
    assert "Secure" not in cookie  # the address is http here
    assert answer.headers["referrer-policy"] == "no-referrer"
    [trip] = our_trips(house)
    secret = cookie.partition("=")[2].partition(";")[0]
    assert trip.browser_hash is not None
    assert secret.encode() not in trip.browser_hash
    assert trip.expires_at - trip.created_at == timedelta(minutes=10)


def test_two_trips_in_two_tabs_do_not_take_each_others_cookie(house: House, browser: Browser) -> None:
    first, second = approve(browser.begin()), approve(browser.begin())
    assert browser.come_back(second).status_code == 200
    assert browser.come_back(first).status_code == 200


def test_the_same_browser_may_go_back_and_begin_once_more(house: House, browser: Browser) -> None:
    path = browser.ask()
    browser.proceed(path)
    assert browser.open(path).status_code == 200
    again = browser.proceed(path)
    assert again.status_code == 303
    assert browser.come_back(approve(again.headers["location"])).status_code == 200


@pytest.mark.parametrize("is_verified", [True, False], ids=["of a company that was checked", "of a new one"])
def test_what_waited_goes_on_once_the_company_is_known_to_be_the_clients(
    house: House, browser: Browser, is_verified: bool
) -> None:
    scene, now = house.scene, house.scene.clock.now()
    waiting = new_event("import-requested", scene.engagement_id, ImportRequested(), now)
    with house.store.write() as session:
        emit(
            session,
            waiting,
            firm_id=scene.firm_id,
            now=now,
            waiting_for=waiting_for_reconnect(scene.connection_id),
        )
    scene.change(Connection, scene.connection_id, state="lost", state_code="expired", state_reason="x")
    if not is_verified:
        scene.change(Connection, scene.connection_id, company_name=None)

    browser.go()

    [row] = [row for row in house.rows(OutboxMessage) if row.event_id == waiting.id]
    assert (row.waiting_for is None) is is_verified
    assert (scene.connection().state, scene.connection().state_code) == ("active", None)
    taken = scene.pump({name: scene.consumer("importer", routes(scene.access)) for name in ("connection-authorized",)})
    assert waiting.id in {event.id for event in taken}


def test_approving_the_same_company_again_replaces_the_tokens_by_a_new_version(house: House, browser: Browser) -> None:
    before = house.scene.connection()
    old = refresh_token(house)
    assert browser.go().status_code == 200
    after = house.scene.connection()
    assert (after.id, after.version, after.company_name) == (before.id, before.version + 1, before.company_name)
    assert refresh_token(house) != old
    assert house.scene.access.tokens(after.id).renew_now().version == after.version + 1


def test_a_service_account_keeps_no_refresh_token_and_lasts_until_it_is_revoked(house: House, browser: Browser) -> None:
    house.forget_connection()
    url = browser.begin("service_account")
    assert parse_qs(urlsplit(url).query)["account_type"] == ["service"]
    browser.come_back(approve(url))
    shown = house.connection()
    assert (shown["grant_type"], shown["state"], shown["active_until"]) == ("service_account", "active", None)
    check_company(house)
    row = next(row for row in house.rows(Connection) if row.firm_id == house.ours.firm_id)
    assert (row.company_name, row.refresh_token) == (house.scene.company.name, None)
    assert house.scene.access.tokens(row.id).renew_now().version == row.version + 1


def test_a_service_account_into_a_wrong_company_is_revoked_at_fortnox(house: House, browser: Browser) -> None:
    house.forget_connection()
    approve_another_company(house)
    assert browser.go("service_account").status_code == 200
    check_company(house)
    assert (house.connection()["state"], house.connection()["state_code"]) == ("revoked", "wrong-company")
    consents = [consent for consent in house.scene.sandbox.state.grants._consents if consent.tenant == OTHER_TENANT]
    assert [consent.revoked for consent in consents] == [True]
    row = next(row for row in house.rows(Connection) if row.firm_id == house.ours.firm_id)
    assert row.refresh_token is None


def test_the_accountant_for_whom_the_connection_is_asked_is_who_granted_it(house: House, browser: Browser) -> None:
    body = {"requested_by": "  Anna Andersson "}
    answer = house.http.post(house.engagement_path("/connection"), json=body)
    place = browser.proceed(urlsplit(answer.json()["authorize_url"]).path).headers["location"]
    assert browser.come_back(approve(place)).status_code == 200
    assert house.connection()["granted_by"] == house.connection()["last_attempt"]["requested_by"] == "Anna Andersson"
    assert [(entry.actor, entry.details["requested_by"]) for entry in house.audit()] == [
        ("Bokslutsprogrammet", "Anna Andersson"),
        ("accountant's browser", "Anna Andersson"),
        ("accountant's browser", "Anna Andersson"),
    ]


@pytest.mark.parametrize("name", ["", " ", "x" * 101, 7])
def test_the_name_of_the_accountant_is_a_name(house: House, name: object) -> None:
    answer = house.http.post(house.engagement_path("/connection"), json={"requested_by": name})
    problem_of(answer, 422, "invalid-request")


def test_a_connection_is_moved_to_a_service_account_without_taking_the_companys_consent_back(
    house: House, browser: Browser
) -> None:
    scene, before = house.scene, house.scene.connection()
    with scene.access.open(scene.engagement_id, "interactive", renew=False) as running:
        running.company()
        assert browser.go("service_account").status_code == 200
        running.company()  # a run that is under way takes the new token
    after = scene.connection()
    assert (after.id, after.grant_type, after.refresh_token) == (before.id, "service_account", None)
    assert not any(consent.revoked for consent in scene.sandbox.state.grants._consents)
    assert scene.access.tokens(after.id).renew_now().version == after.version + 1
    [replaced] = [entry for entry in house.audit() if entry.action == "connection-grant-replaced"]
    assert replaced.details == {"revoked_at_fortnox": False, "why": "may-be-shared"}


def test_a_connection_that_works_stays_when_a_move_to_a_service_account_is_denied(
    house: House, browser: Browser
) -> None:
    control(house, next="deny")
    browser.go("service_account")
    shown = house.connection()
    assert (shown["state"], shown["grant_type"]) == ("active", "authorization_code")
    assert shown["last_attempt"] | {"requested_at": None, "ended_at": None} == {
        "grant_type": "service_account",
        "requested_by": "Bokslutsprogrammet",
        "requested_at": None,
        "ended_at": None,
        "code": "consent-denied",
        "reason": "access_denied: The user denied access",
    }
    assert house.scene.access.tokens(house.scene.connection_id).renew_now()


def test_disconnecting_takes_the_consent_back_and_forgets_the_tokens(house: House, browser: Browser) -> None:
    unanswered = state_of(browser.begin())
    scene, token = house.scene, refresh_token(house)

    answer = house.http.delete(house.engagement_path("/connection"))

    assert (answer.status_code, answer.content) == (204, b"")
    row = scene.connection()
    assert (row.state, row.access_token, row.refresh_token, row.active_until) == ("revoked", None, None, None)
    shown = house.connection()
    assert (shown["state_code"], shown["state_reason"]) == ("disconnected", "disconnected by Bokslutsprogrammet")
    removed = house.audit()[-1]
    assert (removed.action, removed.actor, removed.details["revoked_at_fortnox"]) == (
        "connection-removed",
        "Bokslutsprogrammet",
        True,
    )
    assert [message.name for message in house.outbox()] == ["connection-lost"]
    with pytest.raises(Rejected):
        scene.access.oauth.refresh(token)
    assert "state-used" in browser.come_back(f"state={unanswered}&code=x").text
    house.http.delete(house.engagement_path("/connection"))
    assert [message.name for message in house.outbox()] == ["connection-lost"]


def test_a_token_that_was_renewed_while_the_old_one_was_taken_back_is_taken_back_too(house: House) -> None:
    scene, slow = house.scene, FaultRule("latency", path="/oauth-v1/revoke", count=None, seconds=0.5)
    grant = scene.access.oauth.refresh(refresh_token(house))
    scene.sandbox.state.faults.add(slow)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(house.http.delete, house.engagement_path("/connection"))
        wait_for(lambda: slow.hits == 1, what="the revocation")
        with scene.store.write() as session:
            assert accept(session, scene.access.vault, scene.connection_id, 1, grant, scene.clock.now())
        assert answer.result().status_code == 204
    assert slow.hits == 2
    assert (scene.connection().state, scene.connection().refresh_token) == ("revoked", None)
    assert [entry.action for entry in house.audit()].count("connection-removed") == 1


@pytest.mark.parametrize("grant", ["authorization_code", "service_account"])
def test_a_disconnect_is_not_undone_by_an_approval_that_is_under_way(
    house: House, browser: Browser, grant: str
) -> None:
    # The callback commits that the trip is used and sends the code; the client is disconnected, and that is answered
    # with 204; only then does Fortnox answer the code with tokens, and the callback comes to store them.
    scene, query = house.scene, approve(browser.begin(grant))
    slow = FaultRule("latency", path="/oauth-v1/token", seconds=1.5)
    scene.sandbox.state.faults.add(slow)
    with ThreadPoolExecutor(1) as pool:
        callback = pool.submit(browser.come_back, query)
        wait_for(lambda: slow.hits == 1, what="the exchange")
        assert house.http.delete(house.engagement_path("/connection")).status_code == 204
        page = callback.result()
    assert (page.status_code, "<code>cancelled</code>" in page.text) == (400, True)
    shown = house.connection()
    assert (shown["state"], shown["state_code"]) == ("revoked", "disconnected")
    assert (shown["last_attempt"]["code"], shown["last_attempt"]["reason"]) == (
        "cancelled",
        "disconnected by Bokslutsprogrammet",
    )
    assert (scene.connection().access_token, scene.connection().refresh_token) == (None, None)
    assert [message.name for message in house.outbox()] == ["connection-lost"]
    assert [consent.revoked for consent in scene.sandbox.state.grants._consents] == [True, True]
    assert house.audited()[-3:] == ["connection-removed", "connection-consent-unkept", "connection-failed"]


def test_an_answer_that_comes_after_the_disconnect_is_taken_back_at_fortnox(house: House) -> None:
    # The renewal has rotated the token at Fortnox, and its answer is on the way while the client is disconnected.
    scene = house.scene
    slow = FaultRule("slow-body", path="/oauth-v1/token", seconds=1.5)
    revocations = FaultRule("latency", path="/oauth-v1/revoke", count=None, seconds=0.0)
    for rule in (slow, revocations):
        scene.sandbox.state.faults.add(rule)
    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(scene.access.tokens(scene.connection_id).renew_now)
        wait_for(lambda: slow.hits == 1, what="the renewal")
        assert house.http.delete(house.engagement_path("/connection")).status_code == 204
        with pytest.raises(Later, match="disconnected"):
            renewal.result()
    assert revocations.seen == 2
    assert (scene.connection().state, scene.connection().refresh_token) == ("revoked", None)


def test_reconnecting_after_a_disconnect_keeps_the_engagement_and_its_connection_row(
    house: House, browser: Browser
) -> None:
    house.scene.change(Engagement, house.scene.engagement_id, last_run=3)
    house.http.delete(house.engagement_path("/connection"))
    assert browser.go().status_code == 200
    assert house.connection()["id"] == str(house.scene.connection_id)
    assert house.connection()["state"] == "active"
    assert house.scene.engagement().last_run == 3


def test_while_fortnox_is_away_nothing_is_disconnected(house: House) -> None:
    house.scene.sandbox.stop()
    problem_of(house.http.delete(house.engagement_path("/connection")), 503, "fortnox-unreachable")
    assert house.scene.connection().state == "active"


def test_an_engagement_on_files_can_be_connected_before_it_changes_to_fortnox(house: House) -> None:
    house.scene.change(Engagement, house.scene.engagement_id, data_source="sie")
    assert house.http.post(house.engagement_path("/connection"), json={}).status_code == 200


def test_no_secret_of_a_trip_is_in_the_audit_log_or_in_an_answer(house: House, browser: Browser) -> None:
    path = browser.ask()
    url = browser.proceed(path).headers["location"]
    query = approve(url)
    browser.come_back(query)
    said = json.dumps([entry.details for entry in house.audit()]) + json.dumps(house.connection())
    secrets = [path.rpartition("/")[2], parse_qs(query)["code"][0], state_of(url), refresh_token(house)]
    assert not [secret for secret in secrets if secret in said]
