"""The vouchers and opening balances behind a sub-ledger, out of the stored facts."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.accounts import SIGN, Kind, claim_accounts
from services.scheduler.vouchers import Ledger, LedgerYear, Posting, VoucherKey
from shared.ledger.balances import booked_rows, known, opening_balances
from shared.store.adjustments import Adjustment, ExportVoucher
from shared.store.ledger import FinancialYearFact, VoucherFact, VoucherRowFact

CASH = "CASH"
"""Fortnox' word for the cash method (kontantmetoden)."""


def read_ledger(
    session: Session, engagement_id: UUID, kind: Kind, predefined: str, run: int, chosen: Iterable[str] = ()
) -> Ledger:
    """Return all vouchers of the imported years that touch an account of claims or debts, as known at the run.

    `accounts` are all those that can hold claims or debts of this kind; the caller narrows them to the schedule's.
    """
    accounts = claim_accounts(kind, predefined, chosen)
    touching = booked_rows(VoucherFact.id, engagement_id=engagement_id, run=run).where(
        VoucherRowFact.account.in_(accounts)
    )
    rows = booked_rows(
        VoucherFact.year_from,
        VoucherFact.series,
        VoucherFact.number,
        VoucherFact.date,
        VoucherFact.text,
        VoucherRowFact.account,
        VoucherRowFact.amount_ore,
        engagement_id=engagement_id,
        run=run,
    ).where(VoucherFact.id.in_(touching))
    years = _years(session, engagement_id, kind, accounts, run)
    ours = _ours(session, engagement_id, run)
    postings: dict[VoucherKey, Posting] = {}
    for year_from, series, number, day, text, account, amount_ore in session.execute(rows):
        key = (year_from, series, number)
        posting = postings.get(key)
        if posting is None:
            posting = postings[key] = Posting(day, {}, text=text, ours=key in ours)
        if account in accounts:
            posting.claims_ore[account] = posting.claims_ore.get(account, 0) + SIGN[kind] * amount_ore
        else:
            posting.others_ore.add(SIGN[kind] * amount_ore)
            posting.counter_accounts.add(account)
    return Ledger(postings, accounts, years[0].first_day, years[-1].last_day, years)


def _years(
    session: Session, engagement_id: UUID, kind: Kind, accounts: frozenset[str], run: int
) -> tuple[LedgerYear, ...]:
    facts = session.scalars(
        select(FinancialYearFact)
        .where(FinancialYearFact.engagement_id == engagement_id, known(FinancialYearFact, run))
        .order_by(FinancialYearFact.from_date)
    )
    return tuple(
        LedgerYear(
            year.from_date,
            year.to_date,
            {
                account: SIGN[kind] * amount_ore
                for account, amount_ore in opening_balances(session, engagement_id, year.from_date, run=run).items()
                if account in accounts
            },
            cash=year.accounting_method == CASH,
        )
        for year in facts
    )


def _ours(session: Session, engagement_id: UUID, run: int) -> set[VoucherKey]:
    """Return the vouchers that were exported from here, so that the bridge can tell them from what others booked."""
    posted = (
        select(FinancialYearFact.from_date, ExportVoucher.series, ExportVoucher.fortnox_number)
        .join(Adjustment, ExportVoucher.adjustment_id == Adjustment.id)
        .join(FinancialYearFact, FinancialYearFact.fortnox_id == ExportVoucher.fortnox_year)
        .where(
            Adjustment.engagement_id == engagement_id,
            FinancialYearFact.engagement_id == engagement_id,
            known(FinancialYearFact, run),
            ExportVoucher.fortnox_number.is_not(None),
        )
    )
    return {(year_from, series, str(number)) for year_from, series, number in session.execute(posted)}
