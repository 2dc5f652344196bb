"""The steps of an export's files, each one transaction under the lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from services.exporter.lease import Lease
from services.exporter.reconcile import FILE_SETTLES_AFTER, after_miss, next_look
from shared.adjustments import Doubt, Reason
from shared.adjustments.file_states import CONNECTED, CONNECTING, TO_SEND, UPLOADED, UPLOADING, move_file, to_do
from shared.adjustments.states import NEEDS_HUMAN, POSTED, REFUSED, UNKNOWN
from shared.adjustments.undo import key_of
from shared.fortnox import VoucherKey
from shared.store.adjustments import AdjustmentFile, ExportFile, ExportVoucher

NEVER_FOUND = Doubt(
    "never-found", "Fortnox did not say whether it took the file, and it was not found there after several tries"
)


@dataclass(frozen=True)
class FileJob:
    """A file, the voucher in Fortnox that it belongs to, and the ids there of that voucher's other files.

    A look for it `counts` once Fortnox has had its time.
    """

    file: ExportFile
    voucher: ExportVoucher
    counts: bool = False

    @property
    def key(self) -> VoucherKey:
        return key_of(self.voucher)

    @property
    def others(self) -> set[str]:
        return {file.fortnox_file_id for file in self.voucher.files if file.fortnox_file_id and file is not self.file}


class FileSteps:
    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    @property
    def tenant_id(self) -> int:
        return self._lease.tenant_id

    def to_send(self) -> Sequence[FileJob]:
        """Return the files whose next step is known not to have been done, for vouchers that stand in Fortnox."""
        with self._lease.store.read() as session:
            return [FileJob(file, voucher) for file, voucher in self._gather(session, TO_SEND)]

    def to_find_out(self) -> Sequence[FileJob]:
        """Return the unknown files: a first look is always worth while, a second one only when it counts."""
        now = self._lease.clock.now()
        with self._lease.store.read() as session:
            found = self._gather(session, (UNKNOWN,))
        jobs = [FileJob(file, voucher, now >= file_look_counts_from(file)) for file, voucher in found]
        return [job for job in jobs if job.counts or not job.file.misses]

    def content(self, file: ExportFile) -> bytes:
        """Return a file's bytes, which are too many to hold for all files at once."""
        with self._lease.store.read() as session:
            return session.get_one(AdjustmentFile, file.file_id, options=[undefer(AdjustmentFile.content)]).content

    def uploading(self, file: ExportFile) -> None:
        """Commit that the file is about to leave: from here on only Fortnox knows where it is."""
        self._leaving(file.id, UPLOADING)

    def uploaded(self, file: ExportFile, fortnox_file_id: str) -> None:
        self._move(file.id, UPLOADED, fortnox_file_id=fortnox_file_id)

    def connecting(self, file: ExportFile) -> None:
        self._leaving(file.id, CONNECTING)

    def connected(self, file: ExportFile, fortnox_file_id: str) -> None:
        self._move(file.id, CONNECTED, fortnox_file_id=fortnox_file_id)

    def refused(self, file: ExportFile, why: Reason) -> None:
        self._move(file.id, REFUSED, why)

    def needs_human(self, file: ExportFile, why: Reason) -> None:
        self._move(file.id, NEEDS_HUMAN, why)

    def unknown(self, file: ExportFile, why: Reason) -> None:
        self._move(file.id, UNKNOWN, why)

    def not_sent(self, file: ExportFile) -> None:
        """Take back the step that is proved not to have left."""
        with self._lease.store.write() as session:
            self._lease.own(session)
            row = session.get_one(ExportFile, file.id)
            move_file(row, to_do(row), self._lease.clock.now())

    def missed(self, job: FileJob) -> None:
        """Note that the look did not find what was asked for."""
        with self._lease.store.write() as session:
            self._lease.own(session)
            row = session.get_one(ExportFile, job.file.id)
            row.misses += job.counts
            now = self._lease.clock.now()
            match after_miss(row.misses, row.attempts):
                case "unknown":
                    row.updated_at = now
                case "needs-human":
                    move_file(row, NEEDS_HUMAN, now, NEVER_FOUND)
                case _:
                    move_file(row, to_do(row), now)

    def _leaving(self, file_id: UUID, state: str) -> None:
        with self._lease.store.write() as session:
            self._lease.own(session)
            row = session.get_one(ExportFile, file_id)
            now = self._lease.clock.now()
            move_file(row, state, now)
            row.attempts += 1
            row.misses = 0
            row.sent_at = now

    def _move(
        self, file_id: UUID, state: str, why: Reason | None = None, *, fortnox_file_id: str | None = None
    ) -> None:
        with self._lease.store.write() as session:
            self._lease.own(session)
            row = session.get_one(ExportFile, file_id)
            move_file(row, state, self._lease.clock.now(), why)
            if fortnox_file_id is not None:
                # The next step counts its tries anew.
                row.fortnox_file_id, row.attempts, row.misses = fortnox_file_id, 0, 0

    def _gather(self, session: Session, states: Sequence[str]) -> list[tuple[ExportFile, ExportVoucher]]:
        rows = session.execute(
            select(ExportFile, ExportVoucher)
            .join(ExportVoucher, ExportFile.voucher_id == ExportVoucher.id)
            .where(
                ExportVoucher.export_id == self._lease.export_id,
                ExportVoucher.state == POSTED,
                ExportFile.state.in_(states),
            )
            .order_by(ExportVoucher.id, ExportFile.id)
            .options(selectinload(ExportFile.file), selectinload(ExportVoucher.files))
        )
        return [(file, voucher) for file, voucher in rows]


def file_look_counts_from(file: ExportFile) -> datetime:
    if file.sent_at is None:
        raise ValueError(f"file {file.id} is {file.state} and was never sent")
    return next_look(file.sent_at, file.misses, file.updated_at, FILE_SETTLES_AFTER)
