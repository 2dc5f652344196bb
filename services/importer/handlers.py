"""Control flow of the importer: which step of an import comes next, and how each ends.

Every step reads from Fortnox first and without a transaction, then commits what it learnt together with the cursor. One
event drives an import through its steps for some minutes; then the inbox entry and an event for the rest are committed
with the last step. What is killed in between is read again; what is committed never is. While a year is stored, the next
one's file is on its way: a kill then costs two files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import cast
from uuid import UUID

from sqlalchemy.orm import Session

from services.importer import runs
from services.importer.ahead import Ahead, Fetch
from services.importer.cursor import COMPANY, LEDGER, PROOF, REGISTERS, SETTINGS, Cursor, PlannedYear
from services.importer.facts import stored_balances
from services.importer.plan import left_out, plan_years
from services.importer.proof import holds_every_voucher, missing_at_the_end, nothing_missing, prove
from services.importer.registers import Registers, next_numbers, read_numbers, read_settings, write_registers
from services.importer.source import made_after, require_place, require_source, take_file, year_before
from services.importer.target import Target
from services.importer.year_file import YearFile, store_year, take_year, with_account_names
from shared.adjustments.recognition import recognise
from shared.connections.access import FortnoxAccess
from shared.errors import Later, PipelineError, Rejected, Retryable
from shared.fortnox import FortnoxClient
from shared.messaging.consumer import Delivery
from shared.messaging.events import ImportRequested, Lane
from shared.organisation_number import require_company
from shared.store.engagements import Engagement
from shared.store.imports import COMPARISON, Import
from shared.store.uploads import Upload
from shared.uploads import content_of

SLICE = timedelta(minutes=2)  # how long one event is worked on before another import has its turn


@dataclass
class Work:
    """An import in this worker's hands; `run` is None until facts are first written.

    `asked_at` tells when each year's file was asked for, by Fortnox' number of the year.
    """

    delivery: Delivery
    access: FortnoxAccess
    slice_length: timedelta
    began: datetime
    import_id: UUID
    owner: UUID
    lane: Lane
    stage: str
    cursor: Cursor
    run: int | None
    years: int
    source: str
    purpose: str
    upload_id: UUID | None
    engagement: Engagement
    organisation_number: str
    is_over: bool = False
    asked_at: dict[int, datetime] = field(default_factory=dict)
    ahead: Ahead = field(default_factory=Ahead)

    @contextmanager
    def fortnox(self, *, renew: bool = False, on_noted: Callable[[], object] = lambda: None) -> Iterator[FortnoxClient]:
        """Open Fortnox; `on_noted` is called for every request when it has been counted and leaves."""

        def note(session: Session) -> None:
            runs.note_request(session, self.import_id, self.owner, self.delivery.clock.now())

        with self.access.open(self.engagement.id, self.lane, renew=renew, on_turn=note, on_request=on_noted) as client:
            yield client

    @contextmanager
    def commit(self, *, ends: bool = False) -> Iterator[tuple[Session, Import]]:
        """Open the transaction that ends a step; when the slice is over, or the import `ends`, it settles the event too.

        What is on its way still belongs to this slice, and notes its requests in the import while this transaction is
        open. Raises Later "import-busy" when the work was taken over, and Stopped when the import was cancelled meanwhile.
        """
        delivery = self.delivery
        settles = ends or (self._time_is_up() and self.ahead.is_empty)
        is_beside = not (settles or self.ahead.is_empty)
        if delivery.store.is_sqlite:
            self.ahead.await_departure()  # noting the request would wait for who writes first
        with delivery.settle() if settles else delivery.store.write() as session:
            if is_beside:
                row = runs.held(session, delivery, self.import_id, self.owner)
            else:
                row = runs.locked(session, delivery, self.import_id)
                runs.require_hold(row, self.owner)
            yield session, row
            if is_beside:
                runs.keep_hold(session, self.import_id, self.owner)
            if settles:
                runs.release(row)
            else:
                runs.prolong(row, delivery.clock.now())
            if settles and not ends:
                runs.emit_next(session, delivery, row)
        self.stage, self.cursor, self.run = row.stage or self.stage, Cursor.model_validate(row.cursor), row.run
        self.is_over = settles

    def target(self) -> Target:
        if self.run is None:
            raise Rejected("cursor-invalid", "the import has no run, and facts were to be written")
        return Target(self.delivery.firm_id, self.engagement.id, self.run)

    def fetch_ahead(self, year: PlannedYear | None) -> None:
        """Begin to fetch the year's file, or the settings behind the last one, when it will be stored in this slice.

        With SQLite the settings' calls would have to wait until the last year is stored, since every call is written down.
        """
        if self._time_is_up():
            return
        if year is None:
            if not self.delivery.store.is_sqlite:
                self.ahead.start(SETTINGS, self.settings)
        elif year.id is not None:
            self.ahead.start(year.id, self.file_of(year.id))

    def file_of(self, year_id: int) -> Fetch[bytes]:
        def fetch(on_noted: Callable[[], object]) -> bytes:
            self.asked_at[year_id] = self.delivery.clock.now()
            with self.fortnox(on_noted=on_noted) as fortnox:
                return fortnox.sie(year_id, 4)

        return fetch

    def settings(self, on_noted: Callable[[], object]) -> Registers:
        with self.fortnox(on_noted=on_noted) as fortnox:
            return read_settings(fortnox, self.cursor.years)

    def _time_is_up(self) -> bool:
        return self.delivery.clock.now() - self.began >= self.slice_length


def import_requested(delivery: Delivery, access: FortnoxAccess, slice_length: timedelta = SLICE) -> None:
    """Go on with an import for one slice; without an import in the event, make one first."""
    payload = cast("ImportRequested", delivery.event.payload)
    if payload.import_id is None:
        with delivery.settle() as session:
            runs.request_import(session, delivery, requested_by=delivery.event.source, years=payload.years)
        return
    work = _claim(delivery, access, payload.import_id, slice_length)
    if work is None:
        return
    try:
        with work.ahead:
            while not work.is_over:
                _do_step(work)
    except runs.Stopped:
        _claim(delivery, access, payload.import_id, slice_length)  # takes back what the run wrote
    except Later as why:
        _let_go(work, why, why.until)
        raise
    except Retryable as why:
        _let_go(work, why, delivery.retry_at(why))
        raise
    except Exception:  # whatever it is, the next worker need not wait for the lease to run out
        _let_go(work, None, None)
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


def _claim(delivery: Delivery, access: FortnoxAccess, import_id: UUID, slice_length: timedelta) -> Work | None:
    now = delivery.clock.now()
    with delivery.store.write() as session:
        row = runs.locked(session, delivery, import_id)
        owner = runs.claim(session, row, now)
        if owner is None:
            return None
        row.stage = row.stage or (LEDGER if row.upload_id else COMPANY)
        engagement = session.get_one(Engagement, row.engagement_id)
        return Work(
            delivery=delivery,
            access=access,
            slice_length=slice_length,
            began=now,
            import_id=row.id,
            owner=owner,
            lane=runs.lane_of(row),
            stage=row.stage,
            cursor=Cursor.model_validate(row.cursor),
            run=row.run,
            years=runs.years_to_read(session, row, cast("ImportRequested", delivery.event.payload).years),
            source=row.source,
            purpose=row.purpose,
            upload_id=row.upload_id,
            engagement=engagement,
            organisation_number=engagement.client.organisation_number,
        )


def _do_step(work: Work) -> None:
    try:
        require_source(work.engagement, work.purpose, work.source, work.upload_id)
        _STEPS[work.stage](work)
    except Rejected as why:
        with work.commit(ends=True) as (session, row):
            runs.fail(session, work.delivery, row, why)


def _let_go(work: Work, why: PipelineError | None, until: datetime | None) -> None:
    """Give the lease back, and say what the import waits for unless another worker goes on with it."""
    with work.delivery.store.write() as session:
        row = runs.locked(session, work.delivery, work.import_id)
        if row.lease_owner == work.owner and row.state == runs.RUNNING:
            runs.release(row)
            if why is not None:
                runs.wait(row, why, until)


def _read_company(work: Work) -> None:
    """Renew the connection, make sure of the company, and plan the years."""
    with work.fortnox(renew=True) as fortnox:
        company = fortnox.company()
        require_company(work.organisation_number, company.organisation_number, company.name)
        known = list(fortnox.financial_years())
    years = plan_years(known, work.engagement.year_end, work.years)
    with work.commit() as (_, row):
        runs.note_progress(row, REGISTERS, Cursor(years=years, left_out=left_out(known, years)))


def _read_registers(work: Work) -> None:
    """Read how far the books go, before the files: what is booked in between can only make a file longer than was told."""
    with work.fortnox() as fortnox:
        registers = read_numbers(fortnox, work.cursor.years)
    work.fetch_ahead(work.cursor.next_year)
    with work.commit() as (session, row):
        write_registers(session, Target(row.firm_id, row.engagement_id, runs.give_run_number(session, row)), registers)
        runs.note_progress(row, LEDGER, registers.put_into(work.cursor))


def _read_ledger(work: Work) -> None:
    """Read one year's file and write what it says differently from what is stored."""
    if work.upload_id is not None:
        _read_upload(work, work.upload_id)
        return
    (year, following), target = work.cursor.next_two_years, work.target()
    if year is None or year.id is None:
        raise Rejected("cursor-invalid", "the stage is ledger, and there is no year of Fortnox left to read")
    data = work.ahead.take(year.id, work.file_of(year.id))
    work.fetch_ahead(following)
    with work.fortnox() as fortnox:
        with work.delivery.store.read() as session:
            taken = take_year(session, target, year, data, work.organisation_number)
        taken = with_account_names(taken, fortnox, year.id)
        told, missing = _missing_in(taken, work.cursor, fortnox, year.id)
    with work.commit() as (session, row):
        read = store_year(session, target, taken, vouchers_told=told, missing=missing)
        _note_coverage(work, row, year, work.asked_at[year.id])
        cursor = work.cursor.with_year(read)
        runs.note_progress(row, LEDGER if cursor.next_year else SETTINGS, cursor)


