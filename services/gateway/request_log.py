"""One log line per request, without bodies, keys or query strings, and a problem for what nobody expected."""

from __future__ import annotations

import time
from uuid import uuid4

import structlog
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.problems import problem

log = structlog.get_logger(__name__)


class RequestLog:
    """Gives each request an id, which the answer's X-Request-Id and every log line of the request carry."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, started, status = str(uuid4()), time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, noted)
            except Exception:  # what nobody expected becomes a problem document
                log.exception("request_failed")
                if status:
                    raise  # the answer has begun: only breaking it off tells the caller
                await problem(Request(scope), "internal-error")(scope, receive, noted)
            log.info(
                "request",
                method=scope["method"],
                route=_template(scope),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
                firm_id=_firm_id(scope),
            )


def _template(scope: Scope) -> str | None:
    """Return the path with its parameters' names; the real one may hold what does not belong in a log."""
    return getattr(scope.get("route"), "path", None)


def _firm_id(scope: Scope) -> str | None:
    caller = scope.get("state", {}).get("caller")
    return str(caller.firm_id) if caller else None
