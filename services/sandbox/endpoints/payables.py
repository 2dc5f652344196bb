"""Supplier invoices and the payments of them."""

from __future__ import annotations

from collections.abc import Callable

from services.sandbox.call import Call, endpoint
from services.sandbox.company import SupplierInvoice
from services.sandbox.endpoints.receivables import find_payment, select_payments
from services.sandbox.errors import placeholder
from services.sandbox.lists import filtered, listing, ordered
from services.sandbox.records.payables import (
    supplier_invoice_item,
    supplier_invoice_single,
    supplier_payment_item,
    supplier_payment_single,
)
from services.sandbox.wire import Answer, json_answer


def invoices(call: Call) -> Answer:
    since = call.since()
    found = [
        item
        for item in filtered(call, call.company.supplier_invoices.values(), _filters(call))
        if since is None or item.modified >= since
    ]
    keys: dict[str, Callable[[SupplierInvoice], object]] = {
        "givennumber": _number,
        "invoicedate": lambda item: (item.invoice_date, item.given_number),
    }
    return listing(
        call,
        "SupplierInvoices",
        ordered(call, found, keys, _number),
        lambda item: supplier_invoice_item(call.company, item),
    )


def invoice(call: Call) -> Answer:
    number = call.args["number"]
    found = call.company.supplier_invoices.get(int(number)) if number.isdecimal() else None
    if found is None:
        raise placeholder("supplier_invoice_not_found", status=404)
    return json_answer({"SupplierInvoice": supplier_invoice_single(call.company, found)})


def payments(call: Call) -> Answer:
    found = select_payments(call, call.company.supplier_payments)
    return listing(call, "SupplierInvoicePayments", found, supplier_payment_item)


def payment(call: Call) -> Answer:
    found = find_payment(call, call.company.supplier_payments)
    return json_answer({"SupplierInvoicePayment": supplier_payment_single(call.company, found)})


def _filters(call: Call) -> dict[str, Callable[[SupplierInvoice], bool]]:
    """Nothing ever waits for payment or attest in a company of ours."""
    today = call.state.clock.today()
    return {
        "cancelled": lambda item: item.cancelled,
        "fullypaid": lambda item: _open(item) and item.balance_minor == 0,
        "unpaid": lambda item: _open(item) and item.balance_minor != 0,
        "unpaidoverdue": lambda item: (
            _open(item) and item.balance_minor != 0 and item.due_date is not None and item.due_date < today
        ),
        "unbooked": lambda item: not item.booked and not item.cancelled,
        "pendingpayment": lambda _: False,
        "authorizepending": lambda _: False,
    }


def _open(item: SupplierInvoice) -> bool:
    return item.booked and not item.cancelled


def _number(item: SupplierInvoice) -> int:
    return item.given_number


ENDPOINTS = [
    endpoint("GET", "supplierinvoices", "supplierinvoice", invoices, listing=True),
    endpoint("GET", "supplierinvoices/{number}", "supplierinvoice", invoice),
    endpoint("GET", "supplierinvoicepayments", "payment", payments, "invoicenumber", listing=True),
    endpoint("GET", "supplierinvoicepayments/{number}", "payment", payment),
]
