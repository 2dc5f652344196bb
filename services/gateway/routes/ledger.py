from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from sqlalchemy.orm import Session

from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.base import Instant, Listing
from services.gateway.schemas.ledger import TransactionView, TrialBalanceRowView, TrialBalanceView
from shared.errors import Rejected
from shared.ledger import balances, transactions
from shared.ledger.periods import last_day
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.ledger import FinancialYearFact

router = keyed_router("ledger")
CURSOR_CHARS = 100


Account = Annotated[str, Path(pattern=r"^[0-9]{1,20}$", examples=["1510"])]
Period = Annotated[str | None, Query(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$", examples=["2025-12"])]
KnownAt = Annotated[
    Instant | None,
    Query(description="As it was known at this instant; now unless told."),
]
At = Annotated[
    date | None, Query(description="The last day that counts; the end of the engagement's year unless told.")
]


@router.get("/engagements/{engagement_id}/trial-balance", responses=refusals(404, 409))
def show_trial_balance(
    engagement_id: UUID,
    deps: Deps,
    caller: CallerDep,
    at: At = None,
    period: Period = None,
    known_at: KnownAt = None,
) -> TrialBalanceView:
    """Return opening balance, movements and closing balance of every account, at the end of a day or a period."""
    _require_one(at, period)
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        day = at or (last_day(period) if period else engagement.year_end)
        year, run = _known_year(session, engagement, day, known_at)
        rows = balances.trial_balance(session, engagement.id, year.from_date, until=day, run=run)
    return TrialBalanceView(
        year_from=year.from_date,
        year_to=year.to_date,
        at=day,
        run=run,
        rows=[TrialBalanceRowView.model_validate(row) for row in rows],
    )


@router.get("/engagements/{engagement_id}/accounts/{account}/transactions", responses=refusals(404, 409))
def list_transactions(
    engagement_id: UUID,
    account: Account,
    deps: Deps,
    caller: CallerDep,
    at: At = None,
    period: Period = None,
    known_at: KnownAt = None,
    cursor: Annotated[
        str | None, Query(max_length=CURSOR_CHARS, description="`next_cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Listing[TransactionView]:
    """Return the account's booked rows by date: of the year until `at`, or of one period.

    The pages of one list show the books as they were known when its first page was asked for.
    """
    _require_one(at, period)
    with deps.store.read() as session:
        engagement = of_firm(session, Engagement, caller.firm_id, engagement_id)
        day = at or (last_day(period) if period else engagement.year_end)
        year, run = _known_year(session, engagement, day, known_at)
        rows = transactions.account_transactions(
            session,
            engagement.id,
            account,
            year.from_date,
            run=run,
            month=period,
            until=at,
            after=cursor,
            limit=limit + 1,
        )
    return Listing(
        items=[TransactionView.model_validate(row) for row in rows[:limit]],
        next_cursor=rows[limit - 1].cursor if len(rows) > limit else None,
    )


def _known_year(
    session: Session, engagement: Engagement, day: date, known_at: datetime | None
) -> tuple[FinancialYearFact, int]:
    run = balances.run_known_at(session, engagement, known_at)
    return balances.year_containing(session, engagement.id, day, run), run


def _require_one(at: date | None, period: str | None) -> None:
    if at is not None and period is not None:
        raise Rejected("invalid-request", "give either at or period")
