from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from shared.clock import ManualClock
from shared.errors import Later, PipelineError, Rejected, Retryable, Unknown
from shared.fortnox import Grant, InvalidClient, InvalidGrant, OAuthClient, OutcomeUnknown
from tests.unit.fortnox.stand_in import NOW, Handler, always


def jwt(claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.c2ln"


TOKEN = jwt({"tenantId": 503072, "exp": 1})
PAIR = {
    "access_token": TOKEN,
    "expires_in": 3600,
    "token_type": "bearer",
    "scope": "bookkeeping invoice",
    "refresh_token": "rt-2",
}


# Tracebacks quote source lines, so the secret's name is not the secret.
BURNT_IF_LOST = "rt-1"


class Endpoint:
    def __init__(self, handler: Handler) -> None:
        self.requests: list[httpx.Request] = []
        self._handler = handler
        self.client = OAuthClient(
            client_id="id",
            client_secret="s3cret",
            auth_url="https://apps.fortnox.test/oauth-v1/",
            redirect_uri="https://pipeline.test/oauth/fortnox/callback",
            clock=ManualClock(NOW),
            transport=httpx.MockTransport(self._answer),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._handler(request)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.requests[-1].content.decode())


def breaking(kind: type[httpx.RequestError]) -> Handler:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise kind(f"it broke near {BURNT_IF_LOST}")

    return fail


SINGLE_USE: list[Callable[[OAuthClient], Any]] = [
    lambda c: c.exchange_code("code-1"),
    lambda c: c.refresh(BURNT_IF_LOST),
]
REPEATABLE: list[Callable[[OAuthClient], Any]] = [
    lambda c: c.client_credentials("503072"),
    lambda c: c.revoke(BURNT_IF_LOST),
]


def failure(handler: Handler, call: Callable[[OAuthClient], Any]) -> PipelineError:
    with Endpoint(handler).client as client, pytest.raises(PipelineError) as caught:
        call(client)
    assert BURNT_IF_LOST not in "".join(traceback.format_exception(caught.value))
    return caught.value


def test_the_authorisation_address_carries_all_that_fortnox_asks_for() -> None:
    address = urlsplit(Endpoint(always(500, b"")).client.authorize_url("st", ["a", "b"], service_account=True))
    assert address.geturl().startswith("https://apps.fortnox.test/oauth-v1/auth?")
    assert "scope=a%20b" in address.query
    assert parse_qs(address.query) == {
        "client_id": ["id"],
        "response_type": ["code"],
        "state": ["st"],
        "scope": ["a b"],
        "redirect_uri": ["https://pipeline.test/oauth/fortnox/callback"],
        "access_type": ["offline"],
        "account_type": ["service"],
    }


def test_a_personal_grant_says_nothing_of_an_account_type() -> None:
    assert "account_type" not in Endpoint(always(500, b"")).client.authorize_url("st", ["a"], service_account=False)


def test_a_code_is_exchanged_for_a_grant() -> None:
    endpoint = Endpoint(always(200, PAIR, **{"Content-Type": "text/html"}))
    grant = endpoint.client.exchange_code("code-1")
    assert grant == Grant(TOKEN, "rt-2", 3600, ("bookkeeping", "invoice"), "503072")
    assert endpoint.requests[0].url == "https://apps.fortnox.test/oauth-v1/token"
    assert endpoint.requests[0].headers["Authorization"] == httpx.BasicAuth("id", "s3cret")._auth_header
    assert endpoint.form == {
        "grant_type": ["authorization_code"],
        "code": ["code-1"],
        "redirect_uri": ["https://pipeline.test/oauth/fortnox/callback"],
    }


def test_a_refresh_sends_the_token_and_returns_the_next_one() -> None:
    endpoint = Endpoint(always(200, PAIR))
    assert endpoint.client.refresh("rt-1").refresh_token == "rt-2"
    assert endpoint.form == {"grant_type": ["refresh_token"], "refresh_token": ["rt-1"]}


def test_a_refresh_that_brings_no_next_token_is_an_answer_lost() -> None:
    half = {"access_token": "opaque", "expires_in": 3600}
    with pytest.raises(OutcomeUnknown, match="fortnox-answer-incomplete"):
        Endpoint(always(200, half)).client.refresh("rt-1")


def test_client_credentials_name_the_tenant_and_bring_no_refresh_token() -> None:
    endpoint = Endpoint(always(200, {"access_token": "opaque", "expires_in": "3600", "scope": None}))
    assert endpoint.client.client_credentials("503072") == Grant("opaque", None, 3600, (), None)
    assert endpoint.requests[0].headers["TenantId"] == "503072"


def test_revoke_hands_the_refresh_token_back() -> None:
    endpoint = Endpoint(always(200, {"revoked": True}))
    endpoint.client.revoke("rt-1")
    assert endpoint.requests[0].url.path == "/oauth-v1/revoke"
    assert endpoint.form == {"token_type_hint": ["refresh_token"], "token": ["rt-1"]}


def test_the_repr_of_a_grant_hides_its_secrets() -> None:
    shown = repr(Grant("at-secret", "rt-secret", 3600, ("a",), "1"))
    assert "secret" not in shown
    assert "s3cret" not in repr(Endpoint(always(500, b"")).client)


@pytest.mark.parametrize(
    ("token", "tenant_id"),
    [
        (jwt({"tenantId": 503072}), "503072"),
        (jwt({"tenantId": "503072"}), "503072"),
        (jwt({}), None),
        (jwt({"tenantId": ""}), None),
        (jwt({"tenantId": None}), None),
        (jwt([1]), None),
        ("opaque", None),
        ("a.!!!.c", None),
        ("a.å.c", None),
    ],
)
def test_the_tenant_is_read_from_the_token_where_it_can_be(token: str, tenant_id: str | None) -> None:
    assert Endpoint(always(200, {**PAIR, "access_token": token})).client.refresh("rt-1").tenant_id == tenant_id


@pytest.mark.parametrize("call", SINGLE_USE + REPEATABLE)
def test_a_dead_grant_and_a_wrong_client_are_told_apart_whatever_the_content_type(
    call: Callable[[OAuthClient], Any],
) -> None:
    grant = failure(always(400, {"error": "invalid_grant"}, **{"Content-Type": "text/html"}), call)
    client = failure(always(401, {"error": "invalid_client"}, **{"Content-Type": "text/plain"}), call)
    other = failure(always(400, {"error": "invalid_scope"}), call)
    assert (type(grant), grant.code) == (InvalidGrant, "invalid-grant")
    assert (type(client), client.code) == (InvalidClient, "invalid-client")
    assert (isinstance(other, Rejected), other.code) == (True, "oauth-refused")


@pytest.mark.parametrize("call", SINGLE_USE)
@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (breaking(httpx.ReadTimeout), "fortnox-answer-lost"),
        (breaking(httpx.ReadError), "fortnox-answer-lost"),
        (breaking(httpx.RemoteProtocolError), "fortnox-answer-lost"),
        (breaking(httpx.WriteError), "fortnox-answer-lost"),
        (always(500, b""), "fortnox-server-error"),
        (always(502, f"<html>{BURNT_IF_LOST}</html>".encode()), "fortnox-server-error"),
        (always(302, b"", Location="https://elsewhere.test"), "fortnox-server-error"),
        (always(200, b"<html>OK</html>"), "fortnox-answer-unreadable"),
        (always(200, {"expires_in": 3600}), "fortnox-answer-unreadable"),
        (always(200, b'{"access_token": "'), "fortnox-answer-unreadable"),
        (always(200, b"x" * 2_000_000), "fortnox-answer-too-large"),
    ],
)
def test_a_single_use_secret_may_be_burnt_when_no_verdict_came(
    call: Callable[[OAuthClient], Any], handler: Handler, code: str
) -> None:
    error = failure(handler, call)
    assert (isinstance(error, Unknown), error.code) == (True, code)


