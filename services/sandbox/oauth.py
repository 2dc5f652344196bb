"""/oauth-v1/: approval, tokens, revocation, with the statuses and odd content types that were recorded."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from services.sandbox.approval import approval_page, error_page
from services.sandbox.errors import GrantError
from services.sandbox.grants import ACCESS_LIFE, Client, Consent, Pair
from services.sandbox.state import SandboxState
from services.sandbox.wire import encode, uid


def routes(state: SandboxState) -> list[Route]:
    oauth = OAuth(state)
    return [
        Route("/auth", oauth.ask, methods=["GET"]),
        Route("/auth", oauth.decide, methods=["POST"]),
        Route("/token", oauth.token, methods=["POST"]),
        Route("/revoke", oauth.revoke, methods=["POST"]),
    ]


class OAuth:
    def __init__(self, state: SandboxState) -> None:
        self._state = state

    async def ask(self, request: Request) -> Response:
        """Show the approval page, or go straight back to the integration under auto-approve."""
        asked = request.query_params
        client = self._client_asking(asked)
        if client is None:
            return HTMLResponse(error_page("Okänd integration eller felaktig redirect_uri."), 400)
        if not self._state.tenants:
            return HTMLResponse(error_page("Det finns inget företag att ansluta."), 400)
        refusal = _refused_before_login(client, asked)
        if refusal is not None:
            return _back(asked, refusal)
        if self._state.auto_approve:
            return self._outcome(client, asked, self._state.approving_tenant(), approved=True)
        with self._state.lock:
            names = {number: tenant.company.name for number, tenant in self._state.tenants.items()}
        return HTMLResponse(approval_page(client.id, asked["scope"].split(), names))

    async def decide(self, request: Request) -> Response:
        """Take what the approval page sends."""
        asked = request.query_params
        client = self._client_asking(asked)
        form = await _form(request)
        tenant = form.get("tenant", "")
        if client is None or not tenant.isdecimal() or int(tenant) not in self._state.tenants:
            return HTMLResponse(error_page("Ogiltigt svar."), 400)
        return self._outcome(client, asked, int(tenant), approved=form.get("decision") == "approve")

    async def token(self, request: Request) -> Response:
        form = await _form(request)
        try:
            pair = await self._grant(self._client(request), form, request.headers.get("tenantid", ""))
        except GrantError as error:
            return _refuse(error)
        self._state.journal.record(
            at=self._state.clock.now().isoformat(),
            method="POST",
            path="/oauth-v1/token",
            tenant=pair.consent.tenant,
            body=f"grant_type={form.get('grant_type')}",
            status=200,
        )
        return _hand_out(pair)

    async def revoke(self, request: Request) -> Response:
        form = await _form(request)
        try:
            client = self._client(request)
        except GrantError as error:
            return _refuse(error)
        with self._state.lock:
            self._state.grants.revoke(client, form.get("token", ""))
        return _oauth_json({"revoked": True}, 200, "application/json")

    async def _grant(self, client: Client, form: Mapping[str, str], tenant: str) -> Pair:
        grants = self._state.grants
        kind = form.get("grant_type")
        if kind == "refresh_token":
            # Checked before the wait and rotated after it: two at the same instant both pass, as at Fortnox.
            parent = grants.refreshable(client, form.get("refresh_token", ""))
            if self._state.switches.refresh_takes_s:
                await asyncio.sleep(self._state.switches.refresh_takes_s)
            with self._state.lock:
                return grants.rotate(parent)
        with self._state.lock:
            if kind == "authorization_code":
                return grants.redeem(client, form.get("code", ""), form.get("redirect_uri"))
            if kind == "client_credentials":
                scopes = tuple(form["scope"].split()) if "scope" in form else None
                return grants.service_token(client, int(tenant) if tenant.isdecimal() else -1, scopes)
        raise GrantError("unsupported_grant_type", "The grant type is not supported")

    def _client(self, request: Request) -> Client:
        """Return the client behind the Basic header; whether form fields would do is undocumented, so they do not."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = secret = ""
        client = self._state.grants.clients.get(name)
        if scheme.lower() != "basic" or client is None or client.secret != secret:
            raise GrantError("invalid_client", "The client credentials are invalid", status=401)
        return client

    def _client_asking(self, asked: Mapping[str, str]) -> Client | None:
        """None when the redirect could lead anywhere but to the registered integration."""
        client = self._state.grants.clients.get(asked.get("client_id", ""))
        if client is None or "redirect_uri" not in asked:
            return None
        return client if client.redirect_uri in (None, asked["redirect_uri"]) else None

    def _outcome(self, client: Client, asked: Mapping[str, str], tenant: int, *, approved: bool) -> Response:
        with self._state.lock:
            wanted, self._state.next_consent = self._state.next_consent, "approve"
            scopes = tuple(asked["scope"].split())
            if wanted == "silent":
                # A Fortnox account locked for unpaid invoices comes back with neither code nor state.
                return RedirectResponse(asked["redirect_uri"], 302)
            if wanted == "deny" or not approved:
                return _back(asked, {"error": "access_denied", "error_description": "The user denied access"})
            if not self._state.tenants[tenant].unlicensed.isdisjoint(scopes):
                return _back(
                    asked, {"error": "error_missing_license", "error_description": "License is missing for scope"}
                )
            consent = Consent(client.id, tenant, scopes, service=asked.get("account_type") == "service")
            return _back(asked, {"code": self._state.grants.approve(consent, asked["redirect_uri"])})


def _refused_before_login(client: Client, asked: Mapping[str, str]) -> dict[str, str] | None:
    if asked.get("response_type") != "code" or not asked.get("state"):
        return {"error": "invalid_request", "error_description": "response_type=code and state are required"}
    scopes = asked.get("scope", "").split()
    if not scopes or not set(scopes) <= client.scopes:
        return {"error": "invalid_scope", "error_description": "The scope requested is invalid for this client"}
    if asked.get("account_type") == "service" and not client.service_accounts:
        return {
            "error": "error_client_not_allow_service_account",
            "error_description": "Client does not allow service account",
        }
    return None


def _back(asked: Mapping[str, str], answer: Mapping[str, str]) -> Response:
    state = {"state": asked["state"]} if "state" in asked else {}
    separator = "&" if "?" in asked["redirect_uri"] else "?"
    return RedirectResponse(asked["redirect_uri"] + separator + urlencode({**answer, **state}), 302)


def _hand_out(pair: Pair) -> Response:
    body: dict[str, object] = {
        "access_token": pair.access_token,
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "token_type": "bearer",
        "scope": " ".join(pair.scopes),
    }
    if pair.refresh_token is not None:
        body["refresh_token"] = pair.refresh_token
    response = _oauth_json(body, 200, "application/json")
    response.headers.update({"cache-control": "no-store", "pragma": "no-cache"})
    return response


def _refuse(error: GrantError) -> Response:
    """JSON under content types that deny it, exactly as recorded."""
    body = {"error": error.error, "error_description": error.description}
    if error.status == 401:
        return _oauth_json(body, 401, "text/plain;charset=UTF-8")
    response = _oauth_json(body, error.status, "text/html; charset=UTF-8")
    response.headers["cache-control"] = "no-store"
    return response


def _oauth_json(body: Mapping[str, object], status: int, content_type: str) -> Response:
    return Response(encode(body), status, {"content-type": content_type, "server": "Fortnox", "x-uid": uid()})


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
