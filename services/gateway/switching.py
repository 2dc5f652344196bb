"""Changing the data source of an engagement in progress: first the difference is shown, then it is accepted.

The other source is read by an import like any other, up to the point where readers would see it: there it waits for
somebody who accepts it. What was shown is what is taken, because nothing is read again (decision 0008).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway import audit, commands
from services.gateway.differences import differences_of
from services.gateway.problems import RejectedShowing
from services.gateway.schemas.differences import DataSource, DifferencesView
from services.gateway.schemas.imports import FINAL_STATES
from shared.adjustments.recognition import recognise
from shared.errors import Rejected
from shared.messaging.events import ImportFinished, new_event
from shared.messaging.outbox import emit
from shared.observability.metrics import IMPORTS_FINISHED
from shared.store.database import of_firm
from shared.store.engagements import FORTNOX, Engagement
from shared.store.imports import COMPARISON, NOT_ACCEPTED, Import
from shared.uploads import forget_superseded

SUPERSEDED = "superseded"


def switch(
    session: Session, firm_id: UUID, engagement_id: UUID, wish: DataSource, by: str, now: datetime
) -> Import | None:
    """Change the data source, or return the import that reads the other one for comparison.

    The source that the engagement has already ends a comparison that is under way. Raises Rejected with not-found,
    not-connected, file-needed (upload one with `compare`), or differences-not-accepted with the differences.
    """
    of_firm(session, Engagement, firm_id, engagement_id)
    # Whoever changes an import takes the engagement first, so that two of them take turns.
    engagement = session.get_one(Engagement, engagement_id, with_for_update={"key_share": True})
    if wish.data_source == engagement.data_source:
        _end_unfinished(session, engagement, now, f"{by} keeps {engagement.data_source}", purpose=COMPARISON)
        return None
    if wish.data_source == FORTNOX:
        commands.require_connection(session, engagement)
    comparison = _comparison(session, engagement, wish.data_source)
    if comparison is None and engagement.last_run == 0:
        _take(session, engagement, wish.data_source, by, now)
        return None
    if comparison is None:
        if wish.data_source != FORTNOX:
            raise Rejected("file-needed", "upload the file with ?compare=true, then ask again")
        return commands.add_import(session, engagement, by=by, now=now, lane="interactive", purpose=COMPARISON)
    if comparison.reason_code != NOT_ACCEPTED:
        return comparison
    shown = differences_of(session, comparison)
    if is_difference(shown) and wish.accept_differences not in (True, comparison.id):
        raise RejectedShowing(
            NOT_ACCEPTED,
            f"{wish.data_source} differs from the ledger: see differences, then accept them",
            differences=shown.model_dump(mode="json"),
        )
    _publish(session, engagement, comparison, now)
    _take(session, engagement, wish.data_source, by, now, accepted=shown.counts)
    return None


def is_difference(shown: DifferencesView) -> bool:
    return any(shown.counts.values()) or any(year.state == "gone" for year in shown.years)


def _comparison(session: Session, engagement: Engagement, source: str) -> Import | None:
    """Return the engagement's comparison with that source that is under way or waits, locked."""
    return session.scalar(
        select(Import)
        .where(
            Import.engagement_id == engagement.id,
            Import.purpose == COMPARISON,
            Import.source == source,
            Import.state.not_in(FINAL_STATES),
        )
        .order_by(Import.created_at.desc(), Import.id.desc())
        .limit(1)
        .with_for_update()
    )


def _publish(session: Session, engagement: Engagement, comparison: Import, now: datetime) -> None:
    """End the comparison as completed or incomplete: from here on, readers see its run."""
    missing = [check for check in comparison.completeness if check["required"] and not check["holds"]]
    comparison.state = "incomplete" if missing else "completed"
    comparison.reason_code = comparison.reason = comparison.waiting_until = None
    comparison.finished_at = now
    engagement.last_run = comparison.run or engagement.last_run
    recognise(session, comparison)
    IMPORTS_FINISHED.labels(comparison.state).inc()
    finished = ImportFinished(import_id=comparison.id, state=comparison.state, run=comparison.run)
    event = new_event("import-completed", engagement.id, finished, now)
    emit(session, event, firm_id=engagement.firm_id, now=now)


def _take(
    session: Session,
    engagement: Engagement,
    source: str,
    by: str,
    now: datetime,
    *,
    accepted: dict[str, int] | None = None,
) -> None:
    before, engagement.data_source = engagement.data_source, source
    _end_unfinished(session, engagement, now, f"the data source is {source} now")
    forget_superseded(session, engagement.id)
    details = {"before": before, "after": source, "differences": accepted or {}}
    audit.note(
        session,
        firm_id=engagement.firm_id,
        actor=by,
        action="data-source-changed",
        subject=engagement.id,
        at=now,
        **details,
    )


def _end_unfinished(
    session: Session, engagement: Engagement, now: datetime, why: str, *, purpose: str | None = None
) -> None:
    """Cancel what is under way: it would bring the ledger of the source that is not wanted."""
    unfinished = select(Import).where(Import.engagement_id == engagement.id, Import.state.not_in(FINAL_STATES))
    if purpose is not None:
        unfinished = unfinished.where(Import.purpose == purpose)
    for run in session.scalars(unfinished.order_by(Import.created_at, Import.id).with_for_update()):
        run.state, run.waiting_until, run.finished_at = "cancelled", None, now
        run.reason_code, run.reason = SUPERSEDED, why
        IMPORTS_FINISHED.labels(run.state).inc()
    session.flush()
    forget_superseded(session, engagement.id)
