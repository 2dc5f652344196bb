"""Case after case of exports into one company: what a case asks for, what is done to it, and how its batch is run.

A case draws everything from its own seed, its family and its number, so it can be repeated without those before it.
Its adjustments have a day of their own and a text that nothing else has: by that text its vouchers are found in Fortnox,
and not by our markers, which are what is on trial.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import select, update
from uuid6 import uuid7

from services.exporter.actors import routes
from services.sandbox.faults import FaultRule
from shared.adjustments import plan_export
from shared.adjustments.states import NOT_TRANSFERRED, POSTED, REFUSED
from shared.connections.states import ACTIVE
from shared.messaging.consumer import Consumer
from shared.messaging.events import Event, ExportRequested
from shared.security.vault import Vault
from shared.store.adjustments import Adjustment, Export, ExportLease, ExportVoucher
from shared.store.connections import TenantPace
from shared.store.engagements import Engagement
from tests.integration.exporter.closing import SERIES, YEAR_END, Closing, body_of
from tests.scene import open_scene

A_LOOK = timedelta(seconds=61)  # until a look that finds nothing counts
ROUNDS = 60  # so many looks apart every export has ended
PER_ROUND = 40
VAULT_NAME = "chaos"  # under which a process of its own knows the key
YEAR_BEFORE = date(2024, 12, 31)
FIRST_DAY = date(2025, 1, 1)


@dataclass(frozen=True)
class Asked:
    """An adjustment of a case: in the end Fortnox has one voucher of it that stands, or none if it is `taken_back`."""

    id: UUID
    name: str
    text: str
    amount_ore: int
    files: tuple[str, ...] = ()
    may_differ: bool = False  # Fortnox has another version of it, which only a person can judge


@dataclass
class Case:
    """One case at work in the closing; `interrupted` says that something got in its way."""

    closing: Closing
    year_before: Closing  # of the same client, so into the same company
    folder: Path
    vault_key: bytes
    label: str
    rng: Random
    seed: int
    number: int
    asked: list[Asked] = field(default_factory=list)
    taken_back: bool = False
    interrupted: bool = False
    about: str = ""  # what was done to it, for the report
    notes: list[str] = field(default_factory=list)

    @property
    def day(self) -> date:
        return FIRST_DAY + timedelta(days=self.number % 365)

    @property
    def database(self) -> Path:
        return self.folder / "pipeline.db"

    # What the accountant does

    def adjust(self, kinds: Sequence[str], *, files: Sequence[int] = (), closing: Closing | None = None) -> None:
        """Make an adjustment of each kind; `files` says how many hang on each of them."""
        for place, kind in enumerate(kinds):
            at = len(self.asked)
            name, text = f"{kind}{self.number * 10 + at}", f"Fall {self.label} nr {at}."
            amount_ore = self.rng.randint(1, 5_000_000)
            day = self.day if closing is None else self.day.replace(year=closing.scene.engagement().year_end.year)
            adjustment_id = (closing or self.closing).adjust(
                kind, self.number * 10 + at, amount_ore=amount_ore, day=day, text=text
            )
            contents = tuple(f"{text} Fil {n}" for n in range(files[place] if place < len(files) else 0))
            for n, content in enumerate(contents):
                self.closing.attach(adjustment_id, f"underlag {n}.pdf", content.encode())
            self.asked.append(Asked(adjustment_id, name, text, amount_ore, contents))

    def plan(self, series: dict[str, str] | None = None, closing: Closing | None = None) -> Event | None:
        """Plan what waits to be exported, as the gateway does; None when nothing does."""
        scene = (closing or self.closing).scene
        waiting = self._ids(scene.engagement_id, NOT_TRANSFERRED, REFUSED)
        if not waiting:
            return None
        with scene.store.write() as session:
            engagement = session.get_one(Engagement, scene.engagement_id)
            planned = plan_export(session, engagement, series or SERIES, waiting, "anna", scene.clock.now())
        return self.ask_for(planned.id, closing)

    def undo(self) -> list[Event]:
        """Plan the undo of every export of the case that has a voucher standing by our rows."""
        return [self.closing.undo(export) for export in self.exports() if self._may_be_undone(export)]

    def ask_for(self, export_id: UUID, closing: Closing | None = None) -> Event:
        """Put the event of an export into the outbox, and take it from there."""
        scene = (closing or self.closing).scene
        event = scene.send("export-requested", ExportRequested(export_id=export_id))
        assert event.id in [taken.id for taken in scene.due_events()]
        return event

    # What runs it

    def consumer(self, closing: Closing | None = None, **options: timedelta) -> Consumer:
        scene = (closing or self.closing).scene
        return scene.consumer("exporter", routes(scene.access, **options))

    def deliver(self, event: Event, **options: timedelta) -> None:
        self.consumer(None, **options).receive(body_of(event))

    def finish(self) -> None:
        """Deliver what becomes due, as time goes by, until every export of the case has ended."""
        scene, consumers = self.closing.scene, {"export-requested": self.consumer()}
        for _ in range(ROUNDS):
            for _ in range(PER_ROUND):
                if not scene.step(consumers):
                    break
            if all(export.state in {"completed", "failed"} for export in self.exports()):
                return
            self.wait(A_LOOK)
        self.notes.append(f"never ended: {[(export.state, export.reason_code) for export in self.exports()]}")

    def wait(self, time: timedelta) -> None:
        """Let time go by, for the pace of the tenant too, which is measured by the machine's own clock."""
        scene = self.closing.scene
        scene.clock.advance(time)
        with scene.store.write() as session:
            session.execute(update(TenantPace).values(paused_until=None))
        self.heal()

    def heal(self) -> None:
        """Connect the client again if a kill has cost it its tokens: that is on trial elsewhere."""
        row = self.closing.scene.connection()
        if row.state != ACTIVE or row.lease_owner is not None or row.pending_since is not None:
            self.closing.scene.reconnect()

    def spoil(self, rule: FaultRule) -> None:
        self.closing.scene.sandbox.state.faults.add(rule)

    # The database as a file

    def save(self) -> None:
        """Copy the database aside."""
        self._copy(self.database, self.folder / "aside.db")

    def restore(self) -> None:
        """Bring the copy back; its refresh token may have been used since."""
        self._copy(self.folder / "aside.db", self.database)
        self.closing.scene.reconnect()

    def _copy(self, source: Path, target: Path) -> None:
        self.closing.scene.store.close()
        read, write = sqlite3.connect(source), sqlite3.connect(target)
        read.backup(write)
        write.close()
        read.close()

    # What our rows say

    def exports(self) -> list[Export]:
        of_case = select(ExportVoucher.export_id).where(ExportVoucher.adjustment_id.in_([it.id for it in self.asked]))
        with self.closing.scene.store.read() as session:
            return list(session.scalars(select(Export).where(Export.id.in_(of_case)).order_by(Export.id)))

    def _may_be_undone(self, export: Export) -> bool:
        ours = ExportVoucher.adjustment_id.in_([asked.id for asked in self.asked])
        with self.closing.scene.store.read() as session:
            posted = select(ExportVoucher.id).where(
                ExportVoucher.export_id == export.id, ExportVoucher.state == POSTED, ours
            )
            undone = set(session.scalars(select(ExportVoucher.reverses_id).where(ExportVoucher.state != REFUSED, ours)))
            return export.undoes_id is None and bool(set(session.scalars(posted)) - undone)

    def _ids(self, engagement_id: UUID, *statuses: str) -> list[UUID]:
        with self.closing.scene.store.read() as session:
            return list(
                session.scalars(
                    select(Adjustment.id).where(
                        Adjustment.id.in_([asked.id for asked in self.asked]),
                        Adjustment.engagement_id == engagement_id,
                        Adjustment.status.in_(statuses),
                    )
                )
            )


