"""Schedules of receivables and payables at a balance date."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from services.gateway.schemas.base import AmountOut, View
from shared.schedules.content import Kind, Role


class SchedulesAccepted(View):
    """The event that was committed; the schedules appear in the list that Location names."""

    event_id: UUID
    state: str = Field(examples=["queued"])


class AccountBalanceView(View):
    """An account of the schedule with its balance in the ledger."""

    number: str
    name: str
    balance: AmountOut = Field(validation_alias="balance_ore")

    @model_validator(mode="before")
    @classmethod
    def _from_triple(cls, stored: Any) -> Any:
        return dict(zip(("number", "name", "balance_ore"), stored, strict=True)) if isinstance(stored, list) else stored


class SignOffView(View):
    """Who stands behind the schedule, and since when."""

    role: Role
    name: str
    at: datetime
    comment: str


class ScheduleSummary(View):
    """One version of a schedule; it never changes, only sign-offs come and go.

    `difference` is the total less the ledger; `known_at` is when the books were read. `version` counts the schedules of
    the same kind and balance date. `complete` is false when a document could not be judged.
    """

    id: UUID
    kind: Kind
    balance_date: date
    known_at: datetime
    version: int
    accounts: list[AccountBalanceView]
    total: AmountOut = Field(validation_alias="total_ore")
    ledger: AmountOut = Field(validation_alias="ledger_ore")
    difference: AmountOut = Field(validation_alias="difference_ore")
    complete: bool
    content_hash: str
    created_at: datetime
    sign_offs: list[SignOffView] = Field(validation_alias="standing_sign_offs")


class ScheduleItemView(View):
    """An open document; `open_in_currency` is in the document's own currency, `rate` SEK per `unit` of it.

    `paid_after` is what was settled after the balance date as known, the last time on `paid_after_on`.
    """

    document_number: str
    external_number: str | None
    counterparty_number: str
    counterparty_name: str
    invoice_date: date
    accounting_date: date | None
    due_date: date | None
    currency: str
    rate: str | None
    unit: int
    billed: AmountOut = Field(validation_alias="billed_ore")
    settled: AmountOut = Field(validation_alias="settled_ore")
    credited: AmountOut = Field(validation_alias="credited_ore")
    open: AmountOut = Field(validation_alias="open_ore")
    open_in_currency: AmountOut = Field(validation_alias="open_minor")
    days_past_due: int | None
    bucket: str
    paid_after: AmountOut = Field(validation_alias="paid_after_ore")
    paid_after_on: date | None
    flags: list[Any]


class BridgeLineView(View):
    """One cause and its part of the difference: `code` is D01 to D15, or D99 for what is not explained."""

    code: str
    amount: AmountOut = Field(validation_alias="amount_ore")
    documents: list[str]
    vouchers: list[str]
    first_date: date | None
    last_date: date | None
    note: str


class EntryRowView(View):
    """A row of a proposed voucher; debit is positive."""

    account: str
    amount: AmountOut = Field(validation_alias="amount_ore")

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, stored: Any) -> Any:
        return dict(zip(("account", "amount_ore"), stored, strict=True)) if isinstance(stored, list) else stored


class RevaluationView(View):
    """The open items of a currency at its closing rate; without a rate nothing is proposed."""

    currency: str
    open_in_currency: AmountOut = Field(validation_alias="open_minor")
    booked: AmountOut = Field(validation_alias="booked_ore")
    rate: str | None
    unit: int
    revalued: AmountOut = Field(validation_alias="revalued_ore")
    change: AmountOut = Field(validation_alias="change_ore")
    entry: list[EntryRowView]
    reversal_date: date | None


class ReclassificationView(View):
    """A counterparty whose items are in sum on the wrong side, and where the amount belongs."""

    counterparty_number: str
    counterparty_name: str
    amount: AmountOut = Field(validation_alias="amount_ore")
    from_account: str
    to_account: str
    documents: list[str]


class ScheduleFaultView(View):
    """A document that could not be judged, and why."""

    document: str
    code: str
    reason: str


class CallsView(View):
    """How many requests of one sort the reading took."""

    call: str
    requests: int

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, stored: Any) -> Any:
        return dict(zip(("call", "requests"), stored, strict=True)) if isinstance(stored, list) else stored


class SourceView(View):
    """Where the figures come from: the import and its run, when ledger and sub-ledger were read, and how."""

    data_source: str
    import_id: UUID
    run: int
    ledger_read_at: datetime
    subledger_read_at: datetime
    requests: int
    plan: list[CallsView]


class ClosingRateView(View):
    rate: str
    unit: int


class TermsView(View):
    """What people have chosen: accounts beside those that follow from the books, and closing rates."""

    accounts: list[str]
    closing_rates: dict[str, ClosingRateView]


class ScheduleView(ScheduleSummary):
    """`ageing` sums the items by days past due, `bridge` the difference by cause; both are whole.

    `parted_on` is the first day from which schedule and ledger have not agreed up to the balance date. `revaluations`
    and `reclassifications` are proposals that leave the schedule as it is; `faults` name what could not be judged.
    """

    company_name: str
    organisation_number: str
    year_from: date
    year_to: date
    ageing: dict[str, AmountOut]
    parted_on: date | None
    bridge: list[BridgeLineView]
    revaluations: list[RevaluationView]
    reclassifications: list[ReclassificationView]
    faults: list[ScheduleFaultView]
    source: SourceView
    terms: TermsView
    items: list[ScheduleItemView]


class ScheduleAccountsView(View):
    """Accounts that a client's schedules show beside those that follow from the books."""

    receivables: list[str] = Field(default_factory=list)
    payables: list[str] = Field(default_factory=list)


class AmountsView(View):
    """One figure as it was and as it is known now."""

    before: AmountOut = Field(validation_alias="before_ore")
    after: AmountOut = Field(validation_alias="after_ore")
    change: AmountOut = Field(validation_alias="change_ore")


class AccountChangeView(AmountsView):
    number: str
    name: str


class ItemChangeView(AmountsView):
    """`touched` are the figures of the schedule that this document moves, as "total" or "ageing.31_60"."""

    document_number: str
    counterparty_number: str
    counterparty_name: str
    touched: list[str]


class ChangesView(View):
    """A schedule beside the newest reading of the same balance date; of all but the sums only what differs.

    `is_changed` is false as long as both tell the same; what was paid after the balance date is no change. `bridge` is
    by cause, `faults` are those that only the newest reading has.
    """

    schedule: ScheduleSummary
    known_now: ScheduleSummary
    is_changed: bool
    total: AmountsView
    ledger: AmountsView
    difference: AmountsView
    ageing: dict[str, AmountsView]
    bridge: dict[str, AmountsView]
    accounts: list[AccountChangeView]
    items: list[ItemChangeView]
    faults: list[ScheduleFaultView]
