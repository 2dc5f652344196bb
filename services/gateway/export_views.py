"""Exports as they are shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from services.gateway.schemas.exports import ExportedFile, ExportedVoucher, ExportSummary, ExportView
from shared.adjustments.booked import read_booked
from shared.adjustments.states import DONE, REVERSED
from shared.errors import Rejected
from shared.store.adjustments import Export, ExportFile, ExportVoucher
from shared.store.database import of_firm

Counts = Mapping[UUID, dict[str, int]]


def view_of(session: Session, firm_id: UUID, export_id: UUID) -> ExportView:
    """Return one export with all its vouchers; raises Rejected "not-found"."""
    export = session.scalar(
        select(Export)
        .where(Export.firm_id == firm_id, Export.id == export_id)
        .options(
            selectinload(Export.vouchers).selectinload(ExportVoucher.adjustment),
            selectinload(Export.vouchers).selectinload(ExportVoucher.files),
        )
    )
    if export is None:
        raise Rejected("not-found", f"no export {export_id}")
    vouchers = Counter(voucher.state for voucher in export.vouchers)
    files = Counter(file.state for voucher in export.vouchers for file in voucher.files)
    summary = _summary(export, vouchers, files)
    return ExportView(**summary.model_dump(), vouchers=[exported(voucher) for voucher in export.vouchers])


def summary_of(session: Session, firm_id: UUID, export_id: UUID) -> ExportSummary:
    """Return how far one export has come; raises Rejected "not-found"."""
    return summaries_of(session, [of_firm(session, Export, firm_id, export_id)])[0]


def summaries_of(session: Session, exports: Sequence[Export]) -> list[ExportSummary]:
    """Return the exports in their order, counted with two queries for all of them."""
    ids = [export.id for export in exports]
    vouchers, files = _vouchers_by_state(session, ids), _files_by_state(session, ids)
    return [_summary(export, vouchers[export.id], files[export.id]) for export in exports]


def exported(voucher: ExportVoucher) -> ExportedVoucher:
    said = read_booked(voucher.posted_as) if voucher.posted_as else voucher.adjustment
    return ExportedVoucher(
        id=voucher.id,
        adjustment_id=voucher.adjustment_id,
        reverses_id=voucher.reverses_id,
        kind=voucher.adjustment.kind,
        number=voucher.adjustment.number,
        date=said.date,
        text=said.text,
        state=voucher.state,
        series=voucher.series,
        fortnox_number=voucher.fortnox_number,
        fortnox_year=voucher.fortnox_year,
        posted_at=voucher.posted_at,
        in_ledger=voucher.in_ledger,
        in_ledger_reason=voucher.in_ledger_reason,
        in_ledger_import_id=voucher.in_ledger_import_id,
        reason_code=voucher.reason_code,
        reason=voucher.reason,
        updated_at=voucher.updated_at,
        files=[ExportedFile.model_validate(file) for file in voucher.files],
    )


def _summary(export: Export, vouchers: Mapping[str, int], files: Mapping[str, int]) -> ExportSummary:
    total, done = sum(vouchers.values()), sum(vouchers.get(state, 0) for state in (*DONE, REVERSED))
    return ExportSummary(
        id=export.id,
        engagement_id=export.engagement_id,
        undoes_id=export.undoes_id,
        state=export.state,
        series=export.series,
        vouchers_by_state=dict(sorted(vouchers.items())),
        files_by_state=dict(sorted(files.items())),
        share_done=done / total if total else 1.0,
        reason_code=export.reason_code,
        reason=export.reason,
        waiting_until=export.waiting_until,
        fortnox_requests=export.requests,
        requested_by=export.requested_by,
        created_at=export.created_at,
        finished_at=export.finished_at,
    )


def _vouchers_by_state(session: Session, export_ids: Collection[UUID]) -> Counts:
    statement = (
        select(ExportVoucher.export_id, ExportVoucher.state, func.count())
        .where(ExportVoucher.export_id.in_(export_ids))
        .group_by(ExportVoucher.export_id, ExportVoucher.state)
    )
    return _counts(session.execute(statement))


def _files_by_state(session: Session, export_ids: Collection[UUID]) -> Counts:
    statement = (
        select(ExportVoucher.export_id, ExportFile.state, func.count())
        .join(ExportFile, ExportFile.voucher_id == ExportVoucher.id)
        .where(ExportVoucher.export_id.in_(export_ids))
        .group_by(ExportVoucher.export_id, ExportFile.state)
    )
    return _counts(session.execute(statement))


def _counts(rows: Iterable[tuple[UUID, str, int]]) -> Counts:
    counts: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for export_id, state, count in rows:
        counts[export_id][state] = count
    return counts
