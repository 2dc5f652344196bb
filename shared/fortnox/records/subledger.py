"""Customer and supplier invoices and their payments.

`Total` and `Balance` are kept in hundredths of what Fortnox sends; whether it is SEK or the invoice's currency is not
documented, so `currency` and the rate stay beside them. `Balance` is as of now, never as of a balance date.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, BeforeValidator, Field, ValidationInfo, field_validator

from shared.fortnox.records.base import Part, Record, VoucherKey
from shared.fortnox.records.fields import (
    LARGEST_ORE,
    Day,
    Flag,
    Key,
    OptionalDay,
    OptionalOre,
    OptionalWhole,
    Ore,
    Rate,
    Reference,
    Text,
    Unit,
    Whole,
)


def _empty_if_null(value: Any) -> Any:
    return () if value is None else value


def _reckonable(amount: int, factor: Decimal) -> int:
    """Return the amount; raise ValueError when at its rate it is so large that nothing can be reckoned with it."""
    if abs(amount * factor) > LARGEST_ORE:
        raise ValueError("too large an amount at its rate")
    return amount


def _rate_of(info: ValidationInfo) -> Decimal:
    """Return SEK per unit of the currency, 1 when that could not be read: then the document is named for it."""
    rate: Decimal = info.data.get("currency_rate", Decimal(1)) / info.data.get("currency_unit", Decimal(1))
    return rate


class _Booking(Record):
    """The link to the voucher, there once the document is booked."""

    voucher_series: Reference
    voucher_number: OptionalWhole
    voucher_year: OptionalWhole

    @property
    def voucher(self) -> VoucherKey | None:
        if self.voucher_series is None or not self.voucher_number or not self.voucher_year:
            return None
        return VoucherKey(self.voucher_series, self.voucher_number, self.voucher_year)


class InvoiceListItem(_Booking):
    """A customer invoice as listed. The list has no credit flag: read the single invoice for it."""

    kind: ClassVar = "invoice"
    identity: ClassVar = ("DocumentNumber",)
    keeps_namesakes: ClassVar = True

    document_number: Key
    customer_number: Key
    customer_name: Text = ""
    invoice_type: Text = ""
    invoice_date: Day
    due_date: OptionalDay
    final_pay_date: OptionalDay
    currency: Key
    currency_rate: Rate
    currency_unit: Unit
    total_ore: Ore = Field(alias="Total")
    balance_ore: Ore = Field(alias="Balance")
    booked: Flag
    cancelled: Flag
    ocr: Text = Field(default="", alias="OCR")

    @field_validator("total_ore")
    @classmethod
    def _in_sek(cls, total_ore: int, info: ValidationInfo) -> int:
        return _reckonable(total_ore, _rate_of(info))


class Invoice(InvoiceListItem):
    """A single customer invoice; a credit invoice names the invoice it credits, if any."""

    credit: Flag
    credit_invoice_reference: Reference
    round_off_ore: OptionalOre = Field(alias="RoundOff")
    total_to_pay_ore: OptionalOre = Field(alias="TotalToPay")
    organisation_number: Text = ""
    accounting_method: Text = ""


class VoucherLink(Part):
    """One of the vouchers of a supplier invoice: the booking, its reversal, its periodisation."""

    series: Key
    number: Whole
    year: Whole
    reference_type: Text = ""

    @property
    def key(self) -> VoucherKey:
        return VoucherKey(self.series, self.number, self.year)


class SupplierInvoiceListItem(Record):
    """A supplier invoice as listed: amounts and rate are strings, and the flag is called Cancel."""

    kind: ClassVar = "supplier invoice"
    identity: ClassVar = ("GivenNumber",)
    keeps_namesakes: ClassVar = True

    given_number: Key
    supplier_number: Key
    supplier_name: Text = ""
    invoice_number: Text = ""
    invoice_date: Day
    due_date: OptionalDay
    final_pay_date: OptionalDay
    currency: Key
    currency_rate: Rate
    currency_unit: Unit
    total_ore: Ore = Field(alias="Total")
    balance_ore: Ore = Field(alias="Balance")
    booked: Flag
    cancelled: Flag = Field(validation_alias=AliasChoices("Cancelled", "Cancel"))
    credit: Flag
    vouchers: Annotated[tuple[VoucherLink, ...], BeforeValidator(_empty_if_null)] = ()

    @field_validator("total_ore")
    @classmethod
    def _in_sek(cls, total_ore: int, info: ValidationInfo) -> int:
        return _reckonable(total_ore, _rate_of(info))


class SupplierInvoice(SupplierInvoiceListItem):
    """A single supplier invoice: the flag is called Cancelled, and a credit invoice names its counterpart."""

    credit_reference: Reference
    round_off_ore: OptionalOre = Field(alias="RoundOffValue")
    accounting_method: Text = ""


class WriteOff(Part):
    """A part of a payment that is no money: fee, rounding, exchange difference."""

    account_number: Whole
    amount_ore: Ore = Field(alias="Amount")
    currency: Text = ""
    description: Text = ""
    transaction_information: Text = ""


class _PaymentListItem(Record):
    identity: ClassVar = ("Number",)
    keeps_namesakes: ClassVar = True

    number: Annotated[Key, Field(max_length=30)]  # shorter than others: some items are called "payment 17"
    invoice_number: Reference
    payment_date: Day
    currency: Key
    currency_rate: Rate
    currency_unit: Unit
    amount_ore: Ore = Field(alias="Amount")
    booked: Flag
    source: Text = ""

    @field_validator("amount_ore")
    @classmethod
    def _in_currency(cls, amount_ore: int, info: ValidationInfo) -> int:
        return _reckonable(amount_ore, 1 / _rate_of(info))


class InvoicePaymentListItem(_PaymentListItem):
    """`amount_ore` is in SEK; voucher, amount in currency and write-offs stand in the single payment only."""

    kind: ClassVar = "invoice payment"

    has_write_offs: Flag | None = Field(default=None, alias="WriteOffExist")


class SupplierInvoicePaymentListItem(_PaymentListItem):
    """`amount_ore` is in SEK; voucher, amount in currency and write-offs stand in the single payment only."""

    kind: ClassVar = "supplier invoice payment"

    has_write_offs: Flag | None = Field(default=None, alias="WriteOffExist")


class _Payment(_PaymentListItem, _Booking):
    amount_currency_ore: OptionalOre = Field(alias="AmountCurrency")
    mode_of_payment: Text = ""
    write_offs: Annotated[tuple[WriteOff, ...], BeforeValidator(_empty_if_null)] = ()

    @field_validator("write_offs")
    @classmethod
    def _written_off_in_currency(cls, write_offs: tuple[WriteOff, ...], info: ValidationInfo) -> tuple[WriteOff, ...]:
        for write_off in write_offs:
            _reckonable(write_off.amount_ore, 1 / _rate_of(info))
        return write_offs


class InvoicePayment(_Payment):
    """A single customer payment."""

    kind: ClassVar = "invoice payment"

    mode_of_payment_account: OptionalWhole


class SupplierInvoicePayment(_Payment):
    """A single payment to a supplier."""

    kind: ClassVar = "supplier invoice payment"
