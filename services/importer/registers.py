"""What surrounds the vouchers: read in as few calls as can be, and stored as facts.

Two calls for the company (predefined accounts, lock date), one for each year (its series). Of the last year Fortnox is also
asked how many vouchers it has and for the next number of one manual series: what a file leaves out at the end of a series
shows nowhere else. That must be asked before the files; the rest comes behind them, while the last one is stored. Cost
centres, projects and all other dimensions come with the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.importer.cursor import Cursor, PlannedYear
from services.importer.facts import write_difference
from services.importer.sie import SieFile
from services.importer.target import Target
from shared.fortnox import FortnoxClient, NotFound, PermissionMissing, VoucherSeries
from shared.store.registers import DimensionFact, LockFact, ObjectFact, PredefinedAccountFact, SeriesFact

NAME_CHARS = 200


@dataclass
class Registers:
    """What Fortnox said; what may not be read stays None and is named in `refused`."""

    predefined: list[tuple[str, str | None]] | None = None
    lock: list[date] | None = None
    series: dict[date, list[VoucherSeries]] = field(default_factory=dict)
    told: dict[date, int] = field(default_factory=dict)
    next_numbers: dict[date, dict[str, int]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def put_into(self, cursor: Cursor) -> Cursor:
        """Return the cursor with what the proof needs of this."""
        return cursor.model_copy(
            update={
                "refused": tuple(dict.fromkeys((*cursor.refused, *self.refused))),
                "locked_until": self.lock[0] if self.lock else cursor.locked_until,
                "told": cursor.told | self.told,
                "next_numbers": cursor.next_numbers | self.next_numbers,
            }
        )


def read_numbers(fortnox: FortnoxClient, years: Sequence[PlannedYear]) -> Registers:
    """Ask for the series of the last year and how far they go: 3 calls, before the year's file."""
    found = Registers()
    if years and (last := years[-1]).id is not None:
        found.series[last.from_date] = list(fortnox.voucher_series(last.id))
        found.told[last.from_date] = fortnox.count_vouchers(last.id)
        manual = [series.code for series in found.series[last.from_date] if series.manual][:1]
        found.next_numbers[last.from_date] = next_numbers(fortnox, last.id, manual)
    return found


def read_settings(fortnox: FortnoxClient, years: Sequence[PlannedYear]) -> Registers:
    """Ask for the rest of what SIE lacks: 2 calls, and 1 for each year but the last."""
    found = Registers()
    try:
        found.predefined = [
            (item.name, None if item.account is None else str(item.account)) for item in fortnox.predefined_accounts()
        ]
        locked_until = fortnox.locked_until()
        found.lock = [locked_until] if locked_until else []
    except PermissionMissing as why:
        found.refused.append(f"predefined accounts and lock date: {why.reason}")
    for year in years[:-1]:
        if year.id is not None:
            found.series[year.from_date] = list(fortnox.voucher_series(year.id))
    return found


def next_numbers(fortnox: FortnoxClient, year_id: int, codes: Iterable[str]) -> dict[str, int]:
    """Return the next voucher number of each of these series: one call each."""
    found: dict[str, int] = {}
    for code in codes:
        try:
            number = fortnox.voucher_series_single(code, year_id).next_voucher_number
        except NotFound:
            continue  # the series was taken away meanwhile
        if number is not None:
            found[code] = number
    return found


def write_registers(session: Session, target: Target, registers: Registers) -> None:
    """Write what Fortnox said differently from the stored facts; what was refused stays as it was known."""
    if registers.predefined is not None:
        columns = (PredefinedAccountFact.name, PredefinedAccountFact.account)
        write_difference(session, target, PredefinedAccountFact, {}, columns, registers.predefined)
    if registers.lock is not None:
        lock = [(day,) for day in registers.lock]
        write_difference(session, target, LockFact, {}, (LockFact.locked_until,), lock)
    for year_from, series in registers.series.items():
        numbers = registers.next_numbers.get(year_from, {})
        said = [(one.code, one.description[:NAME_CHARS], one.manual, numbers.get(one.code)) for one in series]
        columns_of_series = (SeriesFact.code, SeriesFact.description, SeriesFact.manual, SeriesFact.next_number)
        write_difference(session, target, SeriesFact, {"year_from": year_from}, columns_of_series, said)


def objects_of(file: SieFile) -> dict[tuple[str, str], str]:
    """Return every object by dimension and code with its name: those declared, and those that only rows name, with ""."""
    named = dict(file.objects)
    for written in file.rows["objects"].unique(maintain_order=True):
        for dimension, code in json.loads(written):
            named.setdefault((dimension, code), "")
    return named


def write_dimensions(session: Session, target: Target, year_from: date, file: SieFile) -> tuple[int, int]:
    """Write the file's dimensions and objects; return how many objects it has, and how many are stored then."""
    objects = objects_of(file)
    dimensions = {number: (one.name, one.parent) for number, one in file.dimensions.items()}
    for dimension, _ in objects:
        dimensions.setdefault(dimension, ("", None))
    of_year = {"year_from": year_from}
    write_difference(
        session,
        target,
        DimensionFact,
        of_year,
        (DimensionFact.number, DimensionFact.name, DimensionFact.parent),
        [(number, name[:NAME_CHARS], parent) for number, (name, parent) in dimensions.items()],
    )
    write_difference(
        session,
        target,
        ObjectFact,
        of_year,
        (ObjectFact.dimension, ObjectFact.code, ObjectFact.name),
        [(dimension, code, name[:NAME_CHARS]) for (dimension, code), name in objects.items()],
    )
    stored = session.scalar(
        select(func.count()).where(
            ObjectFact.engagement_id == target.engagement_id,
            ObjectFact.year_from == year_from,
            ObjectFact.until_run.is_(None),
        )
    )
    return len(objects), stored or 0
