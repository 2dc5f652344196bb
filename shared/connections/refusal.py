"""The end of a connection: its tokens are forgotten, and everybody who must know is told in the same transaction."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from shared.connections.audit import SYSTEM, note
from shared.connections.states import EXPIRED, USABLE, end_state
from shared.messaging.events import ConnectionChanged, new_event
from shared.messaging.outbox import emit
from shared.observability.metrics import CONNECTIONS_ENDED
from shared.store.connections import Connection

log = structlog.get_logger(__name__)

REASON_CHARS = 500


def refuse(
    session: Session,
    connection: Connection,
    code: str,
    reason: str,
    now: datetime,
    *,
    actor: str = SYSTEM,
    keeps_refresh_token: bool = False,
) -> None:
    """End the connection as expired, revoked or lost, whichever `code` means, and emit connection-lost.

    The row must be locked. Its version moves, so that the answer to a renewal under way finds itself unwanted. One that
    had ended before gets the new reason and no second connection-lost. With `keeps_refresh_token` the caller takes the
    consent back at Fortnox afterwards and forgets the token then.
    """
    was_usable = connection.state in USABLE
    connection.state, connection.state_code, connection.state_reason = end_state(code), code, reason[:REASON_CHARS]
    connection.access_token = connection.access_expires_at = None
    if not keeps_refresh_token:
        connection.refresh_token = None
    connection.lease_owner = connection.lease_until = connection.pending_since = None
    connection.version += 1
    if connection.state != EXPIRED:
        connection.active_until = None
    said = connection.state_reason
    note(session, connection, f"connection-{connection.state}", now, actor=actor, code=code, reason=said)
    if was_usable:
        _tell(session, connection, now)


def _tell(session: Session, connection: Connection, now: datetime) -> None:
    changed = ConnectionChanged(
        connection_id=connection.id,
        reason_code=connection.state_code,
        reason=connection.state_reason,
        active_until=connection.active_until,
    )
    event = new_event("connection-lost", connection.engagement_id, changed, now)
    emit(session, event, firm_id=connection.firm_id, now=now)
    CONNECTIONS_ENDED.labels(connection.state_code).inc()
    log.warning(
        "connection_ended",
        connection_id=str(connection.id),
        state=connection.state,
        reason_code=connection.state_code,
    )
