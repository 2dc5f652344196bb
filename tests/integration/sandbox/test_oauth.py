from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from services.sandbox.grants import Client
from services.sandbox.server import SandboxServer
from services.sandbox.state import SandboxState
from tests.integration.sandbox.books import small_company
from tests.integration.sandbox.conftest import REDIRECT, Visitor

INVALID_CODE = {
    "error": "invalid_grant",
    "error_description": "Authorization code doesn't exist or is invalid for the client",
}


def test_the_callback_gets_a_code_and_the_same_state(visitor: Visitor) -> None:
    assert visitor.authorize(state="a/b c")["state"] == "a/b c"


def test_the_access_token_is_a_jwt_with_the_tenant(visitor: Visitor) -> None:
    payload = visitor.tokens["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["tenantId"] == 700_001


def test_a_code_works_once(visitor: Visitor) -> None:
    code = visitor.authorize()["code"]
    assert visitor.redeem(code).status_code == 200
    again = visitor.redeem(code)
    assert (again.status_code, again.json()) == (400, INVALID_CODE)


def test_a_code_dies_after_ten_minutes(visitor: Visitor) -> None:
    code = visitor.authorize()["code"]
    visitor.control("clock", {"advance_s": 601})
    assert visitor.redeem(code).status_code == 400


def test_a_code_is_bound_to_its_redirect_uri(visitor: Visitor) -> None:
    code = visitor.authorize()["code"]
    answer = visitor.token(grant_type="authorization_code", code=code, redirect_uri="http://127.0.0.1:1/other")
    assert answer.json() == INVALID_CODE


def test_an_access_token_dies_after_an_hour_and_its_refresh_token_lives(visitor: Visitor) -> None:
    visitor.control("clock", {"advance_s": 3601})
    assert visitor.get("companyinformation").status_code == 401
    visitor.tokens = visitor.refresh(visitor.tokens["refresh_token"]).json()
    assert visitor.get("companyinformation").status_code == 200


def test_a_refresh_token_dies_after_45_days(visitor: Visitor) -> None:
    visitor.control("clock", {"advance_s": 45 * 86_400 + 1})
    assert visitor.refresh(visitor.tokens["refresh_token"]).status_code == 400


def test_a_refresh_token_is_burnt_by_its_use_and_the_new_pair_stays_valid(visitor: Visitor) -> None:
    first = visitor.tokens["refresh_token"]
    second = visitor.refresh(first).json()
    assert second["refresh_token"] != first
    assert visitor.refresh(first).status_code == 400
    assert visitor.refresh(second["refresh_token"]).status_code == 200


def test_of_two_refreshes_at_the_same_instant_both_succeed_and_only_the_last_pair_lives(visitor: Visitor) -> None:
    # Both requests are checked before either is answered: the wait inside the stand-in is longer than the time
    # between their arrivals. The pair handed out last has killed the other one.
    visitor.control("switches", {"refresh_takes_s": 0.3})
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(visitor.refresh, [visitor.tokens["refresh_token"]] * 2))
    visitor.control("switches", {"refresh_takes_s": 0.0})
    assert [answer.status_code for answer in answers] == [200, 200]
    alive = []
    for answer in answers:
        visitor.tokens = answer.json()
        alive.append((visitor.get("me").status_code, visitor.refresh(visitor.tokens["refresh_token"]).status_code))
    assert sorted(alive) == [(200, 200), (401, 400)]


def test_a_wrong_secret_is_refused_with_plain_text_json(visitor: Visitor) -> None:
    answer = visitor.token(httpx.BasicAuth("sandbox-client", "wrong"), grant_type="refresh_token", refresh_token="x")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "text/plain;charset=UTF-8"


