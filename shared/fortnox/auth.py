"""The bearer token on every call, and one renewal when Fortnox no longer takes it."""

from __future__ import annotations

from collections.abc import Generator

import httpx

from shared.fortnox.protocols import Tokens


class FortnoxAuth(httpx.Auth):
    """Shows the current token; on 401 renews once for the version that failed, and repeats.

    The gateway turns a bad token away before the call is processed, so the repeat is safe for a POST too. A second
    401 goes to the caller.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._tokens.current()
        request.headers["Authorization"] = f"Bearer {token.value}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = self._tokens.renew(token.version)
            request.headers["Authorization"] = f"Bearer {token.value}"
            yield request
