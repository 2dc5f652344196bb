"""Schedules into the store and out of it."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import insert
from sqlalchemy.orm import Session

from shared.schedules import content, hashing
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.schedules import Schedule, ScheduleItem, ScheduleSignOff

_PARTS: Final[dict[str, TypeAdapter[Any]]] = {
    "accounts": TypeAdapter(tuple[content.AccountBalance, ...]),
    "revaluations": TypeAdapter(tuple[content.Revaluation, ...]),
    "reclassifications": TypeAdapter(tuple[content.Reclassification, ...]),
    "faults": TypeAdapter(tuple[content.Fault, ...]),
    "source": TypeAdapter(content.Source),
}
"""The parts of a schedule that are kept as JSON, by the name of attribute and column."""

_LINES: Final = TypeAdapter(tuple[content.BridgeLine, ...])
_AS_THEY_ARE: Final = (
    "id",
    "kind",
    "company_name",
    "organisation_number",
    "year_from",
    "year_to",
    "balance_date",
    "known_at",
    "total_ore",
    "ledger_ore",
    "difference_ore",
    "complete",
    "version",
)
_OF_ITEM: Final = tuple(field.name for field in fields(content.Item) if field.name not in ("rate", "flags"))


def read_schedule(session: Session, firm_id: UUID, schedule_id: UUID) -> content.Schedule:
    """Return the firm's schedule with the sign-offs that stand; raises Rejected "not-found"."""
    return content_of(of_firm(session, Schedule, firm_id, schedule_id))


def content_of(row: Schedule) -> content.Schedule:
    """Return what a stored schedule says."""
    lines = _LINES.validate_python(row.bridge)
    return content.Schedule(
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        **{name: adapter.validate_python(getattr(row, name)) for name, adapter in _PARTS.items()},
        content_hash=row.content_hash,
        ageing={bucket: row.ageing[bucket] for bucket in content.BUCKETS},
        items=tuple(_item_of(item) for item in row.items),
        bridge=content.Bridge(lines, row.difference_ore, row.parted_on),
        sign_offs=tuple(_sign_off_of(sign_off) for sign_off in row.standing_sign_offs),
    )


def add_schedule(
    session: Session,
    schedule: content.Schedule,
    engagement: Engagement,
    terms: dict[str, Any],
    terms_hash: str,
    created_at: datetime,
) -> Schedule:
    """Store a schedule as a new row and return it; its hashes are taken here."""
    row = Schedule(
        **{name: getattr(schedule, name) for name in _AS_THEY_ARE},
        **{name: adapter.dump_python(getattr(schedule, name), mode="json") for name, adapter in _PARTS.items()},
        firm_id=engagement.firm_id,
        engagement_id=engagement.id,
        known_run=schedule.source.run,
        terms=terms,
        terms_hash=terms_hash,
        ageing=dict(schedule.ageing),
        bridge=_LINES.dump_python(schedule.bridge.lines, mode="json"),
        parted_on=schedule.bridge.parted_on,
        content_hash=hashing.content_hash(schedule),
        figures_hash=hashing.figures_hash(schedule),
        created_at=created_at,
    )
    session.add(row)
    session.flush()
    if schedule.items:  # straight into the table: twenty thousand objects would take longer than the arithmetic
        session.execute(insert(ScheduleItem), [_values_of(row, *each) for each in enumerate(schedule.items, 1)])
    return row


def _sign_off_of(row: ScheduleSignOff) -> content.SignOff:
    return content.SignOff(cast("content.Role", row.role), row.name, row.at, row.comment)


def _item_of(row: ScheduleItem) -> content.Item:
    rate = None if row.rate is None else Decimal(row.rate)
    return content.Item(**{name: getattr(row, name) for name in _OF_ITEM}, rate=rate, flags=tuple(row.flags))


def _values_of(row: Schedule, position: int, item: content.Item) -> dict[str, Any]:
    own = {"firm_id": row.firm_id, "schedule_id": row.id, "position": position}
    rate = None if item.rate is None else str(item.rate)
    return own | {name: getattr(item, name) for name in _OF_ITEM} | {"rate": rate, "flags": list(item.flags)}
