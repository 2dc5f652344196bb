"""What the reading of a sub-ledger has taken so far: kept from slice to slice, and from attempt to attempt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.accounts import Kind
from shared.schedules.content import Calls, Fault
from shared.store.engagements import Engagement
from shared.store.subledger import SubledgerReading


@dataclass(frozen=True)
class Progress:
    """The requests that were made, in the order of the first of each call, and what was read singly in vain."""

    plan: tuple[Calls, ...] = ()
    unreadable: tuple[Fault, ...] = ()


def progress_of(session: Session, engagement: Engagement, kind: Kind, run: int) -> Progress:
    row = _row(session, engagement, kind, run)
    if row is None:
        return Progress()
    return Progress(tuple(Calls(*pair) for pair in row.requests), tuple(Fault(**fault) for fault in row.unreadable))


def note_progress(
    session: Session,
    engagement: Engagement,
    kind: Kind,
    run: int,
    plan: Iterable[Calls],
    unreadable: Iterable[Fault] = (),
) -> Progress:
    """Add what a slice has taken, whatever became of it, and return the sum; `unreadable` is all that is so by now."""
    session.get_one(Engagement, engagement.id, with_for_update={"key_share": True})
    row = _row(session, engagement, kind, run)
    if row is None:
        row = SubledgerReading(firm_id=engagement.firm_id, engagement_id=engagement.id, ledger=kind, run=run)
        row.requests, row.unreadable = [], []
        session.add(row)
    counts: Counter[str] = Counter()
    for call, requests in (*row.requests, *plan):
        counts[call] += requests
    row.requests = [list(pair) for pair in counts.items()]
    row.unreadable = [asdict(fault) for fault in unreadable]
    session.flush()
    return progress_of(session, engagement, kind, run)


def _row(session: Session, engagement: Engagement, kind: Kind, run: int) -> SubledgerReading | None:
    return session.scalar(
        select(SubledgerReading).where(
            SubledgerReading.engagement_id == engagement.id,
            SubledgerReading.ledger == kind,
            SubledgerReading.run == run,
        )
    )
