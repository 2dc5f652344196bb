"""The schedule builder at work in a scene, and its schedules beside the truth."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from services.importer import actors as importer
from services.sandbox.truth import ORIENTATION, Kind
from services.scheduler import actors as scheduler
from shared.messaging.consumer import Consumer
from shared.messaging.events import Event, ImportRequested, SchedulesRequested
from shared.store.connections import TenantPace
from shared.store.schedules import Schedule
from tests.scene import Scene


class Builder:
    """Takes each event to a new worker: nothing may be kept in one's memory."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        for document in scene.truth.documents:
            # Since when a document is cancelled is nowhere to be read: up to the first reading its voucher counts.
            document.cancelled &= document.booked_on is None

    def do_import(self) -> Event:
        """Import and return the event that says so, which the schedule builder has not received yet."""
        self.scene.send("import-requested", ImportRequested())
        consumer = self.scene.consumer("importer", importer.routes(self.scene.access))
        return next(
            event for event in self.scene.pump({"import-requested": consumer}) if event.name == "import-completed"
        )

    def consumer(self, singles_per_slice: int = scheduler.SINGLES_PER_SLICE) -> Consumer:
        return self.scene.consumer("scheduler", scheduler.routes(self.scene.access, singles_per_slice))

    def deliver(self, event: Event, **options: int) -> list[str]:
        """Hand over one event; return the calls to Fortnox that it took."""
        with self.scene.store.write() as session:
            for pace in session.scalars(select(TenantPace)):
                pace.sent_at = []  # and no test waits for it
        before = len(self.scene.journal())
        self.consumer(**options).receive(event.model_dump_json(exclude_none=True).encode())
        return self.scene.journal()[before:]

    def after_import(self) -> list[str]:
        return self.deliver(self.do_import())

    def ask(self, balance_date: date) -> list[str]:
        return self.deliver(self.scene.send("schedules-requested", SchedulesRequested(balance_date=balance_date)))

    def schedules(self) -> list[Schedule]:
        """All schedules with their items, in the order in which they were made."""
        every = select(Schedule).options(selectinload(Schedule.items)).order_by(Schedule.id)
        with self.scene.store.read() as session:
            return list(session.scalars(every))

    def built(self) -> list[Event]:
        return [event for event in self.scene.due_events() if event.name == "schedules-built"]


def numbers(schedule: Schedule) -> list[str]:
    """The accounts of a schedule."""
    return [number for number, _, _ in schedule.accounts]


def causes_found(schedule: Schedule) -> dict[str, int]:
    """The bridge's amounts by cause; a jump before the first imported year cannot be told from what was never entered."""
    sums: Counter[str] = Counter()
    for line in schedule.bridge:
        sums["D13" if line["code"] == "D15" else line["code"]] += line["amount_ore"]
    return {code: ore for code, ore in sums.items() if ore}


def causes_in_truth(scene: Scene, schedule: Schedule) -> dict[str, int]:
    """The truth of the same causes; what it calls D07 stands on a neighbouring account, which the schedule has too."""
    truth = scene.truth.differences(cast("Kind", schedule.kind), schedule.balance_date, "vouchers")
    sums: Counter[str] = Counter()
    for code, ore in truth.items():
        sums["D13" if code == "D15" else code] += 0 if code == "D07" else ore
    return {code: ore for code, ore in sums.items() if ore}


def differs(scene: Scene, schedule: Schedule) -> list[str]:
    """Say in what a schedule is not what the truth says: nothing, if it is right."""
    kind, day = cast("Kind", schedule.kind), schedule.balance_date
    truth = {
        str(item.number): (item.counterparty, item.open_ore, item.open_minor, item.currency, item.due_date)
        for item in scene.truth.open_items(kind, day, "vouchers")
    }
    found = {
        item.document_number: (
            item.counterparty_number,
            item.open_ore,
            item.open_minor,
            item.currency,
            item.due_date,
        )
        for item in schedule.items
        if "unbooked" not in item.flags
    }
    ledger_ore = ORIENTATION[kind] * scene.truth.ledger_balance(
        [int(number) for number, _, _ in schedule.accounts], day
    )
    sums = {
        "total": (schedule.total_ore, scene.truth.schedule_total(kind, day, "vouchers")),
        "ledger": (schedule.ledger_ore, ledger_ore),
        "difference": (schedule.difference_ore, schedule.total_ore - schedule.ledger_ore),
        "ageing": (sum(schedule.ageing.values()), schedule.total_ore),
        "bridge": (sum(line["amount_ore"] for line in schedule.bridge), schedule.difference_ore),
        "causes": (causes_found(schedule), causes_in_truth(scene, schedule)),
    }
    unequal = [f"{name}: {is_} not {should}" for name, (is_, should) in sums.items() if is_ != should]
    numbers = sorted(found.keys() | truth.keys(), key=int)
    unequal += [f"{n}: {found.get(n)} not {truth.get(n)}" for n in numbers if found.get(n) != truth.get(n)]
    return [f"{kind} {day} {what}" for what in unequal]
