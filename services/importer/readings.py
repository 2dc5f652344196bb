"""What was read of a year, so that the same bytes are neither parsed nor written again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from services.importer.cursor import PlannedYear, YearRead
from services.importer.target import Target
from shared.ledger.balances import known
from shared.store.ledger import FinancialYearFact, YearReadingFact

READER_VERSION: Final = 1  # raise it when the reader, the writer or the proof sees more in the same bytes than before
_CHANGES_BY_ITSELF = re.compile(rb"#(?:GEN|PROGRAM|KSUMMA)(?=[ \t\r\n]|$)")
_LINE_END = re.compile(rb"[\r\n]|$")
_BLANKS = b" \t"
_LINE_ENDS = b"\r\n"


def digest_of(data: bytes) -> bytes:
    """Return SHA-256 over the bytes without the lines that change by themselves: #GEN, #PROGRAM and #KSUMMA.

    The version of the reader and the fields of its findings go in as well: a better reader reads the same bytes anew.
    """
    digest = hashlib.sha256(f"{READER_VERSION} {' '.join(YearRead.model_fields)}\n".encode())
    view = memoryview(data)
    kept_from = 0
    for start, end in _lines_that_change(data):
        digest.update(view[kept_from:start])
        kept_from = end
    digest.update(view[kept_from:])
    return digest.digest()


def unchanged_since(session: Session, target: Target, year: PlannedYear, digest: bytes) -> YearRead | None:
    """Return what was found when these very bytes were read, if that is what is known of the year at the target's run.

    None means that the file has to be read: its bytes are new, or the year is another one than it was. Nothing was added,
    changed or gone in a year that is returned.
    """
    found = session.scalar(
        select(YearReadingFact.found)
        .join(
            FinancialYearFact,
            and_(
                FinancialYearFact.engagement_id == YearReadingFact.engagement_id,
                FinancialYearFact.from_date == YearReadingFact.year_from,
            ),
        )
        .where(
            YearReadingFact.engagement_id == target.engagement_id,
            YearReadingFact.year_from == year.from_date,
            YearReadingFact.digest == digest,
            known(YearReadingFact, target.run),
            known(FinancialYearFact, target.run),
            FinancialYearFact.to_date == year.to_date,
            FinancialYearFact.fortnox_id == year.id,
            FinancialYearFact.accounting_method.is_not_distinct_from(year.accounting_method or None),
        )
    )
    return None if found is None else YearRead.model_validate({**found, "added": 0, "changed": 0, "gone": 0})


def note_reading(session: Session, target: Target, digest: bytes, read: YearRead) -> None:
    """Keep what was found in these bytes for the imports to come; call it after the year's facts were written."""
    current = session.scalars(
        select(YearReadingFact).where(
            YearReadingFact.engagement_id == target.engagement_id,
            YearReadingFact.year_from == read.from_date,
            YearReadingFact.until_run.is_(None),
        )
    )
    for reading in current:
        reading.until_run = target.run
    session.add(
        YearReadingFact(**target.new(year_from=read.from_date, digest=digest, found=read.model_dump(mode="json")))
    )


def _lines_that_change(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of what stands in each such line; its line end stays, so that no two lines become one."""
    for label in _CHANGES_BY_ITSELF.finditer(data):
        start = label.start()
        while start > 0 and data[start - 1] in _BLANKS:
            start -= 1
        if start > 0 and data[start - 1] not in _LINE_ENDS:
            continue  # inside a text
        line_end = _LINE_END.search(data, label.end())
        yield start, line_end.start() if line_end else len(data)
