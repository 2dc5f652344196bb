"""One authorised call of the API: who asks, in which company, with which parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from services.sandbox.clock import STOCKHOLM
from services.sandbox.company import Company, YearId
from services.sandbox.errors import bad_parameter, not_numeric, placeholder
from services.sandbox.state import SandboxState, Tenant
from services.sandbox.wire import Answer

GLOBAL = frozenset(["financialyear", "financialyeardate"])
LISTING = GLOBAL | frozenset(["page", "limit", "offset", "lastmodified", "filter", "sortby", "sortorder"])
TIME_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


@dataclass(frozen=True)
class Upload:
    name: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """`args` come from the path, `query` from the query string (names already checked)."""

    state: SandboxState
    tenant: Tenant
    args: dict[str, str]
    query: dict[str, str]
    body: bytes = b""
    upload: Upload | None = None

    @property
    def company(self) -> Company:
        return self.tenant.company

    @property
    def now(self) -> datetime:
        return self.state.clock.now()

    def number(self, name: str) -> int | None:
        """Read a whole number from the query; 2000108 when it is none."""
        text = self.query.get(name)
        if text is None:
            return None
        if not text.isdecimal():
            raise not_numeric(name)
        return int(text)

    def day(self, name: str) -> date | None:
        text = self.query.get(name)
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise placeholder("bad_date", name) from None

    def since(self) -> datetime | None:
        """Return `lastmodified` as an instant, read as Swedish time; deleted records never appear by it."""
        text = self.query.get("lastmodified")
        if text is None:
            return None
        for form in TIME_FORMATS:
            try:
                return datetime.strptime(text, form).replace(tzinfo=STOCKHOLM)
            except ValueError:
                continue
        raise placeholder("bad_lastmodified", text)

    def year_id(self) -> YearId:
        """Return the financial year asked for, else the preselected one; never the calendar year."""
        year = self.number("financialyear")
        if year is not None:
            if year not in self.company.years:
                raise placeholder("no_year")
            return year
        day = self.day("financialyeardate")
        if day is not None:
            found = self.company.year_of(day)
            if found is None:
                raise placeholder("no_year")
            return found.id
        return self.company.preselected_year


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Endpoint:
    """One row of the routing table; `path` has `{names}`, `params` are the lower-case query names it knows."""

    method: str
    path: str
    scope: str
    handler: Handler
    params: frozenset[str] = field(default=GLOBAL)


def read_query(pairs: list[tuple[str, str]], allowed: frozenset[str]) -> dict[str, str]:
    """Return the query, refused with 2000588 when a name is unknown or has a capital letter; the last of equals wins."""
    if any(name not in allowed for name, _ in pairs):
        raise bad_parameter()
    return dict(pairs)


def endpoint(method: str, path: str, scope: str, handler: Handler, *params: str, listing: bool = False) -> Endpoint:
    return Endpoint(method, path, scope, handler, (LISTING if listing else GLOBAL) | frozenset(params))
