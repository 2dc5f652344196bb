"""The trip of a browser to Fortnox and back: its beginning, and what its end leaves in the database.

The trip is bound to its engagement by the `state` parameter alone, without a cookie: the accountant's browser has no
session here, it is the upstream system that sends it off. So the state has 256 random bits, is kept as a hash, holds
for ten minutes and works once.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.deps import GatewayDeps
from services.gateway.schemas.connection import AuthorizeUrl
from shared.connections.states import ACTIVE, PENDING, SERVICE_ACCOUNT, waiting_for_reconnect
from shared.connections.tokens import keep_grant
from shared.errors import Rejected
from shared.fortnox import SCOPES, Grant
from shared.messaging.events import ConnectionAuthorized, new_event
from shared.messaging.outbox import emit, release
from shared.store.connections import Authorization, Connection
from shared.store.engagements import Engagement

HOLDS_FOR = timedelta(minutes=10)


def begin(
    session: Session, deps: GatewayDeps, engagement: Engagement, grant_type: str, *, requested_by: str
) -> AuthorizeUrl:
    """Note a trip and return its address; raises Rejected "data-source-not-fortnox"."""
    if engagement.data_source != "fortnox":
        raise Rejected("data-source-not-fortnox", f"the engagement reads from {engagement.data_source}")
    now = deps.clock.now()
    state = secrets.token_urlsafe(32)
    trip = Authorization(
        state_hash=hash_state(state),
        firm_id=engagement.firm_id,
        engagement_id=engagement.id,
        grant_type=grant_type,
        requested_by=requested_by,
        created_at=now,
        expires_at=now + HOLDS_FOR,
    )
    session.add(trip)
    _connection_for(session, trip, engagement.client_id, now)
    url = deps.oauth.authorize_url(state, SCOPES, service_account=grant_type == SERVICE_ACCOUNT)
    return AuthorizeUrl(authorize_url=url, expires_at=trip.expires_at)


def use_up(session: Session, state: str, now: datetime) -> Authorization:
    """Return the trip that this state belongs to, and let it end here, whatever the outcome.

    Raises Rejected with state-unknown, state-used or state-expired.
    """
    trip = session.get(Authorization, hash_state(state), with_for_update=True)
    if trip is None:
        raise Rejected("state-unknown", "no authorisation was begun with this state")
    if trip.used_at is not None:
        raise Rejected("state-used", "this authorisation was answered before")
    if trip.expires_at <= now:
        raise Rejected("state-expired", "this authorisation was not answered in time")
    trip.used_at = now
    return trip


def keep(session: Session, deps: GatewayDeps, trip: Authorization, grant: Grant) -> Connection:
    """Store what Fortnox granted, and let everything go on that waited for it."""
    now = deps.clock.now()
    engagement = session.get_one(Engagement, trip.engagement_id)
    connection = _connection_for(session, trip, engagement.client_id, now)
    connection.engagement_id = engagement.id
    connection.grant_type, connection.granted_by = trip.grant_type, trip.requested_by
    keep_grant(connection, grant, deps.vault, now)
    connection.state, connection.state_reason = ACTIVE, None
    release(session, waiting_for_reconnect(connection.id), now)
    authorized = new_event(
        "connection-authorized", engagement.id, ConnectionAuthorized(connection_id=connection.id), now
    )
    emit(session, authorized, firm_id=trip.firm_id, now=now)
    audit.note(
        session,
        firm_id=trip.firm_id,
        actor=trip.requested_by,
        action="connection-authorized",
        subject=connection.id,
        at=now,
        tenant_id=connection.tenant_id,
        scopes=list(grant.scopes),
    )
    return connection


def hash_state(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()


def _connection_for(session: Session, trip: Authorization, client_id: UUID, now: datetime) -> Connection:
    """Return the client's connection, locked; a pending one is made, so that runs can wait for it."""
    connection = session.scalar(select(Connection).where(Connection.client_id == client_id).with_for_update())
    if connection is None:
        connection = Connection(
            firm_id=trip.firm_id,
            client_id=client_id,
            engagement_id=trip.engagement_id,
            state=PENDING,
            grant_type=trip.grant_type,
            scopes=[],
            created_at=now,
        )
        session.add(connection)
        session.flush()
    return connection
