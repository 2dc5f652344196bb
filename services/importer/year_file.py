"""One year's file on its way from bytes to facts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from services.importer.cursor import PlannedYear, YearRead
from services.importer.facts import stored_rows, write_year
from services.importer.findings import Stored, accounts_without_name, beside_stored, last_numbers, look_into
from services.importer.plan import require_ledger, require_year
from services.importer.readings import digest_of, note_reading, unchanged_since
from services.importer.registers import write_dimensions
from services.importer.sie import Account, SieFile, count_rows, read_sie
from services.importer.target import Target
from shared.fortnox import FortnoxClient
from shared.organisation_number import require_company


@dataclass(frozen=True)
class YearFile:
    """A file that may be stored: read, or `seen` before and found to be what is stored already."""

    year: PlannedYear
    digest: bytes
    rows_in_file: int
    file: SieFile | None
    seen: YearRead | None

    @property
    def vouchers(self) -> int:
        if self.seen is not None:
            return self.seen.vouchers
        return self.file.heads.height if self.file else 0

    @property
    def last_numbers(self) -> dict[str, int]:
        """The highest voucher number of each series."""
        if self.seen is not None:
            return self.seen.last_numbers
        return last_numbers(self.file) if self.file else {}


def take_year(session: Session, target: Target, year: PlannedYear, data: bytes, organisation_number: str) -> YearFile:
    """Read a file and make sure that it is the client's ledger of the year; bytes that are stored already are not read.

    Raises SieError, and Rejected with wrong-sie-type, wrong-year and wrong-company.
    """
    digest = digest_of(data)
    seen = unchanged_since(session, target, year, digest)
    if seen is not None:
        return YearFile(year, digest, seen.rows_in_file, None, seen)
    file = read_sie(data)
    require_ledger(file)
    require_year(file, year)
    if file.organisation_number:
        require_company(organisation_number, file.organisation_number, f"the file of {year}")
    return YearFile(year, digest, count_rows(data), file, None)


def with_account_names(taken: YearFile, fortnox: FortnoxClient, year_id: int) -> YearFile:
    """Add the accounts that are used and that the file's chart lacks; only then is Fortnox asked for its chart."""
    if taken.file is None or not (nameless := accounts_without_name(taken.file)):
        return taken
    added = {
        str(account.number): Account(str(account.number), account.description, None, _sru(account.sru))
        for account in fortnox.accounts(year_id)
        if str(account.number) in nameless
    }
    return replace(taken, file=replace(taken.file, accounts={**taken.file.accounts, **added}))


def store_year(
    session: Session,
    target: Target,
    taken: YearFile,
    *,
    vouchers_told: int | None = None,
    missing: Sequence[str] = (),
) -> YearRead:
    """Write what the file says differently from the stored facts, and return what the proof needs to know of the year."""
    read = taken.seen or _write(session, target, taken)
    return read.model_copy(update={"vouchers_told": vouchers_told, "missing": tuple(missing)})


def _write(session: Session, target: Target, taken: YearFile) -> YearRead:
    """Store the file; what needs no database is done in a thread beside, while the database takes in the rows."""
    file, year = taken.file, taken.year
    if file is None:
        raise ValueError("neither a file nor what was found in it before")
    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(look_into, file, year, taken.rows_in_file)
        written = write_year(session, target, year, file)
        objects_in_file, objects = write_dimensions(session, target, year.from_date, file)
        rows = stored_rows(session, target, year.from_date)
        stored = Stored(written.added, written.changed, written.gone, rows, objects_in_file, objects)
        read = beside_stored(looking.result(), stored)
    note_reading(session, target, taken.digest, read)
    return read


def _sru(code: int | None) -> tuple[str, ...]:
    return () if code is None else (str(code),)
