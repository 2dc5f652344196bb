"""What an import has planned and read, as it is kept in its row: a killed import goes on from here (pure)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

COMPANY: Final = "company"
REGISTERS: Final = "registers"
LEDGER: Final = "ledger"
SETTINGS: Final = "settings"
PROOF: Final = "proof"
MOST_FAULTS = 100


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class PlannedYear(_Part):
    """A financial year to read; `id` is Fortnox' number for it, None in a file that somebody handed over."""

    id: int | None
    from_date: date
    to_date: date
    accounting_method: str = ""

    def __str__(self) -> str:
        return f"{self.from_date} to {self.to_date}"


class FaultRead(_Part):
    """Something wrong in a file that was taken all the same."""

    line: int
    label: str
    reason: str


class YearRead(_Part):
    """What one year's file held, what was stored of it, and how that changed what was known before.

    `rows_in_file` is counted in the bytes, independently of the reader. The tuples name, in words, what does not fit:
    `stored_otherwise` accounts whose stored rows do not sum to what the file says, `contradictions` closing balances and
    results that the rows do not give, `period_contradictions` the same of #PSALDO, `gaps` voucher numbers that no voucher
    has (`last_numbers` holds the highest of each series), `missing` vouchers that Fortnox has and the file has not. `balances`, `periods` and `objects` count the figures
    and objects compared; `vouchers_told` is Fortnox' own number of vouchers, None where it was not asked for. `unproven`
    names accounts that moved without a closing figure, `outside` vouchers dated outside the year, `periods_by_row_date`
    what #PSALDO says of other months than the ledger.
    """

    from_date: date
    accounts: int
    vouchers: int
    rows_in_file: int
    rows_stored: int
    added: int
    changed: int
    gone: int
    balances: int = 0
    periods: int = 0
    objects: int = 0
    objects_stored: int = 0
    stored_otherwise: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    period_contradictions: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    last_numbers: dict[str, int] = {}
    vouchers_told: int | None = None
    missing: tuple[str, ...] = ()
    currency: str = "SEK"
    unproven: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    periods_by_row_date: tuple[str, ...] = ()
    fault_count: int = 0
    faults: tuple[FaultRead, ...] = ()


class YearBefore(_Part):
    """How the year before the first one in the plan closed, per account in öre."""

    from_date: date
    to_date: date
    closing: dict[str, int]


class Cursor(_Part):
    """The plan of years, earliest first, what the registers say of them, and the years read so far in the same order.

    `left_out` are years that the source has and the plan has not, `refused` registers that may not be read. `told` is
    Fortnox' number of vouchers of a year, and `next_numbers` the next voucher number of some of its series, both asked
    for before the year's file: what is booked in between makes the file larger, never smaller.
    """

    years: tuple[PlannedYear, ...] = ()
    before: YearBefore | None = None
    left_out: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    locked_until: date | None = None
    told: dict[date, int] = {}
    next_numbers: dict[date, dict[str, int]] = {}
    read: tuple[YearRead, ...] = ()

    @property
    def is_from_file(self) -> bool:
        """Say whether somebody handed the ledger over, so that nobody can be asked for more."""
        return any(year.id is None for year in self.years)

    @property
    def next_year(self) -> PlannedYear | None:
        return self.years[len(self.read)] if len(self.read) < len(self.years) else None

    @property
    def next_two_years(self) -> tuple[PlannedYear | None, PlannedYear | None]:
        """Return the year to read next and the one behind it."""
        left = (*self.years[len(self.read) :], None, None)
        return left[0], left[1]

    def with_year(self, read: YearRead) -> Cursor:
        return self.model_copy(update={"read": (*self.read, read)})

    def counts(self) -> dict[str, int]:
        """Return what was read so far, for people: years, accounts (of the latest year), vouchers, rows, differences."""
        return {
            "years": len(self.read),
            "accounts": self.read[-1].accounts if self.read else 0,
            "vouchers": sum(year.vouchers for year in self.read),
            "rows": sum(year.rows_stored for year in self.read),
            "objects": self.read[-1].objects_stored if self.read else 0,
            "added": sum(year.added for year in self.read),
            "changed": sum(year.changed for year in self.read),
            "gone": sum(year.gone for year in self.read),
        }

    def share_done(self, stage: str) -> float:
        """Return the share of the steps that lie behind an import at this stage, from 0 to 1: each year is a step."""
        years = len(self.years)
        done = {COMPANY: 0, REGISTERS: 1, LEDGER: 2 + len(self.read), SETTINGS: 2 + years, PROOF: 3 + years}
        return round(done.get(stage, 0) / (4 + years), 3)

    def faults(self) -> list[dict[str, Any]]:
        """Return the first faults of all files, each with the year that it was found in."""
        found = [(year.from_date, fault) for year in self.read for fault in year.faults]
        return [{"year": str(year), **fault.model_dump()} for year, fault in found[:MOST_FAULTS]]

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
