"""Planning an export: which adjustments go, in which series, each as one voucher row in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Exists, exists, select
from sqlalchemy.orm import Session, selectinload
from uuid6 import uuid7

from shared.adjustments.content import content_of
from shared.adjustments.files import name_in_fortnox
from shared.adjustments.live import is_live
from shared.adjustments.marker import marker_of
from shared.adjustments.states import NOT_TRANSFERRED, PLANNED, REFUSED
from shared.errors import Rejected
from shared.store.adjustments import Adjustment, AdjustmentFile, Export, ExportFile, ExportVoucher
from shared.store.engagements import Client, Engagement

KINDS = ("V", "S")
SERIES_MAX = 10


def plan_export(
    session: Session,
    engagement: Engagement,
    series: Mapping[str, str],
    adjustment_ids: Collection[UUID] | None,
    requested_by: str,
    now: datetime,
) -> Export:
    """Add an export with a planned voucher for each adjustment and its files, V before S and each kind by its numbers.

    `series` maps kind to Fortnox series, {"V": "A", "S": "B"}; a kind without a series stays at home. Without
    `adjustment_ids` all go that are not transferred and are in no other export; ids may also name refused ones.
    Whoever calls emits `export-requested` in the same transaction.

    Raises Rejected "series-invalid", "nothing-to-export", "adjustment-not-found", "adjustment-not-exportable",
    "adjustment-in-export" and "series-missing"; then nothing has been added.
    """
    # Locked, because two plans at once would both find the same adjustments free.
    session.get_one(Engagement, engagement.id, with_for_update=True)
    chosen = chosen_adjustments(session, engagement, series, adjustment_ids)
    export = Export(
        id=uuid7(),
        firm_id=engagement.firm_id,
        engagement_id=engagement.id,
        series=dict(series),
        state="queued",
        requested_by=requested_by,
        created_at=now,
    )
    client = session.get_one(Client, engagement.client_id)
    for adjustment in chosen:
        marker = marker_of(engagement.firm_id, client.organisation_number, engagement.year_end, content_of(adjustment))
        voucher = ExportVoucher(
            id=uuid7(),
            firm_id=engagement.firm_id,
            adjustment_id=adjustment.id,
            marker=str(marker),
            series=series[adjustment.kind],
            state=PLANNED,
            updated_at=now,
        )
        voucher.files = [_planned_file(file, marker.document, now) for file in adjustment.files]
        export.vouchers.append(voucher)
    session.add(export)
    session.flush()
    return export


def chosen_adjustments(
    session: Session, engagement: Engagement, series: Mapping[str, str], adjustment_ids: Collection[UUID] | None
) -> list[Adjustment]:
    """Return what an export would take, in its order; arguments and errors as for `plan_export`."""
    if not series or any(kind not in KINDS or not 1 <= len(code) <= SERIES_MAX for kind, code in series.items()):
        raise Rejected("series-invalid", "a series of one to ten characters is needed for V, for S or for both")
    chosen: Sequence[Adjustment]
    if adjustment_ids is None:
        chosen = [adjustment for adjustment in _waiting(session, engagement) if adjustment.kind in series]
    else:
        chosen = _named(session, engagement, series, set(adjustment_ids))
    if not chosen:
        raise Rejected("nothing-to-export", "no adjustment waits to be transferred")
    return sorted(chosen, key=lambda adjustment: (KINDS.index(adjustment.kind), adjustment.number))


def _waiting(session: Session, engagement: Engagement) -> Sequence[Adjustment]:
    return session.scalars(
        select(Adjustment)
        .where(Adjustment.engagement_id == engagement.id, Adjustment.status == NOT_TRANSFERRED, ~_is_in_export())
        .options(selectinload(Adjustment.rows), selectinload(Adjustment.files))
    ).all()


def _named(
    session: Session, engagement: Engagement, series: Mapping[str, str], adjustment_ids: set[UUID]
) -> Sequence[Adjustment]:
    found = session.execute(
        select(Adjustment, _is_in_export())
        .where(Adjustment.engagement_id == engagement.id, Adjustment.id.in_(adjustment_ids))
        .options(selectinload(Adjustment.rows), selectinload(Adjustment.files))
    ).all()
    if missing := adjustment_ids - {adjustment.id for adjustment, _ in found}:
        raise Rejected("adjustment-not-found", f"no adjustment {', '.join(sorted(map(str, missing)))}")
    for adjustment, is_in_export in found:
        name = f"{adjustment.kind}{adjustment.number}"
        if is_in_export:
            raise Rejected("adjustment-in-export", f"{name} is in an export already")
        if adjustment.status not in (NOT_TRANSFERRED, REFUSED):
            raise Rejected("adjustment-not-exportable", f"{name} is {adjustment.status}")
        if adjustment.kind not in series:
            raise Rejected("series-missing", f"{name} needs a series for {adjustment.kind}")
    return [adjustment for adjustment, _ in found]


def _is_in_export() -> Exists:
    return exists().where(ExportVoucher.adjustment_id == Adjustment.id, is_live())


def _planned_file(file: AdjustmentFile, document: str, now: datetime) -> ExportFile:
    return ExportFile(
        id=uuid7(),
        firm_id=file.firm_id,
        file_id=file.id,
        name=name_in_fortnox(file.name, document, file.sha256),
        state=PLANNED,
        updated_at=now,
    )
