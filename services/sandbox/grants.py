"""Consents, codes and tokens, with Fortnox's lifetimes and its single-use refresh tokens.

Code 10 minutes, access token 1 hour, refresh token 45 days (Fortnox, "Authorization").
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.sandbox.clock import MovableClock
from services.sandbox.errors import GrantError

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=45)
SCOPES = frozenset(
    [
        "archive",
        "article",
        "assets",
        "bookkeeping",
        "companyinformation",
        "connectfile",
        "costcenter",
        "currency",
        "customer",
        "inbox",
        "invoice",
        "noxfinansinvoice",
        "offer",
        "order",
        "payment",
        "price",
        "print",
        "profile",
        "project",
        "salary",
        "settings",
        "supplier",
        "supplierinvoice",
        "timereporting",
        "warehouse",
    ]
)


@dataclass
class Client:
    """An integration as registered in the developer portal."""

    id: str = "sandbox-client"
    secret: str = "sandbox-secret"  # noqa: S105 - the documented default of a stand-in
    scopes: frozenset[str] = SCOPES
    service_accounts: bool = True
    redirect_uri: str | None = None


@dataclass
class Consent:
    client_id: str
    tenant: int
    scopes: tuple[str, ...]
    service: bool
    revoked: bool = False


@dataclass
class Code:
    consent: Consent
    redirect_uri: str | None
    expires: datetime


@dataclass
class Pair:
    """What one call of the token endpoint handed out; `successors` came from its refresh token."""

    consent: Consent
    scopes: tuple[str, ...]
    access_token: str
    access_expires: datetime
    refresh_token: str | None
    refresh_expires: datetime
    burnt: bool = False
    dead: bool = False
    successors: list[Pair] = field(default_factory=list)


class Grants:
    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self.clients: dict[str, Client] = {}
        self.handed_out: list[str] = []  # every code and token: what must not turn up anywhere else
        self._codes: dict[str, Code] = {}
        self._consents: list[Consent] = []
        self._by_access: dict[str, Pair] = {}
        self._by_refresh: dict[str, Pair] = {}

    def register(self, client: Client) -> None:
        self.clients[client.id] = client

    def approve(self, consent: Consent, redirect_uri: str | None) -> str:
        """Record what the administrator approved; return the single-use code."""
        self._consents.append(consent)
        code = secrets.token_hex(18)
        self.handed_out.append(code)
        self._codes[code] = Code(consent, redirect_uri, self._clock.now() + CODE_LIFE)
        return code

    def redeem(self, client: Client, code: str, redirect_uri: str | None) -> Pair:
        found = self._codes.pop(code, None)
        if (
            found is None
            or found.consent.client_id != client.id
            or found.consent.revoked
            or found.redirect_uri != redirect_uri
            or self._clock.now() >= found.expires
        ):
            raise GrantError("invalid_grant", "Authorization code doesn't exist or is invalid for the client")
        return self._issue(found.consent, found.consent.scopes, refreshable=True)

    def refreshable(self, client: Client, token: str) -> Pair:
        """Return the pair that `token` may renew; refused when it is unknown, used, expired or revoked."""
        pair = self._by_refresh.get(token)
        if (
            pair is None
            or pair.burnt
            or pair.dead
            or pair.consent.revoked
            or pair.consent.client_id != client.id
            or self._clock.now() >= pair.refresh_expires
        ):
            raise GrantError("invalid_grant", "Invalid refresh token")
        return pair

    def rotate(self, pair: Pair) -> Pair:
        """Hand out the next pair; one already handed out for the same token dies, as measured at Fortnox."""
        for earlier in pair.successors:
            earlier.dead = True
        pair.burnt = True
        successor = self._issue(pair.consent, pair.scopes, refreshable=True)
        pair.successors.append(successor)
        return successor

    def service_token(self, client: Client, tenant: int, scopes: tuple[str, ...] | None) -> Pair:
        """Issue an access token for a tenant whose administrator approved a service account."""
        for consent in reversed(self._consents):
            if consent.service and not consent.revoked and (consent.client_id, consent.tenant) == (client.id, tenant):
                if scopes is not None and not set(scopes) <= set(consent.scopes):
                    raise GrantError("invalid_scope", "The scope requested is invalid for this request")
                return self._issue(consent, scopes or consent.scopes, refreshable=False)
        raise GrantError("invalid_grant", "No service account consent for the tenant")

    def bearer(self, access_token: str) -> Pair | None:
        pair = self._by_access.get(access_token)
        if pair is None or pair.dead or pair.consent.revoked or self._clock.now() >= pair.access_expires:
            return None
        return pair

    def revoke(self, client: Client, refresh_token: str) -> None:
        pair = self._by_refresh.get(refresh_token)
        if pair is not None and pair.consent.client_id == client.id:
            pair.consent.revoked = True

    def revoke_tenant(self, tenant: int) -> None:
        """Do what an administrator does who removes the integration inside Fortnox."""
        for consent in self._consents:
            if consent.tenant == tenant:
                consent.revoked = True

    def _issue(self, consent: Consent, scopes: tuple[str, ...], *, refreshable: bool) -> Pair:
        now = self._clock.now()
        access_token = _jwt(consent.tenant, consent.client_id, scopes, now)
        refresh_token = secrets.token_hex(20) if refreshable else None
        pair = Pair(consent, scopes, access_token, now + ACCESS_LIFE, refresh_token, now + REFRESH_LIFE)
        self.handed_out += [access_token] if refresh_token is None else [access_token, refresh_token]
        self._by_access[access_token] = pair
        if refresh_token is not None:
            self._by_refresh[refresh_token] = pair
        return pair


def _jwt(tenant: int, client_id: str, scopes: tuple[str, ...], now: datetime) -> str:
    """Make a token with the form and claims of a JWT; nobody but the stand-in reads its signature."""
    issued = int(now.timestamp())
    claims = {
        "tenantId": tenant,
        "clientId": client_id,
        "scope": list(scopes),
        "iat": issued,
        "exp": issued + int(ACCESS_LIFE.total_seconds()),
        "jti": secrets.token_hex(8),
    }
    parts = [_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join([*parts, _base64(secrets.token_bytes(32))])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
