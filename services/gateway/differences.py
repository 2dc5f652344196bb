"""The difference that an import makes, as it is shown."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.gateway.schemas.differences import (
    AccountDifferenceView,
    DifferencesView,
    VoucherDifferenceView,
    YearDifferenceView,
)
from shared.adjustments.ours import Ours, count_ours, ours_among
from shared.errors import Rejected
from shared.ledger import differences
from shared.ledger.balances import FINISHED_STATES
from shared.store.imports import NOT_ACCEPTED, Import

VOUCHERS_PER_PAGE = 50
LAST_PLACE = 2**31 - 1


def differences_of(
    session: Session, run: Import, *, cursor: str | None = None, limit: int = VOUCHERS_PER_PAGE
) -> DifferencesView:
    """Return what the import says otherwise than the last one that was finished before it.

    Raises Rejected "import-not-read" until it has read everything, "cursor-invalid" for what is no cursor of this list.
    """
    if run.run is None or not (run.state in FINISHED_STATES or run.reason_code == NOT_ACCEPTED):
        raise Rejected("import-not-read", f"the import is {run.state}")
    before = session.scalar(
        select(func.max(Import.run)).where(
            Import.engagement_id == run.engagement_id, Import.state.in_(FINISHED_STATES), Import.run < run.run
        )
    )
    skip = _place(cursor)
    pair = differences.between(session, run.engagement_id, before or 0, run.run)
    vouchers, is_more = differences.page_of_vouchers(session, pair, skip=skip, limit=limit)
    accounts = differences.differing_accounts(session, pair)
    return DifferencesView(
        import_id=run.id,
        source=run.source,
        years=[YearDifferenceView.model_validate(year) for year in pair.years],
        counts={
            **differences.count_vouchers(session, pair),
            "ours": count_ours(session, pair),
            "accounts": len(accounts),
        },
        accounts=[AccountDifferenceView.model_validate(account) for account in accounts],
        vouchers=[_shown(*marked) for marked in zip(vouchers, ours_among(session, pair, vouchers), strict=True)],
        next_cursor=str(skip + limit) if is_more else None,
    )


def _shown(voucher: differences.VoucherDifference, ours: Ours | None) -> VoucherDifferenceView:
    return VoucherDifferenceView.model_validate(voucher).model_copy(update=asdict(ours) if ours else {})


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and int(cursor) <= LAST_PLACE):
        raise Rejected("cursor-invalid", "begin without a cursor, or use next_cursor as it was given")
    return int(cursor)