@pytest.mark.parametrize("call", REPEATABLE)
@pytest.mark.parametrize("handler", [breaking(httpx.ReadTimeout), always(503, b"")])
def test_what_can_be_asked_again_is_retryable(call: Callable[[OAuthClient], Any], handler: Handler) -> None:
    assert isinstance(failure(handler, call), Retryable)


@pytest.mark.parametrize("call", SINGLE_USE + REPEATABLE)
@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_secret_that_never_left_is_still_good(
    call: Callable[[OAuthClient], Any], kind: type[httpx.RequestError]
) -> None:
    error = failure(breaking(kind), call)
    assert (isinstance(error, Retryable), error.code) == (True, "fortnox-unreachable")


@pytest.mark.parametrize("call", SINGLE_USE)
def test_a_gateways_page_is_no_verdict_on_the_grant(call: Callable[[OAuthClient], Any]) -> None:
    assert isinstance(failure(always(403, b"<html>Forbidden</html>"), call), Retryable)


@pytest.mark.parametrize("call", SINGLE_USE)
def test_a_429_names_the_instant_to_come_back(call: Callable[[OAuthClient], Any]) -> None:
    error = failure(always(429, b"", **{"Retry-After": "7"}), call)
    assert isinstance(error, Later)
    assert error.until == NOW + timedelta(seconds=7)
