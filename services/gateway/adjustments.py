"""Taking in year-end adjustments: all of a request or none of it, each fault named."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload
from uuid6 import uuid7

from services.gateway.adjustment_status import refusal_of_change
from services.gateway.problems import RejectedWithErrors
from services.gateway.schemas.adjustments import NewAdjustment
from shared.adjustments.content import AdjustmentContent, RowContent, content_hash
from shared.adjustments.live import is_live
from shared.adjustments.rules import faults
from shared.adjustments.states import NOT_TRANSFERRED
from shared.errors import Rejected
from shared.ledger.balances import run_known_at, year_containing
from shared.store.adjustments import Adjustment, AdjustmentRow, ExportVoucher
from shared.store.engagements import Engagement

# Bokföringslagen 3 kap. 3 §: no financial year is longer than eighteen months.
LONGEST_YEAR = timedelta(days=549)

Known = dict[tuple[str, int], Adjustment]
Error = dict[str, Any]


def take_in(session: Session, engagement: Engagement, sent: Sequence[NewAdjustment], now: datetime) -> list[Adjustment]:
    """Store the adjustments; those that are known by kind and number are changed, unless they are on their way.

    Sending the same again changes nothing. Raises Rejected "adjustments-refused" with every fault.
    """
    # Locked, so that no export is planned from what changes here.
    session.get_one(Engagement, engagement.id, with_for_update=True)
    known = _known(session, engagement)
    contents = [_content_of(adjustment) for adjustment in sent]
    errors = [
        *_rule_errors(contents, _year_of(session, engagement)),
        *_identity_errors(contents, known, _in_export(session, known)),
    ]
    if errors:
        raise RejectedWithErrors("adjustments-refused", f"{len(errors)} faults, nothing was stored", errors)
    return [_store(session, engagement, known, content, now) for content in contents]


def _known(session: Session, engagement: Engagement) -> Known:
    rows = session.scalars(
        select(Adjustment).where(Adjustment.engagement_id == engagement.id).options(selectinload(Adjustment.rows))
    )
    return {(row.kind, row.number): row for row in rows}


def _in_export(session: Session, known: Known) -> set[UUID]:
    ids = [adjustment.id for adjustment in known.values()]
    live = select(ExportVoucher.adjustment_id).where(ExportVoucher.adjustment_id.in_(ids), is_live())
    return set(session.scalars(live))


def _year_of(session: Session, engagement: Engagement) -> tuple[date, date]:
    """Return the imported year's days; before the first import, the longest year that the law allows."""
    try:
        run = run_known_at(session, engagement, None)
        year = year_containing(session, engagement.id, engagement.year_end, run)
    except Rejected:
        return engagement.year_end - LONGEST_YEAR, engagement.year_end
    return year.from_date, year.to_date


def _rule_errors(contents: Sequence[AdjustmentContent], year: tuple[date, date]) -> Iterator[Error]:
    first_day, last_day = year
    for index, content in enumerate(contents):
        for fault in faults(content, first_day=first_day, last_day=last_day):
            place = ["body", index] if fault.row is None else ["body", index, "rows", fault.row - 1]
            yield {"location": place, "code": fault.code, "detail": fault.reason}


def _identity_errors(
    contents: Sequence[AdjustmentContent], known: Known, in_export: Collection[UUID]
) -> Iterator[Error]:
    seen: set[tuple[str, int]] = set()
    for index, content in enumerate(contents):
        key, name = (content.kind, content.number), f"{content.kind}{content.number}"
        if key in seen:
            yield {"location": ["body", index], "code": "adjustment-repeated", "detail": f"{name} is here twice"}
        seen.add(key)
        before = known.get(key)
        if before is None or before.content_hash == content_hash(content):
            continue
        if before.id in in_export:
            yield {"location": ["body", index], "code": "adjustment-in-export", "detail": f"{name} is in an export"}
        elif refusal := refusal_of_change(before):
            yield {"location": ["body", index], "code": refusal.code, "detail": refusal.reason}


def _store(
    session: Session, engagement: Engagement, known: Known, content: AdjustmentContent, now: datetime
) -> Adjustment:
    adjustment = known.get((content.kind, content.number))
    if adjustment is not None and adjustment.content_hash == content_hash(content):
        return adjustment
    if adjustment is None:
        adjustment = Adjustment(
            id=uuid7(),
            firm_id=engagement.firm_id,
            engagement_id=engagement.id,
            kind=content.kind,
            number=content.number,
            created_at=now,
        )
        session.add(adjustment)
    else:
        session.execute(delete(AdjustmentRow).where(AdjustmentRow.adjustment_id == adjustment.id))
        session.expire(adjustment, ["rows"])
    adjustment.date, adjustment.text, adjustment.status = content.date, content.text, NOT_TRANSFERRED
    adjustment.content_hash = content_hash(content)
    adjustment.rows = [_row_of(engagement.firm_id, position, row) for position, row in enumerate(content.rows, start=1)]
    return adjustment


def _row_of(firm_id: UUID, position: int, row: RowContent) -> AdjustmentRow:
    return AdjustmentRow(
        firm_id=firm_id,
        position=position,
        account=row.account,
        debit_ore=row.debit_ore,
        credit_ore=row.credit_ore,
        cost_center=row.cost_center or None,
        project=row.project or None,
        text=row.text or None,
    )


def _content_of(sent: NewAdjustment) -> AdjustmentContent:
    rows = tuple(
        RowContent(
            account=row.account,
            debit_ore=row.debit,
            credit_ore=row.credit,
            cost_center=row.cost_center,
            project=row.project,
            text=row.text,
        )
        for row in sent.rows
    )
    return AdjustmentContent(sent.kind, sent.number, sent.date, sent.text, rows)