@contextmanager
def office(database_url: str, folder: Path) -> Iterator[Office]:
    """Open a company and a closing in which cases follow each other, and whose tokens another process can open."""
    with open_scene(database_url, year_end=YEAR_END) as scene:
        key = os.urandom(32)
        scene.access = replace(scene.access, vault=Vault({VAULT_NAME: key}))
        scene.reconnect()
        before = Engagement(
            id=uuid7(),
            firm_id=scene.firm_id,
            client_id=scene.client_id,
            year_end=YEAR_BEFORE,
            data_source="fortnox",
            last_run=0,
            created_at=scene.clock.now(),
        )
        with scene.store.write() as session:
            session.add(before)
        yield Office(Closing(scene), Closing(replace(scene, engagement_id=before.id)), folder, key)


@dataclass
class Office:
    closing: Closing
    year_before: Closing
    folder: Path
    vault_key: bytes

    def case(self, family: str, seed: int, number: int) -> Case:
        """Begin a case where the one before it has left nothing behind: no faults, no leases, no pauses, clocks agree."""
        scene = self.closing.scene
        scene.sandbox.state.faults.clear()
        scene.sandbox.state.journal.clear()
        scene.clock.advance(datetime.now(UTC) - scene.clock.now())
        with scene.store.write() as session:
            session.execute(update(ExportLease).values(owner=None, until=None))
            session.execute(update(TenantPace).values(paused_until=None, sent_at=[]))
        rng = Random(f"{seed} {family} {number}")
        case = Case(
            self.closing, self.year_before, self.folder, self.vault_key, f"{family} {number}", rng, seed, number
        )
        case.heal()
        return case
