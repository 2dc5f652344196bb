"""An accountant who closes the scene's year: makes adjustments, asks for their export, looks at what became of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload
from uuid6 import uuid7

from services.exporter.actors import routes
from services.sandbox.company import Voucher
from services.sandbox.faults import FaultKind, FaultRule
from shared.adjustments import content_hash, content_of, plan_export
from shared.adjustments.undo import plan_undo
from shared.messaging.consumer import Consumer
from shared.messaging.events import Event, ExportRequested
from shared.store.adjustments import Adjustment, AdjustmentFile, AdjustmentRow, Export, ExportFile, ExportVoucher
from shared.store.engagements import Engagement
from tests.scene import Scene

YEAR_END = date(2025, 12, 31)
SERIES = {"V": "A", "S": "I"}
A_LEASE = timedelta(seconds=121)


@dataclass
class Closing:
    scene: Scene

    def adjust(
        self,
        kind: str,
        number: int,
        *,
        amount_ore: int = 1_250_000,
        debit: str = "5020",
        day: date = YEAR_END,
        text: str = "Upplupna kostnader",
        cost_center: str | None = None,
    ) -> UUID:
        """Make an adjustment that books the amount on `debit` against 2990."""
        scene = self.scene
        rows = [
            AdjustmentRow(firm_id=scene.firm_id, position=1, account=debit, debit_ore=amount_ore, credit_ore=0),
            AdjustmentRow(firm_id=scene.firm_id, position=2, account="2990", debit_ore=0, credit_ore=amount_ore),
        ]
        rows[0].cost_center, rows[0].text = cost_center, f"rad av {kind}{number}"
        adjustment = Adjustment(
            firm_id=scene.firm_id,
            engagement_id=scene.engagement_id,
            kind=kind,
            number=number,
            date=day,
            text=text,
            status="not_transferred",
            created_at=scene.clock.now(),
            rows=rows,
        )
        adjustment.content_hash = content_hash(content_of(adjustment))
        with scene.store.write() as session:
            session.add(adjustment)
        return adjustment.id

    def plan(self, series: dict[str, str] | None = None) -> Event:
        """Plan an export of everything as the gateway does, and take its event from the outbox."""
        scene = self.scene
        with scene.store.write() as session:
            engagement = session.get_one(Engagement, scene.engagement_id)
            planned = plan_export(session, engagement, series or SERIES, None, "anna", scene.clock.now())
        event = scene.send("export-requested", ExportRequested(export_id=planned.id))
        assert event.id in [taken.id for taken in scene.due_events()]
        return event

    def attach(self, adjustment_id: UUID, name: str, content: bytes) -> UUID:
        """Add a file to an adjustment."""
        scene = self.scene
        file = AdjustmentFile(
            id=uuid7(),
            firm_id=scene.firm_id,
            adjustment_id=adjustment_id,
            name=name,
            media_type="application/pdf",
            size_bytes=len(content),
            sha256=hashlib.sha256(content).digest(),
            content=content,
            added_by="anna",
            created_at=scene.clock.now(),
        )
        with scene.store.write() as session:
            session.add(file)
        return file.id

    def undo(self, export: Export | None = None, adjustment_ids: Collection[UUID] | None = None) -> Event:
        """Plan the undo of an export, of the newest one unless said, as the gateway does; take its event."""
        scene = self.scene
        undone_id = (export or self.export()).id
        with scene.store.write() as session:
            undone = session.get_one(Export, undone_id)
            planned = plan_undo(session, undone, adjustment_ids, "anna", scene.clock.now())
        event = scene.send("export-requested", ExportRequested(export_id=planned.id))
        assert event.id in [taken.id for taken in scene.due_events()]
        return event

    def exporter(self, **options: timedelta) -> Consumer:
        return self.scene.consumer("exporter", routes(self.scene.access, **options))

    def deliver(self, event: Event) -> None:
        self.exporter().receive(body_of(event))

    def finish(self) -> Export:
        """Deliver what becomes due, as time goes by, until the newest export has ended."""
        for _ in range(60):
            self.scene.pump({"export-requested": self.exporter()})
            if self.export().state in {"completed", "failed"}:
                return self.export()
            self.scene.clock.advance(timedelta(seconds=61))
        raise AssertionError(f"the export is still {self.export().state}")

    def export(self) -> Export:
        return self.exports()[-1]

    def exports(self) -> list[Export]:
        with self.scene.store.read() as session:
            return list(session.scalars(select(Export).order_by(Export.id)))

    def vouchers(self) -> list[ExportVoucher]:
        """Return the newest export's vouchers in their order, with their adjustments."""
        with self.scene.store.read() as session:
            return list(
                session.scalars(
                    select(ExportVoucher)
                    .where(ExportVoucher.export_id == self.export().id)
                    .order_by(ExportVoucher.id)
                    .options(selectinload(ExportVoucher.adjustment))
                )
            )

    def statuses(self) -> dict[str, str]:
        """Return what each adjustment's status is, by its name."""
        with self.scene.store.read() as session:
            return {f"{row.kind}{row.number}": row.status for row in session.scalars(select(Adjustment))}

    def files(self) -> list[ExportFile]:
        """Return the files of the newest export in their order."""
        of_export = select(ExportFile).join(ExportVoucher).where(ExportVoucher.export_id == self.export().id)
        with self.scene.store.read() as session:
            return list(session.scalars(of_export.order_by(ExportFile.id)))

    def file_states(self) -> list[tuple[str, str | None]]:
        return [(file.state, file.reason_code) for file in self.files()]

    def states(self) -> list[tuple[str, str | None]]:
        return [(voucher.state, voucher.reason_code) for voucher in self.vouchers()]

    def booked(self) -> list[Voucher]:
        """Return the vouchers in Fortnox that carry a marker of an adjustment, as they lie there."""
        return self._marked("FP-")

    def reversals(self) -> list[Voucher]:
        """Return the vouchers in Fortnox that carry a marker of a reversal."""
        return self._marked("FPR-")

    def _marked(self, mark: str) -> list[Voucher]:
        state = self.scene.sandbox.state
        with state.lock:
            return [voucher for voucher in self.scene.company.vouchers.values() if mark in (voucher.comments or "")]

    def balances_ore(self) -> dict[int, int]:
        """Return the closing balances of the year in Fortnox by account."""
        with self.scene.sandbox.state.lock:
            return self.scene.company.closing_balances_ore(1)

    def moved_ore(self, before: dict[int, int]) -> dict[int, int]:
        """Return by how much balances differ from those before, without the accounts that do not."""
        after = self.balances_ore()
        moved = {account: after.get(account, 0) - before.get(account, 0) for account in {*before, *after}}
        return {account: ore for account, ore in moved.items() if ore}

    def misbehave(
        self,
        kind: FaultKind,
        *,
        path: str = "/3/vouchers",
        method: str = "POST",
        count: int | None = 1,
        nth: int | None = None,
        seconds: float = 1.0,
    ) -> None:
        """Let Fortnox' answers go wrong, unless said otherwise those to the posting of vouchers."""
        self.scene.sandbox.state.faults.add(
            FaultRule(kind, path=path, method=method, count=count, nth=nth, seconds=seconds)
        )

    def hanging(self) -> list[tuple[str, str]]:
        """Return (voucher, content) for each file on a voucher in Fortnox, as often as it hangs there."""
        with self.scene.sandbox.state.lock:
            company = self.scene.company
            return sorted(
                (f"{item.series}{item.number}", company.files[item.file_id].content.decode())
                for item in company.file_connections
            )

    def inbox(self) -> list[str]:
        """Return the names of the files in Fortnox' inbox that hang on no voucher."""
        with self.scene.sandbox.state.lock:
            return [file.name for file in self.scene.company.files.values() if file.folder == "inbox_v"]

    def expect_each_once(self, adjustments: int) -> None:
        """Assert that Fortnox has one voucher for each adjustment and that each of ours knows which one it is."""
        booked = self.booked()
        assert len(booked) == adjustments
        assert len({voucher.comments for voucher in booked}) == adjustments
        known = {(v.fortnox_year, v.series, v.fortnox_number) for v in self.vouchers() if v.state == "posted"}
        assert known == {voucher.key for voucher in booked}


def body_of(event: Event) -> bytes:
    return event.model_dump_json(exclude_none=True).encode()


def texts(vouchers: Sequence[Voucher]) -> list[str]:
    return [voucher.description for voucher in vouchers]
