"""Recognises in an imported ledger the vouchers that were exported from here, so that none counts twice.

Three queries for a whole import, whatever the number of vouchers; docs/export.md tells what follows from the answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta, timezone
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, String, Subquery, and_, cast, select, update
from sqlalchemy.orm import Session, joinedload

from shared.adjustments.booked import Booked, BookedRow, InLedger, booked_by, judge, read_booked
from shared.adjustments.content import content_of
from shared.adjustments.states import AS_POSTED, POSTED, REVERSED, TRANSFERRED, TRANSFERRED_EXCLUDED, status_of
from shared.ledger.balances import BOOKED, known
from shared.store.adjustments import Adjustment, ExportVoucher
from shared.store.engagements import Engagement
from shared.store.imports import Import
from shared.store.ledger import FinancialYearFact, VoucherFact, VoucherRowFact

log = structlog.get_logger(__name__)

CHECK: Final = "exported-vouchers-unchanged"
TOLD_ONLY: Final = "the ledger is as Fortnox has it: somebody changed there what had been exported"
IN_FORTNOX = (POSTED, REVERSED)
SWEDEN = timezone(timedelta(hours=2))  # at the earliest that a day begins there
# The clocks of two workers differ, and what is read may be a moment old.
READABLE_AFTER = timedelta(seconds=60)
MOST_NAMED = 10
REASON_MAX = 1000

NumberInSeries = tuple[str, str]


def recognise(session: Session, run: Import) -> None:
    """Note how the run has seen each exported voucher, and in its proof what was changed in Fortnox.

    Call it in the transaction that makes the run visible, with the run's proof written. A run that did not read the
    engagement's own year says nothing of them. The status of each adjustment whose voucher stands follows what readers
    of the ledger see from here on: where the voucher is in it, our own copy is excluded.
    """
    if run.run is None or run.covers_until is None:
        return
    vouchers = exported_vouchers(session, run.engagement_id)
    year_from = _own_year(session, run.engagement_id, run.run) if vouchers else None
    if year_from is None:
        return
    books = _under_our_numbers(session, run.engagement_id, year_from, run.run)
    seen: list[tuple[ExportVoucher, InLedger]] = []
    for voucher in vouchers:
        # The newest first: a number that was deleted in Fortnox and given again is of the voucher that has it now.
        answer = _judged(voucher, books.pop(number_of(voucher), []), run)
        if answer is not None:
            seen.append((voucher, answer))
    _note(session, run, seen)
    told = [of_voucher for of_voucher in seen if of_voucher[1].state is not None]
    run.completeness = [*run.completeness, _check(told, len(vouchers) - len(told))]
    log.info("exported_vouchers_recognised", told=len(told), not_told=len(vouchers) - len(told))


def exported_vouchers(session: Session, engagement_id: UUID) -> Sequence[ExportVoucher]:
    """Return all that stands or stood in Fortnox, reversals too, the newest first, each with its adjustment."""
    return session.scalars(
        select(ExportVoucher)
        .join(ExportVoucher.adjustment)
        .where(_are_in_fortnox(engagement_id))
        .options(joinedload(ExportVoucher.adjustment).selectinload(Adjustment.rows), joinedload(ExportVoucher.reverses))
        .order_by(ExportVoucher.id.desc())
    ).all()


def our_numbers(engagement_id: UUID) -> Subquery:
    """Return series and number of all that was exported, each once, to be joined with vouchers of the ledger."""
    return (
        select(ExportVoucher.series, cast(ExportVoucher.fortnox_number, String(40)).label("number"))
        .join(ExportVoucher.adjustment)
        .where(_are_in_fortnox(engagement_id))
        .distinct()
        .subquery("ours")
    )


def number_of(voucher: ExportVoucher) -> NumberInSeries:
    return voucher.series, str(voucher.fortnox_number)


def posted_as(voucher: ExportVoucher) -> Booked | None:
    """Return what a voucher said when it was posted, None when nobody knows any more."""
    if voucher.posted_as is not None:
        return read_booked(voucher.posted_as)
    # Posted before that was kept; its adjustment has not changed since, for it cannot while the voucher stands.
    return booked_by(content_of(voucher.adjustment)) if voucher.state == POSTED else None


def booked_in(day: date, text: str, rows: Iterable[Any], registered: date | None = None) -> Booked:
    """Return what a voucher of the ledger books; `rows` have kind, account, amount_ore and objects."""
    return Booked(day, text, tuple(_row(row) for row in rows if row.kind == BOOKED), registered)


def _row(row: Any) -> BookedRow:
    objects = dict(row.objects)
    return BookedRow(row.account, row.amount_ore, objects.get("1", ""), objects.get("6", ""))


def _are_in_fortnox(engagement_id: UUID) -> ColumnElement[bool]:
    return and_(
        Adjustment.engagement_id == engagement_id,
        ExportVoucher.state.in_(IN_FORTNOX),
        ExportVoucher.fortnox_number.is_not(None),
    )


def _own_year(session: Session, engagement_id: UUID, run: int) -> date | None:
    """Return when the year begins that the engagement closes: adjustments are dated in no other."""
    return session.scalar(
        select(FinancialYearFact.from_date)
        .join(Engagement, Engagement.id == FinancialYearFact.engagement_id)
        .where(
            FinancialYearFact.engagement_id == engagement_id,
            FinancialYearFact.to_date == Engagement.year_end,
            known(FinancialYearFact, run),
        )
    )


def _under_our_numbers(
    session: Session, engagement_id: UUID, year_from: date, run: int
) -> dict[NumberInSeries, list[Booked]]:
    """Return what the ledger as known at the run has under the numbers of exported vouchers."""
    ours = our_numbers(engagement_id)
    found = session.execute(
        select(
            VoucherFact.id,
            VoucherFact.series,
            VoucherFact.number,
            VoucherFact.date.label("day"),
            VoucherFact.text.label("said"),
            VoucherFact.registered,
            VoucherRowFact.kind,
            VoucherRowFact.account,
            VoucherRowFact.amount_ore,
            VoucherRowFact.objects,
        )
        .join(ours, and_(VoucherFact.series == ours.c.series, VoucherFact.number == ours.c.number))
        .outerjoin(VoucherRowFact, VoucherRowFact.voucher_id == VoucherFact.id)
        .where(
            VoucherFact.engagement_id == engagement_id,
            VoucherFact.year_from == year_from,
            known(VoucherFact, run),
        )
        .order_by(VoucherFact.id, VoucherRowFact.position)
    )
    rows: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in found:
        rows[row.id, row.series, row.number, row.day, row.said, row.registered].append(row)
    books: defaultdict[NumberInSeries, list[Booked]] = defaultdict(list)
    for (_, series, number, day, said, registered), of_voucher in rows.items():
        books[series, number].append(booked_in(day, said, of_voucher, registered))
    return books


def _judged(voucher: ExportVoucher, found: Sequence[Booked], run: Import) -> InLedger | None:
    posted_at, covered = voucher.posted_at, False
    if posted_at is not None and run.covers_until is not None:
        covered = posted_at + READABLE_AFTER <= run.covers_until
    posted_on = posted_at.astimezone(SWEDEN).date() if posted_at else None
    return judge(posted_as(voucher), found, posted_on=posted_on, covered=covered, whole=run.covers_all)


def _note(session: Session, run: Import, seen: Sequence[tuple[ExportVoucher, InLedger]]) -> None:
    """Write what was seen. An adjustment's status changes only from where it still stands: an export may be at work."""
    statuses: defaultdict[str, list[UUID]] = defaultdict(list)
    for voucher, answer in seen:
        if voucher.state == POSTED and voucher.reverses_id is None:
            statuses[status_of(POSTED, answer.state)].append(voucher.adjustment_id)
    for status, before in ((TRANSFERRED_EXCLUDED, TRANSFERRED), (TRANSFERRED, TRANSFERRED_EXCLUDED)):
        if ids := statuses[status]:
            session.execute(
                update(Adjustment).where(Adjustment.id.in_(ids), Adjustment.status == before).values(status=status)
            )
    if seen:
        session.execute(update(ExportVoucher), [_row_of(*of_voucher, run.id) for of_voucher in reversed(seen)])