def test_a_client_in_form_fields_is_refused(visitor: Visitor) -> None:
    form = {"grant_type": "refresh_token", "client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    assert visitor.http.post("/oauth-v1/token", data=form).json()["error"] == "invalid_client"


def test_client_credentials_need_the_consent_of_a_service_account(visitor: Visitor) -> None:
    assert visitor.token(grant_type="client_credentials", tenant=700_001).status_code == 400
    visitor.authorize(account_type="service", scope="bookkeeping")
    answer = visitor.token(grant_type="client_credentials", tenant=700_001)
    assert "refresh_token" not in answer.json()
    visitor.tokens = answer.json()
    assert visitor.get("financialyears").status_code == 200


def test_revoking_ends_the_consent(visitor: Visitor) -> None:
    form = {"token_type_hint": "refresh_token", "token": visitor.tokens["refresh_token"]}
    auth = httpx.BasicAuth("sandbox-client", "sandbox-secret")
    answer = visitor.http.post("/oauth-v1/revoke", data=form, auth=auth)
    assert (answer.status_code, answer.json()) == (200, {"revoked": True})
    assert visitor.refresh(visitor.tokens["refresh_token"]).status_code == 400
    assert visitor.get("me").status_code == 401


def test_an_unregistered_scope_comes_back_as_invalid_scope(visitor: Visitor) -> None:
    assert visitor.authorize(scope="bookkeeping nonsense")["error"] == "invalid_scope"


def test_a_missing_state_is_refused(visitor: Visitor) -> None:
    assert visitor.authorize(state=None)["error"] == "invalid_request"


def test_a_service_account_needs_an_integration_that_allows_it(visitor: Visitor) -> None:
    visitor.state.grants.register(Client("plain", "x", service_accounts=False))
    answer = visitor.authorize(client_id="plain", account_type="service")
    assert answer["error"] == "error_client_not_allow_service_account"


def test_consent_can_be_denied_or_end_in_silence(visitor: Visitor) -> None:
    visitor.control("consent", {"next": "deny"})
    assert visitor.authorize()["error"] == "access_denied"
    visitor.control("consent", {"next": "silent"})
    assert visitor.authorize() == {}
    assert "code" in visitor.authorize()


def test_a_missing_licence_stops_the_whole_authorisation(visitor: Visitor) -> None:
    visitor.control("consent", {"tenant": 700_001, "unlicensed": ["invoice"]})
    assert "code" not in visitor.authorize()


def test_consent_is_given_for_the_chosen_company_and_taken_back_by_it(visitor: Visitor) -> None:
    visitor.state.add_company(small_company(700_002))
    visitor.control("consent", {"tenant": 700_002})
    visitor.connect()
    assert visitor.get("companyinformation").json()["CompanyInformation"]["DatabaseNumber"] == 700_002
    visitor.control("consent", {"tenant": 700_002, "revoke": True})
    assert visitor.get("companyinformation").status_code == 401


@pytest.mark.parametrize("missing", ["client_id", "redirect_uri"])
def test_an_unknown_integration_is_never_redirected(visitor: Visitor, missing: str) -> None:
    asked = {"client_id": "sandbox-client", "redirect_uri": REDIRECT, "response_type": "code", "state": "s"}
    del asked[missing]
    assert visitor.http.get("/oauth-v1/auth", params=asked).status_code == 400


def test_with_no_company_there_is_nothing_to_approve(visitor: Visitor) -> None:
    visitor.state.reset()
    asked = {"client_id": "sandbox-client", "redirect_uri": REDIRECT, "response_type": "code", "state": "s"}
    assert visitor.http.get("/oauth-v1/auth", params={**asked, "scope": "bookkeeping"}).status_code == 400


def test_without_auto_approve_a_person_chooses_the_company_on_a_page() -> None:
    state = SandboxState()
    state.add_company(small_company(1))
    state.add_company(small_company(2))
    asked = {
        "client_id": "sandbox-client",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "state": "s",
        "scope": "bookkeeping",
    }
    with SandboxServer(state) as server, httpx.Client(base_url=server.url) as http:
        page = http.get("/oauth-v1/auth", params=asked)
        assert page.status_code == 200
        assert 'name="tenant" value="2"' in page.text
        assert "Åkeri &amp; Söner AB" in page.text
        denied = http.post("/oauth-v1/auth", params=asked, data={"tenant": "2", "decision": "deny"})
        assert "error=access_denied" in denied.headers["location"]
        approved = http.post("/oauth-v1/auth", params=asked, data={"tenant": "2", "decision": "approve"})
        assert "code=" in approved.headers["location"]
