"""Customer invoices and the payments of them. Read only: every action on an invoice is left out on purpose."""

from __future__ import annotations

from collections.abc import Callable

from services.sandbox.call import Call, endpoint
from services.sandbox.company import Invoice, Payment
from services.sandbox.errors import FortnoxError, bad_filter, placeholder
from services.sandbox.lists import filtered, listing, ordered, searched
from services.sandbox.records.receivables import invoice_item, invoice_single, payment_item, payment_single
from services.sandbox.wire import Answer, json_answer

# Search fields that Fortnox knows and that are empty or constant in every company of ours.
EMPTY_FIELDS = {
    "costcenter": "",
    "label": "",
    "ourreference": "",
    "yourreference": "",
    "project": "",
    "externalinvoicereference1": "",
    "externalinvoicereference2": "",
    "articlenumber": "",
    "articledescription": "",
    "yourordernumber": "",
    "notcompleted": "false",
    "invoicetype": "INVOICE",
}
DATES = ("fromdate", "todate", "fromfinalpaydate", "tofinalpaydate")
ACCOUNTS = ("accountnumberfrom", "accountnumberto")


def invoices(call: Call) -> Answer:
    names = {number: party.name for number, party in call.company.customers.items()}
    fields: dict[str, Callable[[Invoice], str]] = {
        "customername": lambda invoice: names.get(invoice.customer_number, ""),
        "customernumber": lambda invoice: invoice.customer_number,
        "documentnumber": lambda invoice: str(invoice.number),
        "ocr": lambda invoice: invoice.ocr,
        "currency": lambda invoice: invoice.currency,
        "credit": lambda invoice: "true" if invoice.total_minor < 0 else "false",
        "sent": lambda invoice: "true" if invoice.booked else "false",
        **{name: _always(text) for name, text in EMPTY_FIELDS.items()},
    }
    found = searched(call, filtered(call, _in_time(call), _filters(call)), fields)
    keys: dict[str, Callable[[Invoice], object]] = {
        "customername": fields["customername"],
        "customernumber": fields["customernumber"],
        "documentnumber": _number,
        "invoicedate": lambda invoice: (invoice.invoice_date, invoice.number),
        "ocr": fields["ocr"],
        "total": lambda invoice: invoice.total_minor,
    }
    return listing(
        call, "Invoices", ordered(call, found, keys, _number), lambda invoice: invoice_item(call.company, invoice)
    )


def invoice(call: Call) -> Answer:
    number = call.args["number"]
    found = call.company.invoices.get(int(number)) if number.isdecimal() else None
    if found is None:
        raise FortnoxError(2000434, "Kan inte hitta fakturan.", status=404)
    return json_answer({"Invoice": invoice_single(call.company, found)})


def payments(call: Call) -> Answer:
    found = select_payments(call, call.company.invoice_payments)
    return listing(call, "InvoicePayments", found, payment_item)


def payment(call: Call) -> Answer:
    found = find_payment(call, call.company.invoice_payments)
    return json_answer({"InvoicePayment": payment_single(call.company, found)})


def select_payments(call: Call, register: dict[int, Payment]) -> list[Payment]:
    """Select what a list of payments, customers' or suppliers', has to show."""
    invoice_number, since = call.number("invoicenumber"), call.since()
    if "filter" in call.query:
        raise bad_filter()
    found = [
        item
        for item in register.values()
        if (invoice_number is None or item.invoice_number == invoice_number)
        and (since is None or item.modified >= since)
    ]
    keys: dict[str, Callable[[Payment], object]] = {
        "number": lambda item: item.number,
        "paymentdate": lambda item: (item.date, item.number),
    }
    return ordered(call, found, keys, lambda item: item.number)


def find_payment(call: Call, register: dict[int, Payment]) -> Payment:
    number = call.args["number"]
    found = register.get(int(number)) if number.isdecimal() else None
    if found is None:
        raise placeholder("payment_not_found", status=404)
    return found


def _in_time(call: Call) -> list[Invoice]:
    since, first, last = call.since(), call.day("fromdate"), call.day("todate")
    paid_first, paid_last = call.day("fromfinalpaydate"), call.day("tofinalpaydate")
    return [
        item
        for item in call.company.invoices.values()
        if (since is None or item.modified >= since)
        and (first is None or item.invoice_date >= first)
        and (last is None or item.invoice_date <= last)
        and (paid_first is None or (item.final_pay_date is not None and item.final_pay_date >= paid_first))
        and (paid_last is None or (item.final_pay_date is not None and item.final_pay_date <= paid_last))
        and _books_on_accounts(call, item)
    ]


def _books_on_accounts(call: Call, item: Invoice) -> bool:
    first, last = (call.number(name) for name in ACCOUNTS)
    if first is None and last is None:
        return True
    voucher = call.company.vouchers.get(item.voucher) if item.voucher else None
    accounts = [row.account for row in voucher.booked_rows] if voucher else []
    return any((first or 0) <= account <= (last or 9999) for account in accounts)


def _filters(call: Call) -> dict[str, Callable[[Invoice], bool]]:
    """Those about payment leave out what is not booked."""
    today = call.state.clock.today()
    return {
        "cancelled": lambda item: item.cancelled,
        "fullypaid": lambda item: _open(item) and item.balance_minor == 0,
        "unpaid": lambda item: _open(item) and item.balance_minor != 0,
        "unpaidoverdue": lambda item: (
            _open(item) and item.balance_minor != 0 and item.due_date is not None and item.due_date < today
        ),
        "unbooked": lambda item: not item.booked and not item.cancelled,
    }


def _open(item: Invoice) -> bool:
    return item.booked and not item.cancelled


def _number(item: Invoice) -> int:
    return item.number


def _always(text: str) -> Callable[[Invoice], str]:
    return lambda _: text


SEARCH = ("customername", "customernumber", "documentnumber", "ocr", "currency", "credit", "sent")

ENDPOINTS = [
    endpoint("GET", "invoices", "invoice", invoices, *SEARCH, *EMPTY_FIELDS, *DATES, *ACCOUNTS, listing=True),
    endpoint("GET", "invoices/{number}", "invoice", invoice),
    endpoint("GET", "invoicepayments", "payment", payments, "invoicenumber", listing=True),
    endpoint("GET", "invoicepayments/{number}", "payment", payment),
]
