"""One HTTP exchange: the answer's bytes under a size limit, and JSON read from them without binary floats."""

from __future__ import annotations

import json
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


def _refuse_constant(name: str) -> Decimal:
    raise ValueError(f"{name} is not JSON")
