"""The accountant's trip to Fortnox and back, and every way in which it can end."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from shared.connections.states import waiting_for_reconnect
from shared.errors import Rejected
from shared.messaging.events import ImportRequested, new_event
from shared.messaging.outbox import emit
from shared.store.tables import Authorization, Connection, Engagement, OutboxMessage
from tests.integration.gateway.house import House, problem_of


def begin(house: House, grant: str = "authorization_code") -> str:
    answer = house.http.post(house.engagement_path("/connection"), json={"grant": grant})
    assert answer.status_code == 200, answer.text
    url: str = answer.json()["authorize_url"]
    return url


def approve(authorize_url: str) -> str:
    """Go to Fortnox, which approves or not as the stand-in was told; return the query that the browser comes back with."""
    answer = httpx.get(authorize_url, follow_redirects=False)
    return urlsplit(answer.headers["location"]).query


def come_back(house: House, query: str, language: str = "en") -> httpx.Response:
    answer = house.stranger.get(f"/oauth/fortnox/callback?{query}", headers={"Accept-Language": language})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    return answer


def state_of(authorize_url: str) -> str:
    return parse_qs(urlsplit(authorize_url).query)["state"][0]


def test_a_trip_to_fortnox_makes_the_connection_active(house: House) -> None:
    house.forget_connection()
    url = begin(house)
    pending = house.http.get(house.engagement_path("/connection")).json()
    assert pending["state"] == "pending"

    page = come_back(house, approve(url))

    assert page.status_code == 200
    assert "Connected to Fortnox" in page.text
    shown = house.http.get(house.engagement_path("/connection")).json()
    assert (shown["state"], shown["granted_by"]) == ("active", "Bokslutsprogrammet")
    assert "bookkeeping" in shown["scopes"]
    connection = next(row for row in house.rows(Connection) if row.firm_id == house.ours.firm_id)
    assert connection.tenant_id == house.scene.company.database_number
    assert connection.active_until == house.scene.clock.now() + timedelta(days=30)
    [authorized] = house.outbox()
    assert (authorized.name, authorized.body["subject"]) == ("connection-authorized", str(house.scene.engagement_id))
    assert authorized.body["data"] == {"connection_id": str(connection.id)}
    assert house.audited() == ["connection-authorized"]


def test_the_state_is_kept_as_a_hash_and_holds_for_ten_minutes(house: House) -> None:
    state = state_of(begin(house))
    [trip] = [row for row in house.rows(Authorization) if row.firm_id == house.ours.firm_id]
    assert state.encode() not in trip.state_hash
    assert trip.expires_at - trip.created_at == timedelta(minutes=10)


def test_a_service_account_is_asked_for_as_such(house: House) -> None:
    url = begin(house, "service_account")
    assert parse_qs(urlsplit(url).query)["account_type"] == ["service"]
    come_back(house, approve(url))
    assert house.http.get(house.engagement_path("/connection")).json()["grant_type"] == "service_account"


def test_runs_that_waited_for_the_connection_go_on_after_it_was_made_anew(house: House) -> None:
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
    scene.change(Connection, scene.connection_id, state="lost", state_reason="refused")

    come_back(house, approve(begin(house)))

    [row] = [row for row in house.rows(OutboxMessage) if row.event_id == waiting.id]
    assert row.waiting_for is None
    assert (scene.connection().state, scene.connection().state_reason) == ("active", None)


@pytest.mark.parametrize(
    ("outcome", "title_en", "title_sv"),
    [
        ("deny", "The connection was not approved", "Anslutningen godkändes inte"),
        ("silent", "Fortnox sent no answer", "Svaret från Fortnox var tomt"),
    ],
)
def test_an_approval_that_did_not_come_ends_on_its_page(
    house: House, outcome: str, title_en: str, title_sv: str
) -> None:
    house.forget_connection()
    for language, title in (("en", title_en), ("sv", title_sv)):
        house.scene.sandbox.state.next_consent = outcome  # type: ignore[assignment]
        page = come_back(house, approve(begin(house)), language)
        assert (page.status_code, title in page.text) == (400, True)
        assert f'<html lang="{language}">' in page.text
    assert house.http.get(house.engagement_path("/connection")).json()["state"] == "pending"
    assert house.outbox() == []


def test_a_missing_licence_ends_on_its_page(house: House) -> None:
    tenant = next(iter(house.scene.sandbox.state.tenants.values()))
    tenant.unlicensed.add("bookkeeping")
    page = come_back(house, approve(begin(house)))
    assert (page.status_code, "Fortnox could not give access" in page.text) == (400, True)


def test_a_state_works_once(house: House) -> None:
    query = approve(begin(house))
    come_back(house, query)
    again = come_back(house, query)
    assert (again.status_code, "The link has been used" in again.text) == (400, True)


def test_a_denied_trip_cannot_be_taken_up_again(house: House) -> None:
    state = state_of(begin(house))
    come_back(house, f"state={state}&error=access_denied")
    again = come_back(house, f"state={state}&code=some-code")
    assert "The link has been used" in again.text


def test_a_state_expires(house: House) -> None:
    query = approve(begin(house))
    house.scene.clock.advance(timedelta(minutes=10))
    late = come_back(house, query)
    assert (late.status_code, "The link has expired" in late.text) == (400, True)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("state=never-seen&code=x", "The link is not known"),
        ("state=&code=x", "Fortnox sent no answer"),
        ("", "Fortnox sent no answer"),
        ("error=%3Cscript%3E&error_description=%3Cb%3E", "Fortnox sent no answer"),
    ],
)
def test_what_was_not_begun_here_ends_on_a_page_that_repeats_nothing(house: House, query: str, title: str) -> None:
    page = come_back(house, query)
    assert (page.status_code, title in page.text) == (400, True)
    assert "<script" not in page.text


def test_an_answer_without_a_code_ends_on_its_page(house: House) -> None:
    page = come_back(house, f"state={state_of(begin(house))}")
    assert (page.status_code, "The answer from Fortnox was incomplete" in page.text) == (400, True)


def test_a_code_that_fortnox_does_not_know_ends_on_its_page(house: House) -> None:
    page = come_back(house, f"state={state_of(begin(house))}&code=invented")
    assert (page.status_code, "Fortnox did not take the code" in page.text) == (400, True)


def test_while_fortnox_is_down_the_page_says_so(house: House) -> None:
    query = approve(begin(house))
    house.scene.sandbox.stop()
    page = come_back(house, query)
    assert (page.status_code, "The connection was not completed" in page.text) == (502, True)


def test_disconnecting_takes_the_consent_back_and_forgets_the_tokens(house: House) -> None:
    unanswered = state_of(begin(house))
    scene = house.scene
    before = scene.connection()

    answer = house.http.delete(house.engagement_path("/connection"))

    assert (answer.status_code, answer.content) == (204, b"")
    row = scene.connection()
    assert (row.state, row.access_token, row.refresh_token, row.active_until) == ("revoked", None, None, None)
    assert house.audited() == ["connection-removed"]
    assert before.refresh_token is not None
    token = scene.access.vault.open(before.refresh_token, f"connections|{row.id}|refresh_token")
    with pytest.raises(Rejected):
        scene.access.oauth.refresh(token)
    assert "The link has been used" in come_back(house, f"state={unanswered}&code=x").text


def test_an_engagement_on_files_has_no_connection_to_make(house: House) -> None:
    house.scene.change(Engagement, house.scene.engagement_id, data_source="sie")
    before = house.counts()
    answer = house.http.post(house.engagement_path("/connection"), json={})
    problem_of(answer, 409, "data-source-not-fortnox")
    assert house.counts() == before