def _read_settings(work: Work) -> None:
    """Read the rest of what SIE lacks."""
    settings = work.ahead.take(SETTINGS, work.settings)
    with work.commit() as (session, row):
        write_registers(session, work.target(), settings)
        runs.note_progress(row, PROOF, settings.put_into(work.cursor))


def _read_upload(work: Work, upload_id: UUID) -> None:
    """Read the file that somebody handed over, which is all there is to read."""
    taken = take_file(content_of(work.delivery.store, work.delivery.firm_id, upload_id), work.organisation_number)
    with work.commit() as (session, row):
        target = Target(row.firm_id, row.engagement_id, runs.give_run_number(session, row))
        require_place(session, work.engagement, taken)
        session.get_one(Upload, upload_id).year_from = taken.year.from_date
        _note_coverage(work, row, taken.year, min(made_after(taken), row.created_at))
        before = year_before(session, target, taken)
        cursor = Cursor(years=(taken.year,), before=before).with_year(store_year(session, target, taken))
        runs.note_progress(row, PROOF, cursor)


def _note_coverage(work: Work, row: Import, year: PlannedYear, until: datetime) -> None:
    """Note until when the engagement's own year is known: a voucher that was exported later cannot be in the file."""
    if year.to_date == work.engagement.year_end:
        row.covers_until = until


