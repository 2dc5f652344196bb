"""How Fortnox writes on the wire: JSON as PHP encodes it, amounts in their shortest form, and the usual headers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

API_URL = "https://api.fortnox.se/3"
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """A finished answer; `entity` is what a 201 created, kept for the journal."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    entity: Any = None


def encode(value: Any) -> bytes:
    """Write JSON as PHP's json_encode writes it: no spaces, non-ASCII and slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, encode(value), {"content-type": JSON, **headers}, entity=value if status == 201 else None)


def created(value: Any, location: str) -> Answer:
    """Answer 201; `location` is a bare word in Fortnox, never a URL."""
    return json_answer(value, 201, location=location)


def binary_answer(content: bytes) -> Answer:
    return Answer(200, content, {"content-type": "application/octet-stream"})


def uid() -> str:
    """Make the eight hex digits that support asks for."""
    return secrets.token_hex(4)


def amount(ore: int) -> int | float:
    """Return whole amounts as integers, others as the shortest float."""
    return ore // 100 if ore % 100 == 0 else ore / 100


def amount_text(ore: int) -> str:
    return str(amount(ore))


def rate_number(rate: str) -> int | float:
    value = Decimal(rate)
    return int(value) if value == value.to_integral_value() else float(value)


def rate_text(rate: str) -> str:
    return str(rate_number(rate))


def day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
