"""A limit on request bodies that counts the bytes that arrive, whatever Content-Length says."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.adjustments.files import FILE_BYTES_MAX
from shared.errors import Rejected
from shared.messaging.events import MAX_BODY_BYTES as MAX_EVENT_BYTES
from shared.uploads import MAX_FILE_BYTES

MAX_BYTES = 1_000_000
MAX_BYTES_OF_PATH = {"/v1/events": MAX_EVENT_BYTES}
MAX_FILE_BYTES_OF_PATHS = {"/imports/sie": MAX_FILE_BYTES, "/files": FILE_BYTES_MAX}
FORM_BYTES = 10_000  # what a form puts around its file


class BodyLimit:
    """Fails the read of a body at the byte that is too many; the rest is never taken from the socket.

    A body that announces itself as too large is refused before its first byte: a client that asks first (Expect:
    100-continue) never sends it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        max_file_bytes = next(
            (size for ending, size in MAX_FILE_BYTES_OF_PATHS.items() if scope["path"].endswith(ending)), None
        )
        max_bytes = MAX_BYTES_OF_PATH.get(scope["path"], MAX_BYTES)
        if max_file_bytes is not None:
            max_bytes = max_file_bytes + FORM_BYTES
        announced = Headers(scope=scope).get("content-length", "")
        received = int(announced) if announced.isdecimal() and int(announced) > max_bytes else 0

        async def counted() -> Message:
            nonlocal received
            message: Message = {} if received > max_bytes else await receive()
            received += len(message.get("body", b""))
            if received > max_bytes:
                if max_file_bytes is not None:
                    raise Rejected("file-too-large", f"a file may have {max_file_bytes} bytes")
                raise HTTPException(413, f"the limit is {max_bytes} bytes")
            return message

        await self._app(scope, counted, send)
