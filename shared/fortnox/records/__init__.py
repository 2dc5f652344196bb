"""Fortnox' records, typed."""

from __future__ import annotations

from shared.fortnox.records.base import Record, VoucherKey
from shared.fortnox.records.bookkeeping import (
    Account,
    CompanyInformation,
    FinancialYear,
    LockedPeriod,
    PredefinedAccount,
    Voucher,
    VoucherListItem,
    VoucherRow,
    VoucherSeries,
)
from shared.fortnox.records.subledger import (
    Invoice,
    InvoiceListItem,
    InvoicePayment,
    InvoicePaymentListItem,
    SupplierInvoice,
    SupplierInvoiceListItem,
    SupplierInvoicePayment,
    SupplierInvoicePaymentListItem,
    VoucherLink,
    WriteOff,
)

__all__ = [
    "Account",
    "CompanyInformation",
    "FinancialYear",
    "Invoice",
    "InvoiceListItem",
    "InvoicePayment",
    "InvoicePaymentListItem",
    "LockedPeriod",
    "PredefinedAccount",
    "Record",
    "SupplierInvoice",
    "SupplierInvoiceListItem",
    "SupplierInvoicePayment",
    "SupplierInvoicePaymentListItem",
    "Voucher",
    "VoucherKey",
    "VoucherLink",
    "VoucherListItem",
    "VoucherRow",
    "VoucherSeries",
    "WriteOff",
]
