"""What the schedule builder does with its events."""

from __future__ import annotations

from datetime import date

from services.scheduler.accounts import BAS_DEFAULT, KINDS, PREDEFINED_NAME, Kind
from services.scheduler.build import build_schedule
from services.scheduler.facts import write_subledger
from services.scheduler.fetch import Subledger, fetch
from shared.connections.access import FortnoxAccess
from shared.errors import Rejected
from shared.fortnox import FortnoxClient
from shared.ledger.balances import run_known_at
from shared.messaging.consumer import Delivery
from shared.messaging.events import ImportFinished, SchedulesBuilt, SchedulesRequested, new_event
from shared.store.engagements import Engagement

FORTNOX = "fortnox"


def build_after_import(delivery: Delivery, access: FortnoxAccess) -> None:
    """Make both schedules at the engagement's year-end from what the import has brought."""
    payload = ImportFinished.model_validate(delivery.event.data)
    if payload.run is None:
        raise Rejected("event-invalid", "data.run: the import has no run number")
    _build(delivery, access, payload.run, None)


def build_on_request(delivery: Delivery, access: FortnoxAccess) -> None:
    """Make both schedules at the balance date asked for, the engagement's year-end without one."""
    payload = SchedulesRequested.model_validate(delivery.event.data)
    with delivery.store.read() as session:
        engagement = session.get_one(Engagement, delivery.event.subject)
        run = run_known_at(session, engagement, None)
    _build(delivery, access, run, payload.balance_date)


def _build(delivery: Delivery, access: FortnoxAccess, run: int, balance_date: date | None) -> None:
    with delivery.store.read() as session:
        engagement = session.get_one(Engagement, delivery.event.subject)
    balance_date = balance_date or engagement.year_end
    subledgers: dict[Kind, Subledger] = {}
    predefined = dict(BAS_DEFAULT)
    if engagement.data_source == FORTNOX:
        with access.open(engagement.id, delivery.event.lane, renew=False) as client:
            predefined = _predefined_accounts(client)
            subledgers = {kind: fetch(client, kind, balance_date) for kind in KINDS}
    with delivery.settle() as session:
        for kind, subledger in subledgers.items():
            write_subledger(session, engagement, kind, subledger, run)
        session.flush()
        now = delivery.clock.now()
        schedules = [
            build_schedule(session, engagement, kind, predefined[kind], balance_date, run, now) for kind in KINDS
        ]
        built = SchedulesBuilt(schedule_ids=[schedule.id for schedule in schedules], balance_date=balance_date)
        delivery.emit(session, new_event("schedules-built", engagement.id, built, now, delivery.event.lane))


def _predefined_accounts(client: FortnoxClient) -> dict[Kind, str]:
    named = {account.name: str(account.account) for account in client.predefined_accounts()}
    return {kind: named.get(PREDEFINED_NAME[kind], BAS_DEFAULT[kind]) for kind in KINDS}
