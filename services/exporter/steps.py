"""The steps of an export, each one transaction under the lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from services.exporter.file_steps import file_look_counts_from
from services.exporter.lease import Lease, put_right
from services.exporter.reconcile import after_miss, next_look
from shared.adjustments import Doubt, Reason, book, move
from shared.adjustments.file_states import TO_SEND
from shared.adjustments.states import (
    CLAIMED,
    NEEDS_HUMAN,
    PLANNED,
    POSTED,
    RECONCILING,
    REFUSED,
    SENDING,
    UNKNOWN,
)
from shared.fortnox import VoucherKey
from shared.store.adjustments import Adjustment, ExportFile, ExportVoucher

NEVER_FOUND = Doubt(
    "never-found", "Fortnox did not say whether it booked the voucher, and it was not found there after several tries"
)


@dataclass(frozen=True)
class Look:
    """A voucher to look for; a look `counts` once Fortnox has had its time."""

    voucher: ExportVoucher
    counts: bool


@dataclass(frozen=True)
class Remaining:
    """What an export still has to do: vouchers or files to send, and when the next look for an unknown one counts."""

    to_send: bool
    look_from: datetime | None


class Steps:
    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    @property
    def tenant_id(self) -> int:
        return self._lease.tenant_id

    def claim(self) -> Sequence[ExportVoucher]:
        """Claim what is planned, in its order."""
        with self._lease.store.write() as session:
            self._lease.own(session)
            vouchers = self._gather(session, PLANNED)
            for voucher in vouchers:
                move(voucher, CLAIMED, self._lease.clock.now())
            return vouchers

    def begin_look(self) -> Sequence[Look]:
        """Take up the unknown vouchers: a first look is always worth while, a second one only when it counts."""
        with self._lease.store.write() as session:
            self._lease.own(session)
            now = self._lease.clock.now()
            looks = [Look(voucher, now >= look_counts_from(voucher)) for voucher in self._gather(session, UNKNOWN)]
            looks = [look for look in looks if look.counts or not look.voucher.misses]
            for look in looks:
                move(look.voucher, RECONCILING, now)
            return looks

    def sending(self, voucher_id: UUID, year_id: int) -> None:
        """Commit that the request is about to leave: from here on only Fortnox knows what is true."""
        with self._lease.store.write() as session:
            self._lease.own(session)
            voucher = session.get_one(ExportVoucher, voucher_id)
            now = self._lease.clock.now()
            move(voucher, SENDING, now)
            voucher.attempts += 1
            voucher.misses = 0
            voucher.sent_at, voucher.fortnox_year, voucher.tenant_id = now, year_id, self._lease.tenant_id

    def posted(self, voucher_id: UUID, key: VoucherKey) -> None:
        with self._lease.store.write() as session:
            self._lease.own(session)
            voucher = session.get_one(ExportVoucher, voucher_id)
            book(voucher, key, self._lease.clock.now())
            voucher.tenant_id = self._lease.tenant_id

    def refused(self, voucher_id: UUID, why: Reason) -> None:
        self._move(voucher_id, REFUSED, why)

    def needs_human(self, voucher_id: UUID, why: Reason) -> None:
        self._move(voucher_id, NEEDS_HUMAN, why)

    def unknown(self, voucher_id: UUID, why: Reason) -> None:
        self._move(voucher_id, UNKNOWN, why)

    def not_sent(self, voucher_id: UUID) -> None:
        """Plan again what is proved not to have left."""
        self._move(voucher_id, PLANNED)

    def missed(self, look: Look) -> None:
        """Note that the look did not find the voucher."""
        with self._lease.store.write() as session:
            self._lease.own(session)
            voucher = session.get_one(ExportVoucher, look.voucher.id)
            voucher.misses += look.counts
            state = after_miss(voucher.misses, voucher.attempts)
            move(voucher, state, self._lease.clock.now(), NEVER_FOUND if state == NEEDS_HUMAN else None)

    def settle_states(self) -> Remaining:
        """Put down what is still in hand, and tell what is left to do."""
        with self._lease.store.write() as session:
            export = self._lease.own(session)
            put_right(session, export, self._lease.clock.now())
            of_export = select(ExportVoucher).where(ExportVoucher.export_id == export.id)
            vouchers = session.scalars(of_export.where(ExportVoucher.state.in_((PLANNED, UNKNOWN)))).all()
            of_posted = select(ExportFile).join(ExportVoucher).where(ExportVoucher.export_id == export.id)
            files = session.scalars(
                of_posted.where(ExportVoucher.state == POSTED, ExportFile.state.in_((*TO_SEND, UNKNOWN)))
            ).all()
            looks = [look_counts_from(voucher) for voucher in vouchers if voucher.state == UNKNOWN]
            looks += [file_look_counts_from(file) for file in files if file.state == UNKNOWN]
            is_planned = any(voucher.state == PLANNED for voucher in vouchers)
            to_send = is_planned or any(file.state in TO_SEND for file in files)
            return Remaining(to_send, min(looks, default=None))

    def _move(self, voucher_id: UUID, state: str, why: Reason | None = None) -> None:
        with self._lease.store.write() as session:
            self._lease.own(session)
            move(session.get_one(ExportVoucher, voucher_id), state, self._lease.clock.now(), why)

    def _gather(self, session: Session, state: str) -> Sequence[ExportVoucher]:
        return session.scalars(
            select(ExportVoucher)
            .where(ExportVoucher.export_id == self._lease.export_id, ExportVoucher.state == state)
            .order_by(ExportVoucher.id)
            .options(
                selectinload(ExportVoucher.adjustment).selectinload(Adjustment.rows),
                selectinload(ExportVoucher.reverses),
            )
        ).all()


def look_counts_from(voucher: ExportVoucher) -> datetime:
    if voucher.sent_at is None:
        raise ValueError(f"voucher {voucher.id} is {voucher.state} and was never sent")
    return next_look(voucher.sent_at, voucher.misses, voucher.updated_at)
