"""Signed schedules beside what is known now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from shared.schedules.changes import KnownNow, known_now
from shared.schedules.content import Kind
from shared.schedules.reading import content_of
from shared.store.schedules import Schedule, ScheduleSignOff


class Signed(NamedTuple):
    """A signed schedule; `is_changed` says that the newest reading of the same has other figures."""

    id: UUID
    engagement_id: UUID
    kind: Kind
    balance_date: date
    terms: dict[str, Any]
    is_changed: bool


def signed_schedules(session: Session, engagement_ids: Collection[UUID]) -> list[Signed]:
    """Return what stands signed: of each kind and balance date the last version with a sign-off."""
    stands = exists().where(ScheduleSignOff.schedule_id == Schedule.id, ScheduleSignOff.withdrawn_at.is_(None))
    same_item = (Schedule.engagement_id, Schedule.kind, Schedule.balance_date)
    columns = (*same_item, Schedule.terms_hash, Schedule.figures_hash)
    of_these = Schedule.engagement_id.in_(engagement_ids)
    by_version = func.row_number().over(partition_by=same_item, order_by=Schedule.version.desc()).label("place")
    signed = select(Schedule.id, Schedule.terms, *columns, by_version).where(of_these, stands).subquery()
    by_run = (
        func.row_number()
        .over(partition_by=(*same_item, Schedule.terms_hash), order_by=Schedule.known_run.desc())
        .label("place")
    )
    newest = select(*columns, by_run).where(of_these).subquery()
    same = and_(*(newest.c[name] == signed.c[name] for name in ("engagement_id", "kind", "balance_date", "terms_hash")))
    rows = session.execute(
        select(signed, (newest.c.figures_hash != signed.c.figures_hash).label("is_changed"))
        .join(newest, same)
        .where(signed.c.place == 1, newest.c.place == 1)
        .order_by(signed.c.id)
    )
    return [
        Signed(row.id, row.engagement_id, cast("Kind", row.kind), row.balance_date, row.terms, bool(row.is_changed))
        for row in rows
    ]


def newest_reading(session: Session, schedule: Schedule) -> Schedule:
    """Return the schedule of the same kind, balance date and terms with the newest known-at: itself, if that is it."""
    return session.scalars(
        select(Schedule)
        .where(
            Schedule.engagement_id == schedule.engagement_id,
            Schedule.kind == schedule.kind,
            Schedule.balance_date == schedule.balance_date,
            Schedule.terms_hash == schedule.terms_hash,
        )
        .order_by(Schedule.known_run.desc())
        .limit(1)
    ).one()


def known_since_signed(session: Session, schedule: Schedule) -> KnownNow | None:
    """Return what is known now otherwise than a signed schedule says; None when nothing is, or nobody has signed it."""
    if not schedule.standing_sign_offs:
        return None
    newest = newest_reading(session, schedule)
    if newest.figures_hash == schedule.figures_hash:
        return None
    return known_now(content_of(schedule), content_of(newest))


def last_run_read(session: Session, engagement_id: UUID, kind: str) -> int:
    """Return the last run after which this sub-ledger of the engagement was read, 0 when none was."""
    runs = select(func.max(Schedule.known_run)).where(Schedule.engagement_id == engagement_id, Schedule.kind == kind)
    return session.scalar(runs) or 0
