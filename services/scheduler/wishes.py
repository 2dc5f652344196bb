"""Which schedules are made, and on which terms: those asked for, and again those that were signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from services.scheduler.accounts import KINDS, Kind
from services.scheduler.revaluation import Rates
from services.scheduler.terms import Terms
from shared.errors import Rejected
from shared.ledger.balances import year_containing
from shared.schedules.signed import signed_schedules
from shared.store.engagements import Engagement


@dataclass(frozen=True)
class Wish:
    """A schedule to be made."""

    kind: Kind
    balance_date: date
    terms: Terms


def wishes_at(engagement: Engagement, balance_date: date, rates: Rates) -> list[Wish]:
    """Return both kinds at a balance date, with the accounts that the firm has chosen for the client."""
    chosen = engagement.client.schedule_accounts
    return [Wish(kind, balance_date, Terms(tuple(chosen.get(kind, ())), rates)) for kind in KINDS]


def wishes_of_signed(session: Session, engagement: Engagement, run: int) -> list[Wish]:
    """Return every schedule that stands signed, on its own terms: only what is known moves.

    One whose financial year is not among those imported at the run any more cannot be made again, and is left out.
    """
    return [
        Wish(signed.kind, signed.balance_date, Terms.from_json(signed.terms))
        for signed in signed_schedules(session, [engagement.id])
        if _has_year(session, engagement, signed.balance_date, run)
    ]


def _has_year(session: Session, engagement: Engagement, day: date, run: int) -> bool:
    try:
        year_containing(session, engagement.id, day, run)
    except Rejected:
        return False
    return True