def _row_of(voucher: ExportVoucher, answer: InLedger, import_id: UUID) -> dict[str, Any]:
    reason = answer.reason[:REASON_MAX] if answer.reason else None
    return {"id": voucher.id, "in_ledger": answer.state, "in_ledger_reason": reason, "in_ledger_import_id": import_id}


def _check(told: Sequence[tuple[ExportVoucher, InLedger]], not_told: int) -> Mapping[str, Any]:
    """Return the check for the run's proof, in the form of its others."""
    found = [
        f"{name_of(voucher)}: {answer.state}, {answer.reason}"
        for voucher, answer in reversed(told)
        if answer.state != AS_POSTED
    ]
    more = len(found) - MOST_NAMED
    named = [*found[:MOST_NAMED], f"and {more} more"] if more > 0 else found
    detail = "; ".join(named) or f"{len(told)} vouchers that were exported are there as they were posted"
    if not_told:
        detail += f"; {not_told} not told: posted too late for it, or the year was not wholly read"
    return {
        "check": CHECK,
        "holds": not found,
        "required": False,
        "told_only": TOLD_ONLY,
        "compared": len(told),
        "found": named,
        "detail": detail,
    }


def name_of(voucher: ExportVoucher) -> str:
    """Name a voucher as people do: "A 12 (V1)", of a reversal "A 13 (takes back A 12, V1)"."""
    of = f"{voucher.adjustment.kind}{voucher.adjustment.number}"
    if voucher.reverses is not None:
        of = f"takes back {' '.join(number_of(voucher.reverses))}, {of}"
    return f"{' '.join(number_of(voucher))} ({of})"
