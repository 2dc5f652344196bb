"""Taking a connection away: the consent at Fortnox first, then the tokens here."""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.auth import Caller
from services.gateway.deps import GatewayDeps
from shared.connections.states import REVOKED
from shared.connections.tokens import bound_to
from shared.errors import Rejected
from shared.store.connections import Authorization, Connection
from shared.store.database import of_firm
from shared.store.engagements import Engagement

log = structlog.get_logger(__name__)


def disconnect(deps: GatewayDeps, caller: Caller, engagement_id: UUID) -> None:
    """Revoke and forget; raises Rejected "not-found", and Retryable when Fortnox is away: nothing is forgotten then.

    A refusal by Fortnox does not keep the tokens here; the audit log says that the consent was not taken back. A
    renewal that is under way meanwhile finds the version moved and its answer unwanted.
    """
    with deps.store.read() as session:
        connection = _connection_of(session, caller.firm_id, engagement_id)
    revoked = _revoke(deps, connection)
    with deps.store.write() as session:
        connection = _connection_of(session, caller.firm_id, engagement_id, lock=True)
        _forget(connection, caller.name)
        now = deps.clock.now()
        session.execute(
            update(Authorization)
            .where(Authorization.engagement_id == engagement_id, Authorization.used_at.is_(None))
            .values(used_at=now)
        )
        audit.note(
            session,
            firm_id=caller.firm_id,
            actor=caller.name,
            action="connection-removed",
            subject=connection.id,
            at=now,
            tenant_id=connection.tenant_id,
            revoked_at_fortnox=revoked,
        )


def _revoke(deps: GatewayDeps, connection: Connection) -> bool:
    if connection.refresh_token is None:
        return False
    try:
        deps.oauth.revoke(deps.vault.open(connection.refresh_token, bound_to(connection.id, "refresh_token")))
    except Rejected as error:
        log.warning("consent_not_revoked", connection_id=str(connection.id), code=error.code, reason=error.reason)
        return False
    return True


def _forget(connection: Connection, by: str) -> None:
    connection.state, connection.state_reason = REVOKED, f"disconnected by {by}"
    connection.access_token = connection.refresh_token = connection.access_expires_at = connection.active_until = None
    connection.lease_owner = connection.lease_until = connection.pending_since = None
    connection.version += 1


def _connection_of(session: Session, firm_id: UUID, engagement_id: UUID, *, lock: bool = False) -> Connection:
    engagement = of_firm(session, Engagement, firm_id, engagement_id)
    statement = select(Connection).where(Connection.client_id == engagement.client_id)
    connection = session.scalar(statement.with_for_update() if lock else statement)
    if connection is None:
        raise Rejected("not-found", f"no connection of engagement {engagement_id}")
    return connection
