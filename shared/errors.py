"""The four families of failure; every error of every layer is exactly one of them.

PipelineError
├── Retryable       try again soon, counted as a failure
│   └── Outage      the other side is away: not counted, and tried again for a day
├── Later           try again at `until`, not counted as a failure (rate limit, outage, reconnect needed)
├── Rejected        never again; say why
└── Unknown         the outcome is not known: find out, never repeat blindly
"""

from __future__ import annotations

from datetime import datetime


class PipelineError(Exception):
    """A failure with a stable `code` (kebab-case) and a reason that a person can act on."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Retryable(PipelineError):
    """The same again soon may succeed."""


class Outage(Retryable):
    """The other side is away, whoever asks: a worker waits for its return as it does for Later, for a day at most."""


class Later(PipelineError):
    """Not now: again at `until`, or earlier when `waiting_for` has happened; one of the two is given."""

    def __init__(self, code: str, reason: str, *, until: datetime | None, waiting_for: str | None = None) -> None:
        super().__init__(code, reason)
        self.until = until
        self.waiting_for = waiting_for


class Rejected(PipelineError):
    """The same again would fail in the same way."""


class Unknown(PipelineError):
    """Whether it happened is not known."""
