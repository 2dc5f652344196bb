"""One HTTP exchange: the answer's bytes under a size limit, and JSON read from them without binary floats."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx


class AnswerTooLargeError(Exception):
    """The answer exceeded its size limit and was abandoned."""


@dataclass(frozen=True)
class Answer:
    """A complete answer; `body` is decompressed but not decoded."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_html(self) -> bool:
        """Judged by the body: Fortnox labels JSON as text/html and text/plain."""
        return self.body.lstrip()[:1] == b"<"

    def json(self) -> Any:
        """Return the body as JSON with decimals as Decimal, whatever the content type says.

        Raises ValueError for anything that is not JSON.
        """
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=_refuse_constant)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    def json_object(self) -> dict[str, Any] | None:
        """Return the body if it is a JSON object, else None."""
        try:
            content = self.json()
        except ValueError:
            return None
        return content if isinstance(content, dict) else None


def exchange(http: httpx.Client, request: httpx.Request, *, max_bytes: int) -> Answer:
    """Send the request once and read the whole answer.

    Raises httpx.RequestError, and AnswerTooLargeError as soon as the decompressed body exceeds `max_bytes`.
    """
    response = http.send(request, stream=True)
    try:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > max_bytes:
                raise AnswerTooLargeError
    finally:
        response.close()
    return Answer(response.status_code, response.headers, bytes(body))


@contextmanager
def cut_after(request: httpx.Request, seconds: float) -> Iterator[None]:
    """Cut the request's connection when the block lasts longer: whoever waits for bytes then finds it closed.

    The timeouts of httpx bound each wait for bytes, and an answer that drips is none of them. This works on connections
    that are made for the request, not on kept ones.
    """
    cut = _Cut()
    request.extensions["trace"] = cut.trace
    timer = threading.Timer(seconds, cut.now)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Cut:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stream: Any = None
        self._is_due = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note the connection as it is made, and made secure; called by the transport."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._stream = info["return_value"]
                is_late = self._is_due
            if is_late:
                self.now()

    def now(self) -> None:
        with self._lock:
            self._is_due = True
            stream = self._stream
        if stream is not None:
            with suppress(OSError):  # closed already
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def _refuse_constant(name: str) -> Decimal:
    raise ValueError(f"{name} is not JSON")
