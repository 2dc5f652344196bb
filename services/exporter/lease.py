"""The right to work on one export and to post to its Fortnox tenant, held by one worker at a time.

Every transaction of the work goes through `own`, which refuses once another worker has taken over, and no request
leaves near the end of the lease. So whoever takes over after a crash or a long pause knows that nothing of ours is
still about to leave, and what was found in `sending` can be found out in peace.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.adjustments import Doubt, move
from shared.adjustments.file_states import UNDER_WAY, move_file
from shared.adjustments.states import CLAIMED, RECONCILING, SENDING, UNKNOWN, left_behind
from shared.clock import Clock
from shared.errors import Later, PipelineError, Rejected
from shared.messaging.consumer import Delivery
from shared.store.adjustments import Export, ExportFile, ExportLease, ExportVoucher
from shared.store.database import Store, of_firm

LEASE = timedelta(seconds=120)
LAST_REQUEST_BEFORE_END = timedelta(seconds=20)  # longer than connecting and writing may take
ASK_AGAIN_AFTER = timedelta(seconds=5)  # most slices are short
FINISHED = frozenset({"completed", "failed"})
IN_HAND = (CLAIMED, SENDING, RECONCILING)
WORKER_ENDED = Doubt("worker-ended", "the work ended while this was under way to Fortnox")


class Lease:
    def __init__(self, store: Store, clock: Clock, export_id: UUID) -> None:
        self.store = store
        self.clock = clock
        self.export_id = export_id
        self._owner = uuid4()
        self._tenant_id: int | None = None
        self._until: datetime | None = None
        self._requests = 0

    def take(self, delivery: Delivery) -> bool:
        """Take the export of the delivery and put right what a dead worker left; False when it is finished already.

        Raises Later "export-busy", and Rejected "not-found" for an export of another firm or engagement.
        """
        with self.store.write() as session:
            export = of_firm(session, Export, delivery.firm_id, self.export_id, lock=True)
            if export.engagement_id != delivery.event.subject:
                raise Rejected("not-found", f"engagement {delivery.event.subject} has no export {self.export_id}")
            if export.state in FINISHED:
                return False
            if is_held(export, self.clock.now()):
                raise Later("export-busy", "another worker has this export in hand", until=export.lease_until)
            export.lease_owner, export.state = self._owner, "running"
            export.reason_code = export.reason = export.waiting_until = None
            self.own(session)
            put_right(session, export, self.clock.now())
            return True

    @property
    def tenant_id(self) -> int:
        """The Fortnox company that this worker posts to; raises ValueError before it has taken the right to."""
        if self._tenant_id is None:
            raise ValueError("the lease is on no tenant yet")
        return self._tenant_id

    def take_tenant(self, tenant_id: int) -> None:
        """Take the right to post there; raises Later "tenant-busy" while another export has it."""
        with self.store.write() as session:
            self.own(session)
            dialect = sqlite if self.store.is_sqlite else postgresql
            session.execute(dialect.insert(ExportLease).values(tenant_id=tenant_id).on_conflict_do_nothing())
            row = session.get_one(ExportLease, tenant_id, with_for_update=True)
            if row.until is not None and row.until > self.clock.now():
                until = min(row.until, self.clock.now() + ASK_AGAIN_AFTER)
                raise Later("tenant-busy", "another export posts to the same company just now", until=until)
            row.owner, row.until = self._owner, self._until
        self._tenant_id = tenant_id

    def own(self, session: Session) -> Export:
        """Return the export, locked, with the lease prolonged; raises Later "lease-lost" when another has taken it."""
        now = self.clock.now()
        export = session.get_one(Export, self.export_id, with_for_update=True)
        tenant = self._tenant(session)
        if export.lease_owner != self._owner or (tenant is not None and tenant.owner != self._owner):
            raise Later("lease-lost", "another worker has taken the export over", until=now)
        self._until = export.lease_until = now + LEASE
        if tenant is not None:
            tenant.until = self._until
        export.requests += self._requests
        self._requests = 0
        return export

    def before_request(self) -> None:
        """Count a request that is about to leave; raises Later "lease-lost" when the lease has all but run out."""
        now = self.clock.now()
        if self._until is None or now > self._until - LAST_REQUEST_BEFORE_END:
            raise Later("lease-lost", "the work took longer than the lease", until=now)
        self._requests += 1

    def release(self, session: Session) -> None:
        """Give the lease back at the end of a transaction that began with `own`."""
        export = session.get_one(Export, self.export_id)
        export.lease_owner = export.lease_until = None
        tenant = self._tenant(session)
        if tenant is not None:
            tenant.owner = tenant.until = None

    def let_go(self, why: PipelineError | None = None, until: datetime | None = None) -> None:
        """Give up the lease in the middle of the work, and say why and until when if that helps those who wait."""
        with self.store.write() as session:
            try:
                export = self.own(session)
            except Later:
                return
            put_right(session, export, self.clock.now())
            if why is not None:
                export.state, export.reason_code, export.reason = "waiting", why.code, why.reason[:1000]
                export.waiting_until = until
            self.release(session)

    def _tenant(self, session: Session) -> ExportLease | None:
        if self._tenant_id is None:
            return None
        return session.get_one(ExportLease, self._tenant_id, with_for_update=True)


def is_held(export: Export, now: datetime) -> bool:
    return export.lease_until is not None and export.lease_until > now


def put_right(session: Session, export: Export, now: datetime) -> None:
    """Bring vouchers and files that nobody works on into a state that stands by itself."""
    of_export = select(ExportVoucher).where(ExportVoucher.export_id == export.id)
    for voucher in session.scalars(of_export.where(ExportVoucher.state.in_(IN_HAND))):
        move(voucher, left_behind(voucher.state), now, WORKER_ENDED if voucher.state == SENDING else None)
    files = select(ExportFile).join(ExportVoucher).where(ExportVoucher.export_id == export.id)
    for file in session.scalars(files.where(ExportFile.state.in_(UNDER_WAY))):
        move_file(file, UNKNOWN, now, WORKER_ENDED)
