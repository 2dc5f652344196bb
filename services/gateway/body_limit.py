"""A limit on request bodies that counts the bytes that arrive, whatever Content-Length says."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.messaging.events import MAX_BODY_BYTES as MAX_EVENT_BYTES

MAX_BYTES = 1_000_000
MAX_BYTES_OF_PATH = {"/v1/events": MAX_EVENT_BYTES}


class BodyLimit:
    """Fails the read of a body at the byte that is too many; the rest is never taken from the socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        max_bytes = MAX_BYTES_OF_PATH.get(scope["path"], MAX_BYTES)
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > max_bytes:
                raise HTTPException(413, f"the limit is {max_bytes} bytes")
            return message

        await self._app(scope, counted, send)
