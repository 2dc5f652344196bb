"""What may be asked of schedules, and said about them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from services.gateway.schemas.base import Body, Instant, Name
from shared.messaging.events import ClosingRate, Currency
from shared.schedules.content import Kind, Role

SEK = "SEK"
MAX_CURRENCIES = 50
MAX_ACCOUNTS = 50
RATE_PATTERN = r"^[0-9]{1,9}(\.[0-9]{1,9})?$"


def _positive(rate: str) -> str:
    if not Decimal(rate):
        raise ValueError("a rate is more than nothing")
    return rate


def _foreign(currency: str) -> str:
    if currency == SEK:
        raise ValueError("SEK has no closing rate")
    return currency


def _without_repetition(accounts: list[str]) -> list[str]:
    if len(set(accounts)) < len(accounts):
        raise ValueError("an account is here twice")
    return accounts


Rate = Annotated[str, StringConstraints(pattern=RATE_PATTERN), AfterValidator(_positive)]
ForeignCurrency = Annotated[Currency, AfterValidator(_foreign)]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
BalanceSheetAccount = Annotated[str, StringConstraints(pattern=r"^[12][0-9]{3}$")]
"""BAS: the accounts of classes 1 and 2 stand in the balance sheet, which is what a schedule specifies."""

Accounts = Annotated[list[BalanceSheetAccount], Field(max_length=MAX_ACCOUNTS), AfterValidator(_without_repetition)]


class NewClosingRate(Body):
    """What `unit` units of the currency cost in SEK at the balance date."""

    rate: Rate = Field(examples=["10.90"])
    unit: int = Field(default=1, ge=1, le=1_000_000, strict=True)


class NewSchedules(Body):
    """Both schedules are made of one reading; `kind` says which of them Location leads to.

    Without a balance date the end of the year is meant, without `known_at` what is known now. `closing_rates` are for
    the revaluation of open items in foreign currencies.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "receivables",
                    "balance_date": "2025-12-31",
                    "closing_rates": {"EUR": {"rate": "10.90", "unit": 1}},
                }
            ]
        }
    )

    kind: Kind | None = None
    balance_date: date | None = None
    known_at: Instant | None = None
    closing_rates: dict[ForeignCurrency, NewClosingRate] = Field(default_factory=dict, max_length=MAX_CURRENCIES)

    def rates(self) -> dict[str, ClosingRate]:
        return {
            currency: ClosingRate(rate=Decimal(closing.rate), unit=closing.unit)
            for currency, closing in self.closing_rates.items()
        }


class NewSignOff(Body):
    """The comment is needed when something is unexplained or not complete."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "preparer", "name": "Anna Andersson"}]})

    role: Role
    name: Name
    comment: Remark = ""


class ScheduleAccounts(Body):
    """Accounts that a client's schedules show beside those that follow from the books; each belongs to one kind."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"receivables": ["1511"], "payables": []}]})

    receivables: Accounts
    payables: Accounts

    @model_validator(mode="after")
    def _belong_to_one_kind(self) -> ScheduleAccounts:
        both = sorted(set(self.receivables) & set(self.payables))
        if both:
            raise ValueError(f"in both schedules: {', '.join(both)}")
        return self
