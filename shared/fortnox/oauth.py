"""Fortnox' OAuth endpoints (developer pages: authorization), one exchange per call and no memory.

Whoever calls `exchange_code` or `refresh` holds a single-use secret: an Unknown error means that it may be burnt.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx

from shared.clock import Clock
from shared.fortnox.answers import Answer, AnswerTooLargeError, cut_after, exchange
from shared.fortnox.error_codes import Advice
from shared.fortnox.errors import (
    FortnoxError,
    InvalidClient,
    InvalidGrant,
    Refused,
    evidence_from,
    failed_on_the_way,
    rate_limited,
    transport_error,
)
from shared.fortnox.tls import tls_context

_MAX_BYTES = 1_000_000  # a token answer is two kilobytes
_CONNECT_TIMEOUT_S = 3.0  # once for the socket, once for TLS
_WRITE_TIMEOUT_S = 3.0
_POOL_TIMEOUT_S = 1.0
HEARD_OUT_S = 42.0  # what these add up to with 32 s of waiting for the answer


@dataclass(frozen=True)
class Grant:
    """Tokens as Fortnox gave them; `tenant_id` is None when the access token does not tell it."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in_s: int
    scopes: tuple[str, ...]
    tenant_id: str | None


class OAuthClient:
    """Speaks to the OAuth endpoints below `auth_url`, for example https://apps.fortnox.se/oauth-v1.

    A refresh takes Fortnox about 0.7 s; giving up early on one burns its token, so a slow answer is waited for.
    `timeout_s` bounds each wait for bytes, `heard_out_s` an exchange as a whole, which the lease of a renewal outlasts.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        auth_url: str,
        redirect_uri: str,
        clock: Clock,
        timeout_s: float = 32.0,
        heard_out_s: float = HEARD_OUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._client_id = client_id
        self._auth_url = auth_url.rstrip("/")
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._heard_out_s = heard_out_s
        self._http = httpx.Client(
            auth=httpx.BasicAuth(client_id, client_secret),
            headers={"Accept": "application/json"},
            timeout=httpx.Timeout(timeout_s, connect=_CONNECT_TIMEOUT_S, write=_WRITE_TIMEOUT_S, pool=_POOL_TIMEOUT_S),
            # A kept connection may be dead without our knowing, and a refresh lost on it is one in doubt.
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            verify=tls_context(),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def authorize_url(self, state: str, scopes: Iterable[str], *, service_account: bool) -> str:
        """Return the address at which the accountant approves; one approval covers one company."""
        query = {
            "client_id": self._client_id,
            "response_type": "code",
            "state": state,
            "scope": " ".join(scopes),
            "redirect_uri": self._redirect_uri,
            "access_type": "offline",
        }
        if service_account:
            query["account_type"] = "service"
        return f"{self._auth_url}/auth?{urlencode(query, quote_via=quote)}"

    def exchange_code(self, code: str) -> Grant:
        """Exchange an authorisation code (ten minutes, single use) for tokens.

        Raises InvalidGrant, InvalidClient, Refused, RateLimited, FortnoxUnavailable (nothing was exchanged) and
        OutcomeUnknown (the answer may have been lost).
        """
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri}
        return self._grant(form, repeatable=False)

    def refresh(self, refresh_token: str) -> Grant:
        """Exchange a refresh token (45 days, single use) for a new pair; errors as for `exchange_code`.

        Half a pair is OutcomeUnknown too: the old token is worth nothing beside a new one that did not come.
        """
        grant = self._grant({"grant_type": "refresh_token", "refresh_token": refresh_token}, repeatable=False)
        if grant.refresh_token is None:
            raise failed_on_the_way(
                "fortnox-answer-incomplete", "the token endpoint answered without a refresh token", repeatable=False
            )
        return grant

    def client_credentials(self, tenant_id: str) -> Grant:
        """Return an access token for a service account; it comes without a refresh token and can be asked for again.

        Raises what `exchange_code` raises, except OutcomeUnknown.
        """
        return self._grant({"grant_type": "client_credentials"}, repeatable=True, headers={"TenantId": tenant_id})

    def revoke(self, refresh_token: str) -> None:
        """Take back the consent that the refresh token stands for; repeating it does no harm."""
        self._post("/revoke", {"token_type_hint": "refresh_token", "token": refresh_token}, repeatable=True)

    def _grant(self, form: Mapping[str, str], *, repeatable: bool, headers: Mapping[str, str] | None = None) -> Grant:
        answer = self._post("/token", form, repeatable=repeatable, headers=headers)
        grant = _grant_from(answer)
        if grant is None:
            raise failed_on_the_way(
                "fortnox-answer-unreadable",
                f"the token endpoint answered {answer.status} without a token",
                repeatable=repeatable,
            )
        return grant

    def _post(
        self, path: str, form: Mapping[str, str], *, repeatable: bool, headers: Mapping[str, str] | None = None
    ) -> Answer:
        request = self._http.build_request("POST", self._auth_url + path, data=dict(form), headers=headers)
        try:
            with cut_after(request, self._heard_out_s):
                answer = exchange(self._http, request, max_bytes=_MAX_BYTES)
        except AnswerTooLargeError:
            raise failed_on_the_way(
                "fortnox-answer-too-large", f"the answer exceeds {_MAX_BYTES} bytes", repeatable=repeatable
            ) from None
        except httpx.RequestError as exc:
            raise transport_error(exc, repeatable=repeatable) from None
        if not answer.is_success:
            raise self._error(answer, repeatable=repeatable)
        return answer

    def _error(self, answer: Answer, *, repeatable: bool) -> FortnoxError:
        # Content-Type says nothing here: invalid_grant was recorded as text/html, invalid_client as text/plain.
        if answer.status == 429:
            return rate_limited(answer, now=self._clock.now())
        said = f"the OAuth endpoint answered {answer.status}"
        if answer.status >= 500 or answer.status == 408 or answer.status < 400:
            # Behind a 502 the token may have been rotated all the same.
            return failed_on_the_way(
                "fortnox-server-error", said, repeatable=repeatable, evidence=evidence_from(answer)
            )
        verdict = (answer.json_object() or {}).get("error")
        if not isinstance(verdict, str):
            # A page of some gateway: nothing was exchanged, and it says nothing about the grant.
            return failed_on_the_way(
                "fortnox-answer-unreadable",
                f"{said} without a verdict",
                repeatable=True,
                evidence=evidence_from(answer),
            )
        error = _refusal(verdict, f"{said}: {evidence_from(answer).message}")
        error.evidence = evidence_from(answer)
        return error


def _refusal(verdict: str, reason: str) -> Refused:
    match verdict:
        case "invalid_grant":
            return InvalidGrant("invalid-grant", reason, Advice.CONNECTION)
        case "invalid_client":
            return InvalidClient("invalid-client", reason, Advice.PROGRAM)
        case _:
            return Refused("oauth-refused", f"{reason} ({verdict[:60]})", Advice.CONNECTION)


def _grant_from(answer: Answer) -> Grant | None:
    content = answer.json_object() or {}
    access_token, refresh_token = content.get("access_token"), content.get("refresh_token")
    if not isinstance(access_token, str) or not access_token:
        return None
    try:
        expires_in_s = int(content.get("expires_in", 0))
    except (TypeError, ValueError):
        expires_in_s = 0  # usable once; the next call renews it
    return Grant(
        access_token=access_token,
        refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
        expires_in_s=expires_in_s,
        scopes=tuple(str(content.get("scope") or "").split()),
        tenant_id=_tenant_id(access_token),
    )


def _tenant_id(access_token: str) -> str | None:
    """Read the claim `tenantId`; the signature is not checked, because the token came straight from its issuer."""
    try:
        payload = access_token.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        tenant_id = claims["tenantId"]
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    return str(tenant_id) if isinstance(tenant_id, int | str) and tenant_id != "" else None
