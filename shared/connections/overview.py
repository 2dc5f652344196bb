"""Which connections end soon, for the API and the command line alike."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_

from shared.connections.states import USABLE
from shared.store.connections import Connection


def ends_within(days: int, now: datetime) -> ColumnElement[bool]:
    """Select what will end within so many days unless it is renewed; a service account has no end of its own."""
    return and_(Connection.state.in_(USABLE), Connection.active_until <= now + timedelta(days=days))


def days_left(connection: Connection, now: datetime) -> int | None:
    """Return the whole days until the connection ends, 0 on its last; None when it has ended or has no end."""
    if connection.state not in USABLE or connection.active_until is None:
        return None
    return max(0, (connection.active_until - now).days)
