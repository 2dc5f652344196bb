"""The vouchers behind a sub-ledger, out of the stored facts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.scheduler.accounts import SIGN, Kind, claim_accounts
from services.scheduler.open_items import Ledger, Posting, VoucherKey
from shared.ledger.balances import booked_rows, known
from shared.store.ledger import FinancialYearFact, VoucherFact, VoucherRowFact


def read_ledger(session: Session, engagement_id: UUID, kind: Kind, predefined: str, run: int) -> Ledger:
    """Return all vouchers of the imported years that touch an account of claims or debts, as known at the run."""
    accounts = claim_accounts(kind, predefined)
    touching = booked_rows(VoucherFact.id, engagement_id=engagement_id, run=run).where(
        VoucherRowFact.account.in_(accounts)
    )
    rows = booked_rows(
        VoucherFact.year_from,
        VoucherFact.series,
        VoucherFact.number,
        VoucherFact.date,
        VoucherRowFact.account,
        VoucherRowFact.amount_ore,
        engagement_id=engagement_id,
        run=run,
    ).where(VoucherFact.id.in_(touching))
    postings: dict[VoucherKey, Posting] = {}
    for year_from, series, number, day, account, amount_ore in session.execute(rows):
        posting = postings.setdefault((year_from, series, number), Posting(day, {}, set()))
        if account in accounts:
            posting.claims_ore[account] = posting.claims_ore.get(account, 0) + SIGN[kind] * amount_ore
        else:
            posting.others_ore.add(SIGN[kind] * amount_ore)
    years = select(func.min(FinancialYearFact.from_date), func.max(FinancialYearFact.to_date)).where(
        FinancialYearFact.engagement_id == engagement_id, known(FinancialYearFact, run)
    )
    first_day, last_day = session.execute(years).one()
    return Ledger(postings, accounts, first_day, last_day)
