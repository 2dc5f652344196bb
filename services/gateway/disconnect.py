"""Taking a connection away: the consent at Fortnox first, then the tokens here."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway.auth import Caller
from services.gateway.deps import GatewayDeps
from services.gateway.trip import CANCELLED, open_trips
from shared.connections.audit import note
from shared.connections.consent import is_used_elsewhere, take_back
from shared.connections.refusal import refuse
from shared.connections.states import DISCONNECTED, REVOKED
from shared.errors import Rejected
from shared.store.connections import Connection
from shared.store.database import of_firm
from shared.store.engagements import Engagement


def disconnect(deps: GatewayDeps, caller: Caller, engagement_id: UUID) -> None:
    """Revoke and forget; raises Rejected "not-found", and Retryable when Fortnox is away: nothing is forgotten then.

    A refusal by Fortnox does not keep the tokens here, and a consent on which another connection lives is left alone:
    the audit log says whether it was taken back. A renewal that is under way meanwhile finds the version moved and its
    answer unwanted, and an approval whose code is on its way to Fortnox finds its trip cancelled. What was imported stays.
    """
    while not _disconnect_once(deps, caller, engagement_id):
        pass  # renewed while Fortnox was told: the newer token has to be taken back too


def _disconnect_once(deps: GatewayDeps, caller: Caller, engagement_id: UUID) -> bool:
    """Revoke what is stored now and forget it; False when a newer token has come into its place meanwhile."""
    with deps.store.read() as session:
        seen = _connection_of(session, caller.firm_id, engagement_id)
        is_used = is_used_elsewhere(session, seen.tenant_id, besides=seen.id)
    revoked = not is_used and take_back(deps.access, seen.id, seen.refresh_token)
    now = deps.clock.now()
    with deps.store.write() as session:
        trips = open_trips(session, seen.client_id)  # before the connection: the order of locks is that of `trip`
        connection = _connection_of(session, caller.firm_id, engagement_id, lock=True)
        if connection.refresh_token is not None and connection.version != seen.version:
            return False
        if connection.state != REVOKED:
            refuse(session, connection, DISCONNECTED, f"disconnected by {caller.name}", now, actor=caller.name)
        connection.refresh_token = None  # one of the wrong company may still have had it
        for trip in trips:
            trip.used_at = trip.used_at or now
            trip.outcome, trip.outcome_reason = CANCELLED, f"disconnected by {caller.name}"
        note(
            session,
            connection,
            "connection-removed",
            now,
            actor=caller.name,
            revoked_at_fortnox=revoked,
            may_be_shared=is_used,
        )
    return True


def _connection_of(session: Session, firm_id: UUID, engagement_id: UUID, *, lock: bool = False) -> Connection:
    engagement = of_firm(session, Engagement, firm_id, engagement_id)
    statement = select(Connection).where(Connection.client_id == engagement.client_id)
    connection = session.scalar(statement.with_for_update() if lock else statement)
    if connection is None:
        raise Rejected("not-found", f"no connection of engagement {engagement_id}")
    return connection
