"""Control flow of the importer: which slice of an import comes next, and how each ends.

Every slice reads from Fortnox first and without a transaction, then commits what it learnt together with the cursor,
the inbox entry and the next slice's event. What is killed in between is read again; what is committed never is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast
from uuid import UUID

from sqlalchemy.orm import Session

from services.importer import runs
from services.importer.cursor import Cursor, PlannedYear, YearRead
from services.importer.facts import Target, stored_rows, write_year
from services.importer.numbering import gaps
from services.importer.plan import plan_years, require_ledger, require_year
from services.importer.proof import contradictions_of, differing_accounts, nothing_missing, prove
from services.importer.sie import SieFile, check_balances, count_rows, read_sie, row_sums
from shared.connections.access import FortnoxAccess
from shared.connections.consent import is_used_elsewhere, take_back
from shared.connections.refusal import refuse
from shared.connections.states import USABLE, WRONG_COMPANY, waiting_for_reconnect
from shared.errors import Later, PipelineError, Rejected
from shared.fortnox import FortnoxClient
from shared.ledger.balances import opening_balances, stated_balances
from shared.messaging.consumer import Delivery
from shared.messaging.events import ConnectionAuthorized, ImportRequested, Lane
from shared.messaging.outbox import release
from shared.organisation_number import require_company
from shared.store.connections import Connection
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.firms import AuditEntry
from shared.store.imports import Import

COMPANY, LEDGER, PROOF = "company", "ledger", "proof"


@dataclass(frozen=True)
class Work:
    """One slice of an import in this worker's hands."""

    delivery: Delivery
    access: FortnoxAccess
    import_id: UUID
    owner: UUID
    lane: Lane
    stage: str
    cursor: Cursor
    engagement: Engagement
    organisation_number: str

    @contextmanager
    def fortnox(self, *, renew: bool = False) -> Iterator[FortnoxClient]:
        with self.access.open(self.engagement.id, self.lane, renew=renew, on_request=self._note_request) as client:
            yield client

    @contextmanager
    def settle(self) -> Iterator[tuple[Session, Import]]:
        """Open the transaction that ends this slice.

        Raises Later "import-busy" when the work was taken over, and _StoppedError when the import was cancelled meanwhile.
        """
        with self.delivery.settle() as session:
            row = runs.locked(session, self.delivery, self.import_id)
            if row.state != runs.RUNNING:
                raise _StoppedError
            if row.lease_owner != self.owner:
                raise Later("import-busy", "another worker has taken this import over", until=row.lease_until)
            runs.release(row)
            yield session, row

    def _note_request(self) -> None:
        runs.note_request(self.delivery.store, self.import_id, self.owner, self.delivery.clock.now())


class _StoppedError(Exception):
    """The import was cancelled while the slice was at work; nothing of the slice is kept."""


def connection_authorized(delivery: Delivery, access: FortnoxAccess) -> None:
    """Check that the connection leads into the client's company, let go on what waits, and ask for the first import.

    A connection that cannot be used for this client is refused with the reason, and nothing is imported through it; into
    another company, its consent is taken back at Fortnox as well. One that has ended meanwhile is left alone: connecting
    it again brings an event of its own.
    """
    payload = cast("ConnectionAuthorized", delivery.event.payload)
    with delivery.store.read() as session:
        connection = of_firm(session, Connection, delivery.firm_id, payload.connection_id)
        client = of_firm(session, Engagement, delivery.firm_id, delivery.event.subject).client
    if connection.state in USABLE:
        try:
            with access.open(delivery.event.subject, delivery.event.lane, renew=False, unchecked=True) as fortnox:
                company = fortnox.company()
            require_company(client.organisation_number, company.organisation_number, company.name)
        except Rejected as why:
            _refuse_connection(delivery, connection, why)
        else:
            _let_in(delivery, connection, company.name)
            return
    _take_back_consent(delivery, access, connection.id)


