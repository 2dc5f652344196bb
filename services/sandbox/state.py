"""Everything the stand-in remembers: companies, grants, clock, limits, faults and the journal."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from services.sandbox.clock import MovableClock
from services.sandbox.company import Company
from services.sandbox.faults import Faults
from services.sandbox.grants import Client, Grants
from services.sandbox.journal import Journal
from services.sandbox.rate import RateLimit
from services.sandbox.truth import LedgerTruth

ConsentOutcome = Literal["approve", "deny", "silent"]


@dataclass
class Switches:
    """What nobody outside Fortnox knows for sure, or what only sometimes happens: a client must live with all of it."""

    retry_after: bool = True
    body_429: Literal["empty", "json", "html"] = "json"
    sie_utf8: bool = False
    licence_error_status: Literal[400, 403] = 403
    dimensions_ignore_page: bool = False
    rate_limit: bool = True
    # Longer than zero, two refreshes with one token inside this time both succeed, and only the last pair lives.
    refresh_takes_s: float = 0.0


@dataclass
class Tenant:
    """One company, what the generator knows about it, and when its registers were last touched.

    `sie_files` are bytes to answer instead of the company's own SIE file of a year.
    """

    company: Company
    truth: LedgerTruth | None = None
    touched: dict[tuple[str, object], datetime] = field(default_factory=dict)
    unlicensed: set[str] = field(default_factory=set)
    spoiled: dict[str, dict[str, Any]] = field(default_factory=dict)
    sie_files: dict[int, bytes] = field(default_factory=dict)

    def modified(self, kind: str, key: object) -> datetime:
        """Return when an account, customer or supplier last changed; those never touched are as old as the company."""
        first = min((year.from_date for year in self.company.years.values()), default=date.min)
        return self.touched.get((kind, key), datetime.combine(first, time(), tzinfo=UTC))


class SandboxState:
    """Shared by the server's thread and whoever started it: take `lock` to read or change from outside."""

    def __init__(
        self, *, client: Client | None = None, clock: MovableClock | None = None, auto_approve: bool = False
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock or MovableClock()
        self.auto_approve = auto_approve
        self._client = client or Client()
        self.reset()

    def reset(self) -> None:
        """Forget everything but the client and the clock, as if just started."""
        with self.lock:
            self.switches = Switches()
            self.tenants: dict[int, Tenant] = {}
            self.grants = Grants(self.clock)
            self.grants.register(self._client)
            self.rate = RateLimit()
            self.faults = Faults()
            self.journal = Journal()
            self.chosen_tenant: int | None = None
            self.next_consent: ConsentOutcome = "approve"

    def add_company(self, company: Company, truth: LedgerTruth | None = None) -> Tenant:
        with self.lock:
            tenant = Tenant(company, truth)
            self.tenants[company.database_number] = tenant
            return tenant

    def approving_tenant(self) -> int:
        """Return the company whose administrator approves: the chosen one, else the first."""
        return next(iter(self.tenants)) if self.chosen_tenant is None else self.chosen_tenant
