"""What an import has planned and read, as it is kept in its row: a killed import goes on from here (pure)."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class PlannedYear(_Part):
    """A financial year to read; `id` is Fortnox' number for it."""

    id: int
    from_date: date
    to_date: date
    accounting_method: str = ""

    def __str__(self) -> str:
        return f"{self.from_date} to {self.to_date}"


class YearRead(_Part):
    """What one year's file held, what was stored of it, and how that changed what was known before.

    `rows_in_file` is counted in the bytes, independently of the reader. `stored_otherwise` names accounts whose stored
    rows do not sum to what the file says; `contradictions` says where the file does not agree with itself.
    """

    from_date: date
    accounts: int
    vouchers: int
    rows_in_file: int
    rows_stored: int
    added: int
    changed: int
    gone: int
    stored_otherwise: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


class Cursor(_Part):
    """The plan of years, earliest first, and the years read so far in the same order."""

    years: tuple[PlannedYear, ...] = ()
    read: tuple[YearRead, ...] = ()

    @property
    def next_year(self) -> PlannedYear | None:
        return self.years[len(self.read)] if len(self.read) < len(self.years) else None

    def with_year(self, read: YearRead) -> Cursor:
        return Cursor(years=self.years, read=(*self.read, read))

    def counts(self) -> dict[str, int]:
        """Return what was read so far, for people: years, accounts (of the latest year), vouchers, rows, differences."""
        return {
            "years": len(self.read),
            "accounts": self.read[-1].accounts if self.read else 0,
            "vouchers": sum(year.vouchers for year in self.read),
            "rows": sum(year.rows_stored for year in self.read),
            "added": sum(year.added for year in self.read),
            "changed": sum(year.changed for year in self.read),
            "gone": sum(year.gone for year in self.read),
        }

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
