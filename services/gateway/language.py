"""Swedish or English, as the caller prefers (RFC 9110, Accept-Language)."""

from __future__ import annotations

from typing import Literal

from fastapi import Request

Language = Literal["sv", "en"]


def language_of(request: Request) -> Language:
    return preferred(request.headers.get("accept-language", ""))


def preferred(accept_language: str) -> Language:
    """Return the better liked of the two, English when the header speaks of neither."""
    liking: dict[str, float] = {}
    for part in accept_language.lower().split(","):
        tag, _, parameter = part.partition(";")
        primary = tag.strip().partition("-")[0]
        liking[primary] = max(liking.get(primary, 0.0), _quality(parameter))
    return "sv" if liking.get("sv", 0.0) > liking.get("en", 0.0) else "en"


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