def import_requested(delivery: Delivery, access: FortnoxAccess) -> None:
    """Do the next slice of an import; without an import in the event, make one first."""
    payload = cast("ImportRequested", delivery.event.payload)
    if payload.import_id is None:
        with delivery.settle() as session:
            runs.request_import(session, delivery, requested_by=delivery.event.source)
        return
    work = _claim(delivery, access, payload.import_id)
    if work is None:
        return
    try:
        _do_slice(work)
    except _StoppedError:
        _claim(delivery, access, payload.import_id)  # takes back what the run wrote
    except Later as why:
        _let_go(work, why)
        raise
    except Exception:
        _let_go(work, None)
        raise


def give_up(session: Session, delivery: Delivery, why: PipelineError) -> None:
    """End the import of an event that goes to the dead letters."""
    payload = cast("ImportRequested", delivery.event.payload)
    known = session.get(Import, payload.import_id) if payload.import_id else None
    if known is None or known.engagement_id != delivery.event.subject:
        return
    row = runs.locked(session, delivery, known.id)
    if row.state in runs.UNFINISHED:
        runs.fail(session, delivery, row, why)


def _claim(delivery: Delivery, access: FortnoxAccess, import_id: UUID) -> Work | None:
    with delivery.store.write() as session:
        row = runs.locked(session, delivery, import_id)
        owner = runs.claim(session, row, delivery.clock.now())
        if owner is None:
            return None
        row.stage = row.stage or COMPANY
        engagement = session.get_one(Engagement, row.engagement_id)
        return Work(
            delivery=delivery,
            access=access,
            import_id=row.id,
            owner=owner,
            lane=runs.lane_of(row),
            stage=row.stage,
            cursor=Cursor.model_validate(row.cursor),
            engagement=engagement,
            organisation_number=engagement.client.organisation_number,
        )


def _do_slice(work: Work) -> None:
    try:
        _STAGES[work.stage](work)
    except Rejected as why:
        with work.settle() as (session, row):
            runs.fail(session, work.delivery, row, why)


def _let_go(work: Work, why: Later | None) -> None:
    """Give the lease back, and say what the import waits for unless another worker goes on with it."""
    with work.delivery.store.write() as session:
        row = runs.locked(session, work.delivery, work.import_id)
        if row.lease_owner == work.owner and row.state == runs.RUNNING:
            runs.release(row)
            if why is not None:
                runs.wait(row, why)


def _read_company(work: Work) -> None:
    """Renew the connection, make sure of the company, and plan the years."""
    if work.engagement.data_source != "fortnox":
        raise Rejected("data-source-differs", f"the engagement's data source is {work.engagement.data_source}")
    with work.fortnox(renew=True) as fortnox:
        company = fortnox.company()
        require_company(work.organisation_number, company.organisation_number, company.name)
        years = plan_years(fortnox.financial_years(), work.engagement.year_end)
    with work.settle() as (session, row):
        row.cursor, row.stage = Cursor(years=years).to_json(), LEDGER
        runs.emit_next(session, work.delivery, row)


def _read_ledger(work: Work) -> None:
    """Read one year's file and write what it says differently from what is stored."""
    year = work.cursor.next_year
    if year is None:
        raise Rejected("cursor-invalid", "the stage is ledger, and every planned year was read")
    with work.fortnox() as fortnox:
        data = fortnox.sie(year.id, 4)
    file = read_sie(data)
    require_ledger(file)
    require_year(file, year)
    if file.organisation_number:
        require_company(work.organisation_number, file.organisation_number, f"the file of {year}")
    with work.settle() as (session, row):
        target = Target(row.firm_id, row.engagement_id, runs.give_run_number(session, row))
        cursor = work.cursor.with_year(_write(session, target, year, file, count_rows(data)))
        row.cursor, row.counts = cursor.to_json(), cursor.counts()
        row.stage = LEDGER if cursor.next_year else PROOF
        runs.emit_next(session, work.delivery, row)


