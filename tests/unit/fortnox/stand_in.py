"""What the tests put in Fortnox' place, and at the two seams of the client."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from shared.clock import ManualClock
from shared.errors import Later
from shared.fortnox import AccessToken, FortnoxClient

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECRET = "eyJ.very-secret.token"

Handler = Callable[[httpx.Request], httpx.Response]


class Wallet:
    """Tokens whose renewal gives the next version."""

    def __init__(self) -> None:
        self.version = 1
        self.renewed_for: list[int] = []

    def current(self) -> AccessToken:
        return AccessToken(f"{SECRET}-{self.version}", self.version)

    def renew(self, seen_version: int) -> AccessToken:
        self.renewed_for.append(seen_version)
        self.version = seen_version + 1
        return self.current()


class Turnstile:
    """A pacer that counts turns and can be shut."""

    def __init__(self) -> None:
        self.turns = 0
        self.paused_until: list[datetime] = []
        self.shut_until: datetime | None = None

    def take_turn(self) -> None:
        if self.shut_until is not None:
            raise Later("paced", "no turn left", until=self.shut_until)
        self.turns += 1

    def pause_until(self, until: datetime) -> None:
        self.paused_until.append(until)


class Fortnox:
    """Answers with `handler`, remembers what was asked, and holds a client to ask with."""

    def __init__(self, handler: Handler, **options: Any) -> None:
        self.requests: list[httpx.Request] = []
        self.calls = 0
        self.wallet = Wallet()
        self.turnstile = Turnstile()
        self._handler = handler
        self.client = FortnoxClient(
            "https://fortnox.test",
            tokens=self.wallet,
            pacer=self.turnstile,
            clock=ManualClock(NOW),
            on_request=self._count,
            transport=httpx.MockTransport(self._answer),
            **options,
        )

    def _count(self) -> None:
        self.calls += 1

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._handler(request)


def always(status: int, body: Any, **headers: str) -> Handler:
    """Answer every request alike; `body` is bytes as they are, or content for JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _request: httpx.Response(status, content=content, headers=headers)


def listing(envelope: str, items: list[dict[str, Any]], *, total: int | None = None, pages: int = 1) -> dict[str, Any]:
    meta = {"@TotalResources": len(items) if total is None else total, "@TotalPages": pages, "@CurrentPage": 1}
    return {"MetaInformation": meta, envelope: items}


VOUCHER: dict[str, Any] = {
    "@url": "https://fortnox.test/3/vouchers/A/17?financialyear=2",
    "Comments": None,
    "CostCenter": "",
    "Description": "Programvara",
    "Project": 0,
    "ReferenceNumber": "",
    "ReferenceType": "MANUAL",
    "TransactionDate": "2025-09-22",
    "VoucherNumber": 17,
    "VoucherRows": [
        {"Account": 5420, "CostCenter": "", "Credit": 0, "Debit": 370.78, "Project": 0, "Removed": False},
        {"Account": 1910, "CostCenter": "1", "Credit": "370.78", "Debit": 0, "Project": "P2", "Removed": "false"},
        {"Account": 2614, "CostCenter": "", "Credit": 92.7, "Debit": 0, "Project": "", "Removed": True},
    ],
    "VoucherSeries": "A",
    "Year": 2,
}
