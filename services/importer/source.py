"""The ledger out of a file that somebody handed over: what it must be, and where in the engagement it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.importer.cursor import PlannedYear, YearBefore
from services.importer.plan import require_length
from services.importer.readings import digest_of
from services.importer.sie import SieFile, count_rows, read_sie
from services.importer.target import Target
from services.importer.year_file import YearFile
from shared.errors import Rejected
from shared.ledger.balances import stated_balances
from shared.organisation_number import require_company
from shared.store.engagements import SIE, Engagement
from shared.store.imports import LEDGER
from shared.store.ledger import FinancialYearFact, VoucherFact

EARLIEST_DAY = timezone(timedelta(hours=2))  # a day in Sweden begins no earlier than this


def require_source(engagement: Engagement, purpose: str, source: str, upload_id: UUID | None) -> None:
    """Raise Rejected "data-source-differs" unless the import reads what it may: only a comparison reads another source."""
    if purpose == LEDGER and source != engagement.data_source:
        raise Rejected("data-source-differs", f"the engagement's data source is {engagement.data_source}")
    if source == SIE and upload_id is None:
        raise Rejected("data-source-differs", "the engagement's data source is files, and this import has none")


def take_file(data: bytes, organisation_number: str) -> YearFile:
    """Read a file and make sure that it is a ledger of the client's.

    Raises SieError, and Rejected with wrong-sie-type, organisation-number-missing, wrong-company or wrong-year. Over the
    API the company is known without the file; here nothing but the file says whose books these are.
    """
    file = read_sie(data)
    if file.sie_type != 4 or (file.variant == "4I" and not file.heads.is_empty()):
        raise Rejected("wrong-sie-type", f"a file of type 4E is needed (vouchers and balances), this is {file.variant}")
    if not file.organisation_number:
        raise Rejected("organisation-number-missing", "the file does not say whose books it holds (#ORGNR)")
    require_company(organisation_number, file.organisation_number, "the file")
    year = file.years.get(0)
    if year is None:
        raise Rejected("wrong-year", "the file does not say which financial year it holds (#RAR 0)")
    planned = PlannedYear(id=None, from_date=year.from_date, to_date=year.to_date)
    require_length(planned)
    return YearFile(planned, digest_of(data), count_rows(data), file, None)


def made_after(taken: YearFile) -> datetime:
    """Return an instant by which all that was booked is in the file: when the day began on which it was made.

    A file that does not tell (#GEN) was made on the last day on which one of its vouchers was registered, or later.
    """
    made = taken.file.generated if taken.file else None
    if made is None and taken.file is not None:
        made = max(taken.file.heads["registered"].drop_nulls(), default=None)
    return datetime.combine(made or taken.year.from_date, time(), EARLIEST_DAY)


def require_place(session: Session, engagement: Engagement, taken: YearFile) -> None:
    """Make sure that the file's year has a place in the engagement, and empties no year that has vouchers.

    The engagement's own year comes first, then those before it in any order. A file replaces the year that ends on the same
    day, also one that begins on another, and no other year. Raises Rejected with wrong-year or empty-year.
    """
    year = taken.year
    if year.to_date != engagement.year_end:
        own_from = _first_day(session, engagement.id, engagement.year_end)
        if own_from is None:
            raise Rejected("wrong-year", f"the file holds {year}; first the year that ends on {engagement.year_end}")
        if year.to_date >= own_from:
            raise Rejected("wrong-year", f"the file holds {year}, the engagement's year begins on {own_from}")
    displaced = _displaced(session, engagement.id, year)
    if displaced:
        named = ", ".join(f"{other.from_date} to {other.to_date}" for other in displaced)
        raise Rejected("wrong-year", f"the file holds {year}, and part of that is in what is stored of {named}")
    if taken.vouchers == 0 and _has_vouchers(session, engagement, year.from_date):
        raise Rejected("empty-year", f"the file holds no voucher of {year}, and there are some already")


def year_before(session: Session, target: Target, taken: YearFile) -> YearBefore | None:
    """Return how the year before closed: as it is stored, else as the file itself says; None when neither knows."""
    day_before = taken.year.from_date - timedelta(days=1)
    stored = _first_day(session, target.engagement_id, day_before)
    if stored is not None:
        closing = stated_balances(session, target.engagement_id, stored, "UB", run=target.run)
        return YearBefore(from_date=stored, to_date=day_before, closing=closing)
    return _stated_year_before(taken.file, day_before)


def _stated_year_before(file: SieFile | None, day_before: date) -> YearBefore | None:
    stated = file.years.get(-1) if file else None
    closing = file.balances.get(("UB", -1)) if file else None
    if stated is None or closing is None or stated.to_date != day_before:
        return None
    return YearBefore(from_date=stated.from_date, to_date=day_before, closing=closing)


def _first_day(session: Session, engagement_id: UUID, last_day: date) -> date | None:
    """Return when the stored year begins that ends on this day."""
    return session.scalar(
        select(FinancialYearFact.from_date).where(
            FinancialYearFact.engagement_id == engagement_id,
            FinancialYearFact.to_date == last_day,
            FinancialYearFact.until_run.is_(None),
        )
    )


def _displaced(session: Session, engagement_id: UUID, year: PlannedYear) -> Sequence[FinancialYearFact]:
    """Return the stored years that share days with this one and are neither its beginning nor its end."""
    return session.scalars(
        select(FinancialYearFact)
        .where(
            FinancialYearFact.engagement_id == engagement_id,
            FinancialYearFact.until_run.is_(None),
            FinancialYearFact.from_date <= year.to_date,
            FinancialYearFact.to_date >= year.from_date,
            FinancialYearFact.from_date != year.from_date,
            FinancialYearFact.to_date != year.to_date,
        )
        .order_by(FinancialYearFact.from_date)
    ).all()


def _has_vouchers(session: Session, engagement: Engagement, year_from: date) -> bool:
    stored = select(VoucherFact.id).where(
        VoucherFact.engagement_id == engagement.id, VoucherFact.year_from == year_from, VoucherFact.until_run.is_(None)
    )
    return session.scalar(stored.limit(1)) is not None
