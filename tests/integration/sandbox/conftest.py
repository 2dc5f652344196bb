from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.sandbox.grants import SCOPES
from services.sandbox.server import SandboxServer
from services.sandbox.state import SandboxState
from tests.integration.sandbox.books import small_company

REDIRECT = "http://127.0.0.1:1/callback"
BASIC = httpx.BasicAuth("sandbox-client", "sandbox-secret")


@dataclass
class Visitor:
    """Somebody with an HTTP client in front of one running stand-in."""

    state: SandboxState
    http: httpx.Client
    tokens: dict[str, Any]

    def authorize(self, **changes: str | None) -> dict[str, str]:
        """What the callback gets."""
        asked: dict[str, str | None] = {
            "client_id": "sandbox-client",
            "response_type": "code",
            "state": "s-1",
            "scope": " ".join(sorted(SCOPES)),
            "redirect_uri": REDIRECT,
            "access_type": "offline",
        }
        sent = {name: value for name, value in {**asked, **changes}.items() if value is not None}
        answer = self.http.get("/oauth-v1/auth", params=sent)
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(REDIRECT)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def token(self, auth: httpx.BasicAuth = BASIC, tenant: int | None = None, **form: str) -> httpx.Response:
        headers = {} if tenant is None else {"TenantId": str(tenant)}
        return self.http.post("/oauth-v1/token", data=form, auth=auth, headers=headers)

    def redeem(self, code: str) -> httpx.Response:
        return self.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)

    def refresh(self, refresh_token: str) -> httpx.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def connect(self, **changes: str | None) -> dict[str, Any]:
        answer = self.redeem(self.authorize(**changes)["code"])
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        return self.tokens

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def get(self, path: str, **params: object) -> httpx.Response:
        sent = {name: str(value) for name, value in params.items()}
        return self.http.get(f"/3/{path}", params=sent, headers=self.bearer)

    def post(self, path: str, body: object, **params: object) -> httpx.Response:
        sent = {name: str(value) for name, value in params.items()}
        return self.http.post(f"/3/{path}", json=body, params=sent, headers=self.bearer)

    def control(self, path: str, body: object) -> Any:
        answer = self.http.post(f"/_control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def asked(self, path: str, **params: str) -> Any:
        answer = self.http.get(f"/_control/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxState(auto_approve=True)) as running:
        yield running


@pytest.fixture(scope="session")
def http(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=5) as client:
        yield client


@pytest.fixture
def visitor(server: SandboxServer, http: httpx.Client) -> Visitor:
    """Connected to a fresh company; all that the stand-in remembers is new for each test."""
    state = server.state
    state.reset()
    state.add_company(small_company())
    visitor = Visitor(state, http, {})
    visitor.connect()
    return visitor
