"""What the client needs from the outside: a token to show, and a turn to speak."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class AccessToken:
    """An access token and the version of the connection row that it was read from."""

    value: str = field(repr=False)
    version: int


class Tokens(Protocol):
    """The access tokens of one connection.

    Both methods may raise Retryable, Later or Rejected. They never raise Unknown: in the middle of a POST that would
    be read as "the outcome of the POST is unknown", although nothing was posted.
    """

    def current(self) -> AccessToken:
        """Return a token that is not known to have expired."""
        ...

    def renew(self, seen_version: int) -> AccessToken:
        """Return a token newer than `seen_version`, renewing at most once however many callers have seen it fail."""
        ...


class Pacer(Protocol):
    """The rate limit of one Fortnox tenant."""

    def take_turn(self) -> None:
        """Return when one call may be sent: may sleep briefly, or raise Later."""
        ...

    def pause_until(self, until: datetime) -> None:
        """Let nobody call this tenant before `until`: Fortnox answered 429."""
        ...
