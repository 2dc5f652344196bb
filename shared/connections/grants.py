"""What Fortnox granted, in the connection's row: sealed, and only ever replaced by what came after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.connections.audit import note
from shared.connections.states import (
    ACTIVE,
    ACTIVE_FOR,
    CONSENT_IN_DOUBT,
    RENEWAL_ANSWER_LOST,
    SERVICE_ACCOUNT,
    USABLE,
    waiting_for_reconnect,
)
from shared.fortnox import Grant
from shared.messaging.events import ConnectionChanged, new_event
from shared.messaging.outbox import emit, release
from shared.security.vault import Vault
from shared.store.connections import Connection

LONGEST_ACCESS_S = 86_400  # Fortnox says an hour; a number beyond a day is not one to rely on


def bound_to(connection_id: UUID, column: str) -> str:
    return f"connections|{connection_id}|{column}"


def keep_grant(row: Connection, grant: Grant, vault: Vault, now: datetime) -> None:
    """Put what an accountant has just approved into the row: the connection is active, in the company it names.

    `now` is the store's calendar, as for everything that dates a connection.
    """
    if grant.tenant_id is not None and grant.tenant_id.isdecimal():
        row.tenant_id = int(grant.tenant_id)
    row.state_code = row.state_reason = None
    _keep_tokens(row, grant, vault, now)


def accept(
    session: Session, vault: Vault, connection_id: UUID, seen_version: int, grant: Grant, now: datetime
) -> Connection | None:
    """Store the answer to a renewal that began at `seen_version`, and return the row; None when it is unwanted.

    It is wanted while nothing else has happened to the row, and also when the only thing that happened is that the
    answer was given up for lost: then it came late, and the connection lives again.
    """
    row = session.get(Connection, connection_id, with_for_update=True)
    if row is None:
        return None
    came_late = row.state_code == RENEWAL_ANSWER_LOST and row.version == seen_version + 1
    if not came_late and (row.state not in USABLE or row.version != seen_version):
        return None
    _keep_tokens(row, grant, vault, now)
    if came_late:
        note(session, row, "connection-recovered", now, reason="the answer that was given up for lost came after all")
        release(session, waiting_for_reconnect(row.id), now)
    changed = ConnectionChanged(connection_id=row.id, active_until=row.active_until)
    emit(session, new_event("connection-renewed", row.engagement_id, changed, now), firm_id=row.firm_id, now=now)
    return row


def is_locked(session: Session, connection_id: UUID) -> bool:
    """Say whether somebody else is writing the row; else it is locked from now on."""
    this_row = select(Connection.id).where(Connection.id == connection_id)
    if session.scalar(this_row.with_for_update(skip_locked=True)) is not None:
        return False
    return session.scalar(this_row) is not None


def settle_doubt(session: Session, row: Connection, doubt: str, now: datetime) -> None:
    """Take back the doubt about the consent: a renewal that began in doubt was granted."""
    note(session, row, "connection-doubt-settled", now, reason=doubt)
    row.state_code = row.state_reason = None


def _keep_tokens(row: Connection, grant: Grant, vault: Vault, now: datetime) -> None:
    """Sealed tokens, a new version, 30 more days, no lease, and no trace of an earlier end.

    A service account lasts until its consent is revoked, so it has no last day and keeps no refresh token. A doubt
    about the consent stays: this answer may be older than it, and only a renewal that began in doubt settles it.
    """
    is_service = row.grant_type == SERVICE_ACCOUNT
    row.access_token = vault.seal(grant.access_token, bound_to(row.id, "access_token"))
    row.access_expires_at = now + timedelta(seconds=min(grant.expires_in_s, LONGEST_ACCESS_S))
    if is_service:
        row.refresh_token = None
    elif grant.refresh_token is not None:
        row.refresh_token = vault.seal(grant.refresh_token, bound_to(row.id, "refresh_token"))
    row.scopes = list(grant.scopes) or row.scopes
    row.version += 1
    row.renewed_at, row.active_until = now, None if is_service else now + ACTIVE_FOR
    row.state, row.notified_days = ACTIVE, None
    if row.state_code != CONSENT_IN_DOUBT:
        row.state_code = row.state_reason = None
    row.lease_owner = row.lease_until = row.pending_since = None
