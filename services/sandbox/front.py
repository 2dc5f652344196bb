"""The outermost layer: counts what arrives and carries out the faults, down to the socket."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.sandbox.errors import FortnoxError
from services.sandbox.faults import FaultRule
from services.sandbox.refusals import respond, too_many_calls
from services.sandbox.state import SandboxState
from services.sandbox.wire import json_answer

BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
SLOW_STEPS = 10


class Front:
    def __init__(self, app: ASGIApp, state: SandboxState) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self._app(scope, receive, send)
            return
        self._count(scope)
        rule = self._state.faults.pick(scope["method"], scope["path"])
        if rule is None:
            await self._app(scope, receive, send)
        elif (refusal := self._refusal(rule)) is not None:
            await refusal(scope, receive, send)
        elif rule.kind == "cut-before-commit":
            await _cut(scope, receive)
        elif rule.kind == "timeout":
            await _until_the_client_leaves(receive)
        else:
            await self._work_then_misbehave(rule, scope, receive, send)

    def _count(self, scope: Scope) -> None:
        """Count the call before anything else: one that a fault answers has still been made."""
        if scope["path"].startswith("/3/"):
            pair = self._state.grants.bearer(bearer_token(Headers(scope=scope)))
            if pair is not None:
                self._state.rate.arrived(pair.consent.tenant)

    def _refusal(self, rule: FaultRule) -> Response | None:
        if rule.kind == "429":
            return too_many_calls(self._state.switches, wait_s=rule.seconds)
        if rule.kind == "500":
            return _system_exception()
        if rule.kind == "502":
            return Response(BAD_GATEWAY, 502, media_type="text/html")
        return None

    async def _work_then_misbehave(self, rule: FaultRule, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self._app(scope, receive, keep)
        if rule.kind == "cut-after-commit":
            await _cut(scope, receive)
        elif rule.kind == "timeout-after-commit":
            await _until_the_client_leaves(receive)
        elif rule.kind == "500-after-commit":
            await _system_exception()(scope, receive, send)
        elif rule.kind == "truncated-body":
            await send(start)
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            scope["state"]["transport"].close()
            await _until_the_client_leaves(receive)
        elif rule.kind == "slow-body":
            await send(start)
            await _trickle(body, rule.seconds, send)
        else:
            await asyncio.sleep(rule.seconds)
            await send(start)
            await send({"type": "http.response.body", "body": body})


def bearer_token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _system_exception() -> Response:
    return respond(json_answer(FortnoxError(1000003, "System exception", status=500).body(), 500))


async def _trickle(body: bytes, seconds: float, send: Send) -> None:
    step = max(len(body) // SLOW_STEPS, 1)
    for at in range(0, len(body), step):
        await send({"type": "http.response.body", "body": body[at : at + step], "more_body": True})
        await asyncio.sleep(seconds / SLOW_STEPS)
    await send({"type": "http.response.body", "body": b""})


async def _cut(scope: Scope, receive: Receive) -> None:
    scope["state"]["transport"].abort()
    await _until_the_client_leaves(receive)


async def _until_the_client_leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
