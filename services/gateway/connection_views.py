"""Connections as they are shown: one with its last trip to Fortnox, and all of a firm's with what they run out in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway.schemas.connection import AttemptView, ConnectionListed, ConnectionView
from shared.connections.overview import days_left
from shared.store.connections import Authorization, Connection
from shared.store.engagements import Client, Engagement


def view_of(session: Session, connection: Connection) -> ConnectionView:
    last = session.scalar(
        select(Authorization)
        .join(Engagement, Engagement.id == Authorization.engagement_id)
        .where(Engagement.client_id == connection.client_id)
        .order_by(Authorization.id.desc())
        .limit(1)
    )
    return ConnectionView(
        id=connection.id,
        state=connection.state,
        state_code=connection.state_code,
        state_reason=connection.state_reason,
        grant_type=connection.grant_type,
        company_name=connection.company_name,
        active_until=connection.active_until,
        renewed_at=connection.renewed_at,
        granted_by=connection.granted_by,
        scopes=connection.scopes,
        last_attempt=_attempt(last),
    )


def listed(session: Session, connections: Sequence[Connection], now: datetime) -> list[ConnectionListed]:
    ids = {connection.client_id for connection in connections}
    clients = {client.id: client for client in session.scalars(select(Client).where(Client.id.in_(ids)))}
    return [
        ConnectionListed(
            id=connection.id,
            client_id=connection.client_id,
            client_name=clients[connection.client_id].name,
            organisation_number=clients[connection.client_id].organisation_number,
            engagement_id=connection.engagement_id,
            state=connection.state,
            state_code=connection.state_code,
            grant_type=connection.grant_type,
            granted_by=connection.granted_by,
            active_until=connection.active_until,
            renewed_at=connection.renewed_at,
            expires_in_days=days_left(connection, now),
        )
        for connection in connections
    ]


def _attempt(trip: Authorization | None) -> AttemptView | None:
    if trip is None:
        return None
    return AttemptView(
        grant_type=trip.grant_type,
        requested_by=trip.requested_by,
        requested_at=trip.created_at,
        ended_at=trip.used_at,
        code=trip.outcome,
        reason=trip.outcome_reason,
    )
