"""The states of a connection (pure); docs/connection.md draws them.

pending → active → expiring → expired | revoked | lost → (reconnected) → active
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from shared.errors import Later

PENDING: Final = "pending"
ACTIVE: Final = "active"
EXPIRING: Final = "expiring"
EXPIRED: Final = "expired"
REVOKED: Final = "revoked"
LOST: Final = "lost"

USABLE = frozenset({ACTIVE, EXPIRING})
ACTIVE_FOR = timedelta(days=30)  # moved ahead by every import and export, as in the product followed

AUTHORIZATION_CODE: Final = "authorization_code"
SERVICE_ACCOUNT: Final = "service_account"


def waiting_for_reconnect(connection_id: object) -> str:
    """Name what a run waits for when its connection must be made anew."""
    return f"reconnect:{connection_id}"


def reconnect_needed(connection_id: object, state: str, reason: str | None, until: datetime | None = None) -> Later:
    said = f": {reason}" if reason else ""
    return Later(
        "reconnect-needed",
        f"the connection to Fortnox is {state}{said}; connect the client again",
        until=until,
        waiting_for=waiting_for_reconnect(connection_id),
    )
