"""Which accounts a schedule is about (pure).

The account that Fortnox has as predefined, and its neighbours that an invoice's voucher may hit instead: BAS 1510-1519
with group and associates (156x, 157x) for receivables, 2440-2449 with 246x and 247x for payables.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

Kind = Literal["receivables", "payables"]
KINDS: Final[tuple[Kind, ...]] = ("receivables", "payables")

PREDEFINED_NAME: Final[dict[Kind, str]] = {"receivables": "CUSTCLAIM", "payables": "SUPDEBT"}
BAS_DEFAULT: Final[dict[Kind, str]] = {"receivables": "1510", "payables": "2440"}
FAMILY_PREFIXES: Final[dict[Kind, tuple[str, ...]]] = {
    "receivables": ("151", "156", "157"),
    "payables": ("244", "246", "247"),
}
SIGN: Final[dict[Kind, int]] = {"receivables": 1, "payables": -1}  # a debt stands in credit, and is shown positive


def claim_accounts(kind: Kind, predefined: str, chosen: Iterable[str] = ()) -> frozenset[str]:
    """Return every account number that can hold the claims or debts of this kind; `chosen` are the firm's own."""
    family = (f"{prefix}{digit}" for prefix in FAMILY_PREFIXES[kind] for digit in range(10))
    return frozenset({predefined, *family, *chosen})