def _write(session: Session, target: Target, year: PlannedYear, file: SieFile, rows_in_file: int) -> YearRead:
    difference = write_year(session, target, year, file)
    stored = stored_rows(session, target, year.from_date)
    return YearRead(
        from_date=year.from_date,
        accounts=len(file.accounts),
        vouchers=len(file.vouchers),
        rows_in_file=rows_in_file,
        rows_stored=sum(count for count, _ in stored.values()),
        added=difference.added,
        changed=difference.changed,
        gone=difference.gone,
        stored_otherwise=differing_accounts(
            {account: sum_ore for account, (_, sum_ore) in stored.items()}, row_sums(file)
        ),
        contradictions=contradictions_of(check_balances(file)),
        gaps=gaps((voucher.series, voucher.number) for voucher in file.vouchers),
    )


def _prove(work: Work) -> None:
    """Check that everything was read, and end the import as completed or as incomplete."""
    with work.settle() as (session, row):
        run = runs.give_run_number(session, row)
        days = [year.from_date for year in work.cursor.years]
        opening = {day: opening_balances(session, row.engagement_id, day, run=run) for day in days}
        closing = {day: stated_balances(session, row.engagement_id, day, "UB", run=run) for day in days}
        checks = prove(work.cursor, opening, closing)
        row.completeness = [check.to_json() for check in checks]
        state = runs.COMPLETED if nothing_missing(checks) else runs.INCOMPLETE
        runs.complete(session, work.delivery, row, state)


def _let_in(delivery: Delivery, checked: Connection, company_name: str) -> None:
    with delivery.settle() as session:
        row = of_firm(session, Connection, delivery.firm_id, checked.id, lock=True)
        if row.tenant_id != checked.tenant_id:
            return  # approved for yet another company meanwhile, which has an event of its own
        row.company_name = company_name[:100]
        release(session, waiting_for_reconnect(row.id), delivery.clock.now())
        if not runs.has_unfinished(session, delivery.event.subject):
            runs.request_import(session, delivery, requested_by=row.granted_by or delivery.event.source)


def _refuse_connection(delivery: Delivery, seen: Connection, why: Rejected) -> None:
    """End the connection that was seen, unless it has been approved for another company in the meantime.

    This is committed before Fortnox hears of it: whoever dies in between leaves the reason behind, and the consent to
    be taken back when the event comes again.
    """
    with delivery.store.write() as session:
        row = of_firm(session, Connection, delivery.firm_id, seen.id, lock=True)
        if row.tenant_id == seen.tenant_id and row.state in USABLE:
            is_wrong = why.code == WRONG_COMPANY
            now = delivery.clock.now()
            refuse(session, row, why.code, why.reason, now, actor=delivery.consumer, keeps_refresh_token=is_wrong)


def _take_back_consent(delivery: Delivery, access: FortnoxAccess, connection_id: UUID) -> None:
    """Take back at Fortnox, and forget, the consent that a connection into the wrong company still holds."""
    with delivery.store.read() as session:
        seen = of_firm(session, Connection, delivery.firm_id, connection_id)
        is_used = is_used_elsewhere(session, seen.tenant_id, besides=seen.id)
    if seen.state_code != WRONG_COMPANY or seen.refresh_token is None:
        return
    is_revoked = not is_used and take_back(access, seen.id, seen.refresh_token)
    with delivery.settle() as session:
        row = of_firm(session, Connection, delivery.firm_id, seen.id, lock=True)
        if row.version != seen.version:
            return  # disconnected or connected anew meanwhile: the token is not this one any more
        row.refresh_token = None
        session.add(
            AuditEntry(
                firm_id=delivery.firm_id,
                at=delivery.clock.now(),
                actor=delivery.consumer,
                action="connection-consent-taken-back" if is_revoked else "connection-consent-forgotten",
                subject=row.id,
                details={"tenant_id": row.tenant_id, "revoked_at_fortnox": is_revoked, "may_be_shared": is_used},
            )
        )


_STAGES: Mapping[str, Callable[[Work], None]] = MappingProxyType(
    {COMPANY: _read_company, LEDGER: _read_ledger, PROOF: _prove}
)
