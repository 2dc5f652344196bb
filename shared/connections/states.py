"""The states of a connection (pure); docs/connection.md draws them.

pending → active → expiring → expired | revoked | lost → (reconnected) → active
"""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from shared.errors import Later

PENDING: Final = "pending"
ACTIVE: Final = "active"
EXPIRING: Final = "expiring"
EXPIRED: Final = "expired"
REVOKED: Final = "revoked"
LOST: Final = "lost"

# Why a connection ends. Gateway and importer add codes of their own; each leads to "lost" unless it is named below.
REFRESH_TOKEN_REFUSED: Final = "refresh-token-refused"  # noqa: S105 - a reason
REFRESH_TOKEN_MISSING: Final = "refresh-token-missing"  # noqa: S105 - a reason
RENEWAL_ANSWER_LOST: Final = "renewal-answer-lost"
DISCONNECTED: Final = "disconnected"
CONSENT_REVOKED: Final = "consent-revoked"
WRONG_COMPANY: Final = "wrong-company"
_ENDS_AS: Final = MappingProxyType(
    {EXPIRED: EXPIRED, DISCONNECTED: REVOKED, CONSENT_REVOKED: REVOKED, WRONG_COMPANY: REVOKED}
)

# What is noted on a connection that is in use; its next renewal settles it.
CONSENT_IN_DOUBT: Final = "consent-in-doubt"  # Fortnox has said that the consent is gone, and nobody has tried it yet
TOKEN_UNREADABLE: Final = "token-unreadable"  # noqa: S105 - a reason
RENEWAL_REFUSED: Final = "renewal-refused"  # of our program, not of this connection

ALL: Final = (PENDING, ACTIVE, EXPIRING, EXPIRED, REVOKED, LOST)
USABLE = frozenset({ACTIVE, EXPIRING})
ACTIVE_FOR = timedelta(days=30)  # moved ahead by every import and export, as in the product followed

NOTICE_DAYS: Final = (7, 3, 1)
_RECONNECT: Final = "reconnect:"

AUTHORIZATION_CODE: Final = "authorization_code"
SERVICE_ACCOUNT: Final = "service_account"


def end_state(code: str) -> str:
    """Return the state in which a connection ends for this reason: expired, revoked or lost."""
    return _ENDS_AS.get(code, LOST)


def notice_due(active_until: datetime | None, given_days: int | None, now: datetime) -> int | None:
    """Return the notice of its end that a connection is due (7, 3 or 1 day), None when it was given, or none is due."""
    if active_until is None or active_until <= now:
        return None
    due = min((days for days in NOTICE_DAYS if active_until - now <= timedelta(days=days)), default=None)
    return due if due is not None and (given_days is None or due < given_days) else None


def waiting_for_reconnect(connection_id: object) -> str:
    """Name what a run waits for when its connection must be made anew."""
    return f"{_RECONNECT}{connection_id}"


def connection_waited_for(waiting_for: str) -> UUID:
    return UUID(waiting_for.removeprefix(_RECONNECT))


def reconnect_needed(connection_id: object, state: str, reason: str | None, until: datetime | None = None) -> Later:
    said = f": {reason}" if reason else ""
    return Later(
        "reconnect-needed",
        f"the connection to Fortnox is {state}{said}; connect the client again",
        until=until,
        waiting_for=waiting_for_reconnect(connection_id),
    )


def company_unchecked(connection_id: object) -> Later:
    """Say that the importer has yet to see whether the connection leads into the client's company; it wakes who waits."""
    return Later(
        "company-unchecked",
        "the company behind the new connection to Fortnox has not been checked yet",
        until=None,
        waiting_for=waiting_for_reconnect(connection_id),
    )
