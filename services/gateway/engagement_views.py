"""Engagements as they are shown: with connection, last import, freshness and what is changed, in few queries whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from services.gateway.schemas.clients import ConnectionSummary, EngagementView, LastImport
from shared.ledger.balances import FINISHED_STATES
from shared.schedules.signed import signed_schedules
from shared.store.connections import Connection
from shared.store.engagements import Engagement
from shared.store.imports import Import


def views_of(session: Session, engagements: Sequence[Engagement]) -> list[EngagementView]:
    ids = [engagement.id for engagement in engagements]
    clients = {engagement.client_id for engagement in engagements}
    connections = session.scalars(select(Connection).where(Connection.client_id.in_(clients)))
    connection_of = {connection.client_id: connection for connection in connections}
    import_of, freshness_of = _last_imports(session, ids), _freshness(session, ids)
    changed = [signed for signed in signed_schedules(session, ids) if signed.is_changed]
    return [
        EngagementView(
            id=engagement.id,
            client_id=engagement.client_id,
            year_end=engagement.year_end,
            data_source=engagement.data_source,
            created_at=engagement.created_at,
            connection=_connection_summary(connection_of.get(engagement.client_id)),
            last_import=_last_import(import_of.get(engagement.id)),
            freshness=freshness_of.get(engagement.id),
            signed_changed=[signed.id for signed in changed if signed.engagement_id == engagement.id],
        )
        for engagement in engagements
    ]


def _last_imports(session: Session, ids: Sequence[UUID]) -> dict[UUID, Import]:
    place = func.row_number().over(partition_by=Import.engagement_id, order_by=Import.id.desc()).label("place")
    numbered = select(Import, place).where(Import.engagement_id.in_(ids)).subquery()
    last = session.scalars(select(aliased(Import, numbered)).where(numbered.c.place == 1))
    return {found.engagement_id: found for found in last}


def _freshness(session: Session, ids: Sequence[UUID]) -> dict[UUID, datetime]:
    read = (
        select(Import.engagement_id, func.max(Import.finished_at))
        .where(Import.engagement_id.in_(ids), Import.state.in_(FINISHED_STATES))
        .group_by(Import.engagement_id)
    )
    return {engagement_id: at for engagement_id, at in session.execute(read) if at is not None}


def _connection_summary(connection: Connection | None) -> ConnectionSummary | None:
    return ConnectionSummary.model_validate(connection) if connection else None


def _last_import(found: Import | None) -> LastImport | None:
    return LastImport.model_validate(found) if found else None
