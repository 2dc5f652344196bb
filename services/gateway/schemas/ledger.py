"""Balances and transactions of the imported ledger; debit is positive."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from services.gateway.schemas.base import AmountOut, View


class TrialBalanceRowView(View):
    account: str
    name: str
    opening: AmountOut = Field(validation_alias="opening_ore")
    debit: AmountOut = Field(validation_alias="debit_ore")
    credit: AmountOut = Field(validation_alias="credit_ore")
    closing: AmountOut = Field(validation_alias="closing_ore")


class TrialBalanceView(View):
    """`run` is the import that was known, `at` the last day that counts."""

    year_from: date
    year_to: date
    at: date
    run: int
    rows: list[TrialBalanceRowView]


class TransactionView(View):
    """One row of a voucher on the account; `balance` is the account's balance after it."""

    date: date
    series: str
    number: str
    voucher_text: str
    text: str
    amount: AmountOut = Field(validation_alias="amount_ore")
    balance: AmountOut = Field(validation_alias="balance_ore")
    counter_accounts: list[str]
    objects: list[tuple[str, str]]