def _missing_in(
    taken: YearFile, cursor: Cursor, fortnox: FortnoxClient, year_id: int
) -> tuple[int | None, Sequence[str]]:
    """Return Fortnox' number of the year's vouchers, and the numbers at the ends of series that the file does not reach.

    When the file has fewer vouchers than Fortnox told before, or ends before a series does, Fortnox is asked once more,
    because vouchers may have been deleted in between, and then for each series how far it goes.
    """
    told, told_next = cursor.told.get(taken.year.from_date), cursor.next_numbers.get(taken.year.from_date, {})
    ends_early = missing_at_the_end(taken.last_numbers, told_next)
    if told is None or (told <= taken.vouchers and not ends_early):
        return told, ()
    told = min(told, fortnox.count_vouchers(year_id))
    if told <= taken.vouchers and not ends_early:
        return told, ()
    codes = [series.code for series in fortnox.voucher_series(year_id)]
    now_next = next_numbers(fortnox, year_id, codes)
    return told, missing_at_the_end(
        taken.last_numbers, {code: min(number, told_next.get(code, number)) for code, number in now_next.items()}
    )


def _prove(work: Work) -> None:
    """Check that everything was read, and end the import as completed or as incomplete."""
    with work.commit(ends=True) as (session, row):
        run = runs.give_run_number(session, row)
        stored = stored_balances(session, row.engagement_id, work.cursor.years, run=run)
        checks = prove(work.cursor, stored)
        row.completeness = [check.to_json() for check in checks]
        row.covers_all = holds_every_voucher(work.cursor, stored, work.engagement.year_end)
        if work.purpose == COMPARISON:
            runs.await_acceptance(row)
        else:
            recognise(session, row)
            runs.complete(session, work.delivery, row, runs.COMPLETED if nothing_missing(checks) else runs.INCOMPLETE)


_STEPS: Mapping[str, Callable[[Work], None]] = MappingProxyType(
    {COMPANY: _read_company, REGISTERS: _read_registers, LEDGER: _read_ledger, SETTINGS: _read_settings, PROOF: _prove}
)
