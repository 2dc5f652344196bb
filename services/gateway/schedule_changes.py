"""A schedule beside what is known now."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.gateway.schemas.schedules import (
    AccountChangeView,
    AmountsView,
    ChangesView,
    ItemChangeView,
    ScheduleFaultView,
    ScheduleSummary,
)
from shared.errors import Rejected
from shared.schedules.changes import changes
from shared.schedules.reading import content_of
from shared.schedules.signed import last_run_read, newest_reading
from shared.store.schedules import Schedule


def changes_of(session: Session, schedule: Schedule) -> ChangesView:
    """Compare a schedule with the newest reading of the same kind, balance date and terms.

    Raises Rejected "schedule-not-compared" when the books were read later and the schedule not built from that: after
    an import this happens only to those that nobody has signed.
    """
    newest = newest_reading(session, schedule)
    if newest.known_run < last_run_read(session, schedule.engagement_id, schedule.kind):
        raise Rejected("schedule-not-compared", f"ask for the schedules at {schedule.balance_date} as known now")
    found = changes(content_of(schedule), content_of(newest))
    return ChangesView(
        schedule=ScheduleSummary.model_validate(schedule),
        known_now=ScheduleSummary.model_validate(newest),
        is_changed=newest.figures_hash != schedule.figures_hash,
        total=AmountsView.model_validate(found.total),
        ledger=AmountsView.model_validate(found.ledger),
        difference=AmountsView.model_validate(found.difference),
        ageing={bucket: AmountsView.model_validate(amounts) for bucket, amounts in found.ageing.items()},
        bridge={code: AmountsView.model_validate(amounts) for code, amounts in found.bridge.items()},
        accounts=[AccountChangeView.model_validate(account) for account in found.accounts],
        items=[ItemChangeView.model_validate(item) for item in found.items],
        faults=[ScheduleFaultView.model_validate(fault) for fault in found.faults],
    )
