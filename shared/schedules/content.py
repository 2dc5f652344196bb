"""The content of one schedule, as a tree of frozen values (pure).

Amounts end in `_ore` (SEK, hundredths) or `_minor` (hundredths of the document's own currency). Those of items,
bridge and totals are positive in the direction of the schedule: a claim on a customer, a debt to a supplier. Only the
`entry` of a proposal is bookkeeping: debit positive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID

Kind = Literal["receivables", "payables"]
Role = Literal["preparer", "reviewer"]
Bucket = Literal["not_due", "1_30", "31_60", "61_90", "over_90", "no_due_date"]

BUCKETS: Final[tuple[Bucket, ...]] = ("not_due", "1_30", "31_60", "61_90", "over_90", "no_due_date")
UNEXPLAINED: Final = "D99"
CAUSES: Final[tuple[str, ...]] = (*(f"D{number:02d}" for number in range(1, 16)), UNEXPLAINED)
"""Why schedule and ledger differ, in the order in which they are shown."""


class AccountBalance(NamedTuple):
    """An account of the schedule with its ledger balance at the balance date, in the direction of the schedule."""

    number: str
    name: str
    balance_ore: int


class EntryRow(NamedTuple):
    """A row of a proposed voucher; debit positive."""

    account: str
    amount_ore: int


class Calls(NamedTuple):
    """How many requests of one sort the reading took."""

    call: str
    requests: int


@dataclass(frozen=True, slots=True)
class Item:
    """An open document, credit note or prepayment at the balance date.

    `open_ore` is `billed_ore - settled_ore - credited_ore`. `rate` is SEK per `unit` of the currency, None when it is
    not known. `accounting_date` is the date of the document's voucher, None for what is not booked (flag `unbooked`,
    nothing open). `days_past_due` is None without a due date, 0 or less when not yet due. `paid_after_ore` is what was
    settled after the balance date as known, the last time on `paid_after_on`.
    """

    document_number: str
    external_number: str | None
    counterparty_number: str
    counterparty_name: str
    invoice_date: date
    accounting_date: date | None
    due_date: date | None
    currency: str
    rate: Decimal | None
    unit: int
    billed_ore: int
    settled_ore: int
    credited_ore: int
    open_ore: int
    open_minor: int
    days_past_due: int | None
    bucket: Bucket
    paid_after_ore: int = 0
    paid_after_on: date | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BridgeLine:
    """One cause and its part of schedule less ledger; 0 for what is in neither and only worth telling.

    `code` is one of `CAUSES`. `vouchers` read like "A 57 2025-12-31" (series, number, date). `first_date` and
    `last_date` span the accounting dates behind the line, None when none is known. `note` is in English.
    """

    code: str
    amount_ore: int
    documents: tuple[str, ...] = ()
    vouchers: tuple[str, ...] = ()
    first_date: date | None = None
    last_date: date | None = None
    note: str = ""


@dataclass(frozen=True)
class Bridge:
    """Schedule less ledger, every öre with one cause.

    `difference_ore` is the sum of the lines. `parted_on` is the first day from which the two sides have not agreed
    any more up to the balance date, None when they agree.
    """

    lines: tuple[BridgeLine, ...]
    difference_ore: int
    parted_on: date | None

    @property
    def unexplained_ore(self) -> int:
        return sum(line.amount_ore for line in self.lines if line.code == UNEXPLAINED)


@dataclass(frozen=True)
class Revaluation:
    """The open items of one currency at the closing rate, beside what is booked.

    `change_ore` is `revalued_ore - booked_ore`; `entry` proposes to book it at the balance date and `reversal_date` to
    take it back. Without a `rate` nothing is proposed: revalued is then what is booked, the entry is empty and
    `reversal_date` None.
    """

    currency: str
    open_minor: int
    booked_ore: int
    rate: Decimal | None
    unit: int
    revalued_ore: int
    change_ore: int
    entry: tuple[EntryRow, ...] = ()
    reversal_date: date | None = None


@dataclass(frozen=True)
class Reclassification:
    """A counterparty whose items are in sum on the wrong side; `amount_ore` (positive) is to move between accounts."""

    counterparty_number: str
    counterparty_name: str
    amount_ore: int
    from_account: str
    to_account: str
    documents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A document that could not be judged, and why; a schedule with faults is not complete."""

    document: str
    code: str
    reason: str


@dataclass(frozen=True)
class SignOff:
    """Who stands behind the schedule, and since when (UTC)."""

    role: Role
    name: str
    at: datetime
    comment: str = ""


@dataclass(frozen=True)
class Source:
    """Where the figures come from: instants in UTC, `plan` the requests of the reading, `requests` their sum."""

    data_source: str
    import_id: UUID
    run: int
    ledger_read_at: datetime
    subledger_read_at: datetime
    requests: int = 0
    plan: tuple[Calls, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """One schedule at (balance date, known-at).

    `total_ore` is the sum of the items and of `ageing`, `ledger_ore` that of `accounts`, `difference_ore` total less
    ledger. `complete` is False when a document could not be judged. `content_hash` is SHA-256 in hexadecimal over all
    that does not name the copy itself: see `shared.schedules.hashing`.
    """

    id: UUID
    kind: Kind
    company_name: str
    organisation_number: str
    year_from: date
    year_to: date
    balance_date: date
    known_at: datetime
    accounts: tuple[AccountBalance, ...]
    total_ore: int
    ledger_ore: int
    difference_ore: int
    ageing: Mapping[str, int]
    items: tuple[Item, ...]
    bridge: Bridge
    revaluations: tuple[Revaluation, ...]
    reclassifications: tuple[Reclassification, ...]
    faults: tuple[Fault, ...]
    complete: bool
    source: Source
    sign_offs: tuple[SignOff, ...] = ()
    version: int = 1
    content_hash: str = ""
