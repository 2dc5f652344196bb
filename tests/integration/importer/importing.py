"""The importer at work in a scene, and what it leaves in the database."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select

from services.importer.actors import routes
from services.importer.facts import FACTS
from services.importer.handlers import SLICE
from shared.clock import Clock
from shared.ledger.balances import closing_balances, run_known_at
from shared.messaging.consumer import Consumer
from shared.messaging.events import Event, ImportRequested
from shared.store.imports import Import
from shared.store.ledger import VoucherRowFact
from tests.scene import Scene

EVENTS = ("connection-authorized", "import-requested")


class Importer:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def consumers(self, slice_length: timedelta = SLICE, clock: Clock | None = None) -> dict[str, Consumer]:
        """A new worker each time: nothing may be kept in one's memory."""
        store, now = self.scene.store, clock or self.scene.clock
        consumer = Consumer("importer", routes(self.scene.access, slice_length), store, now, Random(0))
        return dict.fromkeys(EVENTS, consumer)

    def ask(self) -> Event:
        return self.scene.send("import-requested", ImportRequested())

    def run(self) -> Import:
        """Ask for an import and let it run as far as it comes; return it as it stands then."""
        self.ask()
        self.go_on()
        return self.scene.imports()[-1]

    def go_on(self) -> list[Event]:
        return self.scene.pump(self.consumers())

    def step(self) -> list[Event]:
        """Let a worker do one step of an import, and no more."""
        return self.scene.step(self.consumers(timedelta(0)))

    def balances(self, year_from: date, *, run: int | None = None, until: date | None = None) -> dict[str, int]:
        """Stored balances other than zero by account, as last known or as known at a run."""
        with self.scene.store.read() as session:
            run = run or run_known_at(session, self.scene.engagement(), None)
            found = closing_balances(session, self.scene.engagement_id, year_from, until=until, run=run)
        return {account: ore for account, ore in found.items() if ore}

    def truth(self, year_from: date, until: date | None = None) -> dict[str, int]:
        """What the books in the stand-in say now."""
        year = next(year for year in self.scene.company.years.values() if year.from_date == year_from)
        found = self.scene.company.closing_balances_ore(year.id, until)
        return {str(account): ore for account, ore in found.items() if ore}

    def facts(self) -> dict[str, tuple[int, int]]:
        """Per table of facts: how many there are, and how many have ended."""
        with self.scene.store.read() as session:
            found: dict[str, tuple[int, int]] = {}
            for fact in FACTS:
                counted = session.execute(select(func.count(), func.count(fact.until_run)).select_from(fact))
                every, ended = counted.one()
                found[fact.__name__] = every, ended
            rows = session.scalar(select(func.count()).select_from(VoucherRowFact)) or 0
        return {**found, "VoucherRowFact": (rows, 0)}


def check_of(row: Import, name: str) -> dict[str, Any]:
    """One check of the stored proof."""
    found: dict[str, Any] = next(check for check in row.completeness if check["check"] == name)
    return found
