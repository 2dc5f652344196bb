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
from shared.fortnox.records.dimensions import CostCenter, Project
from shared.fortnox.records.files import InboxFile, VoucherFileConnection
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
    "CostCenter",
    "FinancialYear",
    "InboxFile",
    "Invoice",
    "InvoiceListItem",
    "InvoicePayment",
    "InvoicePaymentListItem",
    "LockedPeriod",
    "PredefinedAccount",
    "Project",
    "Record",
    "SupplierInvoice",
    "SupplierInvoiceListItem",
    "SupplierInvoicePayment",
    "SupplierInvoicePaymentListItem",
    "Voucher",
    "VoucherFileConnection",
    "VoucherKey",
    "VoucherLink",
    "VoucherListItem",
    "VoucherRow",
    "VoucherSeries",
    "WriteOff",
]
