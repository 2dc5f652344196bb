"""Answers that are given before any resource is asked."""

from __future__ import annotations

import math

from starlette.responses import Response

from services.sandbox.state import Switches
from services.sandbox.wire import Answer, encode

BODIES_429 = {
    "empty": (b"", "text/plain"),
    "json": (encode({"message": "Too Many Requests"}), "application/json"),
    "html": (b"<html><body><h1>429 Too Many Requests</h1></body></html>", "text/html"),
}


def respond(answer: Answer) -> Response:
    return Response(answer.content, answer.status, dict(answer.headers))


def unauthorized() -> Response:
    """Refuse as the gateway does: no ErrorInformation and no X-Uid."""
    body = encode({"message": "unauthorized"})
    return Response(body, 401, {"content-type": "application/json", "server": "Fortnox"})


def too_many_calls(switches: Switches, wait_s: float) -> Response:
    """Neither the body nor a Retry-After is documented, so both are switches."""
    body, media_type = BODIES_429[switches.body_429]
    headers = {"content-type": media_type, "server": "Fortnox"}
    if switches.retry_after:
        headers["retry-after"] = str(math.ceil(wait_s))
    return Response(body, 429, headers)
