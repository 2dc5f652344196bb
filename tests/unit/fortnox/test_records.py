from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shared.fortnox import (
    Account,
    CompanyInformation,
    FinancialYear,
    Invoice,
    InvoiceListItem,
    InvoicePayment,
    InvoicePaymentListItem,
    LockedPeriod,
    PredefinedAccount,
    SupplierInvoice,
    SupplierInvoiceListItem,
    SupplierInvoicePayment,
    UnreadableDocument,
    Voucher,
    VoucherKey,
    VoucherListItem,
    VoucherSeries,
)
from shared.fortnox.records import Record
from tests.unit.fortnox.stand_in import VOUCHER


def as_sent(content: Any) -> Any:
    """Give Python content the types that the client's JSON reader gives it."""
    return json.loads(json.dumps(content), parse_float=Decimal)


INVOICE = {
    "Balance": 0,
    "Booked": True,
    "Cancelled": False,
    "Currency": "EUR",
    "CurrencyRate": "11.2",
    "CurrencyUnit": 1,
    "CustomerName": None,
    "CustomerNumber": 7,
    "DocumentNumber": "105",
    "DueDate": "",
    "FinalPayDate": None,
    "InvoiceDate": "2025-12-01",
    "InvoiceType": "INVOICE",
    "OCR": 133,
    "Total": 1000.5,
    "VoucherNumber": 12,
    "VoucherSeries": "B",
    "VoucherYear": 3,
}
SUPPLIER_INVOICE = {
    "Balance": "-2500.00",
    "Booked": True,
    "Cancel": True,
    "Credit": False,
    "Currency": "SEK",
    "CurrencyRate": "1",
    "CurrencyUnit": 1,
    "DueDate": "2025-12-30",
    "FinalPayDate": "",
    "GivenNumber": 40,
    "InvoiceDate": "2025-12-01",
    "InvoiceNumber": "F-1",
    "SupplierName": "Ädel AB",
    "SupplierNumber": "2",
    "Total": "12500",
    "Vouchers": [{"Number": 5, "ReferenceType": "SUPPLIERINVOICE", "Series": "D", "Year": 3}],
}
PAYMENT = {
    "Amount": 11200,
    "Booked": True,
    "Currency": "EUR",
    "CurrencyRate": 11.2,
    "CurrencyUnit": 1,
    "InvoiceNumber": 105,
    "Number": "9",
    "PaymentDate": "2026-01-15",
    "Source": "manual",
    "WriteOffExist": False,
}


def test_a_voucher_is_read_with_its_struck_rows_and_counts_only_the_others() -> None:
    voucher = Voucher.read(as_sent(VOUCHER))
    assert voucher.key == VoucherKey("A", 17, 2)
    assert voucher.transaction_date == date(2025, 9, 22)
    assert voucher.comments == ""
    assert [(row.account, row.debit_ore, row.credit_ore) for row in voucher.rows] == [
        (5420, 37078, 0),
        (1910, 0, 37078),
        (2614, 0, 9270),
    ]
    assert sum(row.debit_ore - row.credit_ore for row in voucher.booked_rows) == 0
    assert [(row.cost_center, row.project) for row in voucher.rows] == [("", ""), ("1", "P2"), ("", "")]


def test_a_listed_voucher_of_old_and_of_today_is_read() -> None:
    old = {"ReferenceNumber": "", "ReferenceType": "", "VoucherNumber": 1, "VoucherSeries": "A", "Year": 2}
    today = {**old, "Comments": None, "Description": "Text", "TransactionDate": "2025-01-31", "ApprovalState": 0}
    assert VoucherListItem.read(old).transaction_date is None
    assert VoucherListItem.read(today).transaction_date == date(2025, 1, 31)


@pytest.mark.parametrize(
    ("row_change", "field_name"),
    [
        ({"Debit": None}, "VoucherRows.0.Debit"),
        ({"Debit": ""}, "VoucherRows.0.Debit"),
        ({"Debit": "12,50"}, "VoucherRows.0.Debit"),
        ({"Debit": "1_000"}, "VoucherRows.0.Debit"),
        ({"Debit": " 1"}, "VoucherRows.0.Debit"),
        ({"Debit": "NaN"}, "VoucherRows.0.Debit"),
        ({"Debit": True}, "VoucherRows.0.Debit"),
        ({"Debit": 0.001}, "VoucherRows.0.Debit"),
        ({"Debit": {"amount": 1}}, "VoucherRows.0.Debit"),
        ({"Account": "kassa"}, "VoucherRows.0.Account"),
        ({"Account": 19.5}, "VoucherRows.0.Account"),
        ({"Account": None}, "VoucherRows.0.Account"),
        ({"Removed": "kanske"}, "VoucherRows.0.Removed"),
        ({"Removed": 0}, "VoucherRows.0.Removed"),
        ({"Project": []}, "VoucherRows.0.Project"),
    ],
)
def test_money_or_identity_that_does_not_parse_names_the_document_and_the_field(
    row_change: dict[str, Any], field_name: str
) -> None:
    row = {**VOUCHER["VoucherRows"][0], **row_change}
    with pytest.raises(UnreadableDocument) as unreadable:
        Voucher.read(as_sent({**VOUCHER, "VoucherRows": [row]}))
    assert unreadable.value.document == "voucher A/17/2"
    assert unreadable.value.field_name == field_name
    assert unreadable.value.code == "fortnox-document-unreadable"


@pytest.mark.parametrize("amount", ["1e400", "1e-400", "9" * 5000, "0." + "1" * 60])
def test_an_absurd_number_is_an_error_and_no_long_calculation(amount: str) -> None:
    with pytest.raises((UnreadableDocument, ValueError)):
        InvoiceListItem.read({**as_sent(INVOICE), "Total": Decimal(amount)})


@pytest.mark.parametrize(
    ("shown", "field_name"),
    [
        ({"DocumentNumber": "9" * 41}, "DocumentNumber"),
        ({"CustomerNumber": "7\0"}, "CustomerNumber"),
        ({"Currency": "\ud800"}, "Currency"),
        ({"Total": "10000000000000.01"}, "Total"),
        ({"Total": 10**12, "CurrencyRate": 11}, "Total"),
        ({"CurrencyUnit": 1_000_001}, "CurrencyUnit"),
    ],
)
def test_what_no_database_holds_is_an_error_that_names_the_field(shown: dict[str, Any], field_name: str) -> None:
    with pytest.raises(UnreadableDocument) as unreadable:
        InvoiceListItem.read(as_sent({**INVOICE, **shown}))
    assert unreadable.value.field_name == field_name
    assert "\0" not in unreadable.value.reason
    unreadable.value.reason.encode()


@pytest.mark.parametrize(
    ("shown", "field_name"),
    [
        ({"Number": "9" * 31}, "Number"),
        ({"CurrencyRate": "0.0000001", "Amount": 10**8}, "Amount"),
        ({"WriteOffs": [{"AccountNumber": 3740, "Amount": 10**8}], "CurrencyRate": "0.0000001"}, "WriteOffs"),
    ],
)
def test_a_payment_that_cannot_be_reckoned_with_is_an_error(shown: dict[str, Any], field_name: str) -> None:
    with pytest.raises(UnreadableDocument) as unreadable:
        InvoicePayment.read(as_sent({**PAYMENT, "Amount": 1, **shown}))
    assert unreadable.value.field_name == field_name


def test_free_text_that_cannot_be_stored_is_read_with_a_sign_in_its_place() -> None:
    invoice = InvoiceListItem.read(as_sent({**INVOICE, "CustomerName": "A\0B\ud800"}))
    assert invoice.customer_name == "A\ufffdB\ufffd"


def test_a_missing_amount_is_an_error_and_not_a_zero() -> None:
    row = {key: value for key, value in VOUCHER["VoucherRows"][0].items() if key != "Credit"}
    with pytest.raises(UnreadableDocument, match="Credit"):
        Voucher.read(as_sent({**VOUCHER, "VoucherRows": [row]}))


@pytest.mark.parametrize("raw", [None, [], "text", 1, {}])
def test_content_that_is_no_document_is_an_error_with_a_name(raw: Any) -> None:
    for record in (Voucher, Account, InvoiceListItem, SupplierInvoicePayment, CompanyInformation):
        with pytest.raises(UnreadableDocument, match=record.kind):
            record.read(raw)


def test_company_years_accounts_series_and_settings_are_read() -> None:
    company = {"CompanyName": "AB", "DatabaseNumber": 503072, "OrganizationNumber": "556000-0001"}
    assert CompanyInformation.read(company).tenant_id == "503072"
    year = FinancialYear.read({"Id": 2, "FromDate": "2011-07-13", "ToDate": "2012-12-31", "accountCharts": "x"})
    assert (year.id, year.from_date, year.to_date) == (2, date(2011, 7, 13), date(2012, 12, 31))
    account = Account.read(as_sent({"Active": False, "Number": 1010, "SRU": -7527, "Year": 2, "VATCode": None}))
    assert (account.number, account.sru, account.active, account.balance_brought_forward_ore) == (
        1010,
        -7527,
        False,
        None,
    )
    carried = Account.read(as_sent({"Active": True, "Number": 1931, "Year": 2, "BalanceBroughtForward": 3002.91}))
    assert carried.balance_brought_forward_ore == 300291
    series = VoucherSeries.read({"Code": "A", "Manual": True, "Year": 2, "NextVoucherNumber": 18})
    assert (series.manual, series.next_voucher_number) == (True, 18)
    assert PredefinedAccount.read({"Name": "CUSTCLAIM", "Account": 1510}).account == 1510
    assert LockedPeriod.read({"EndDate": None}).end_date is None
    assert LockedPeriod.read({}).end_date is None
    assert LockedPeriod.read({"EndDate": "2024-12-31"}).end_date == date(2024, 12, 31)


def test_a_listed_invoice_is_read_with_its_wavering_types() -> None:
    invoice = InvoiceListItem.read(as_sent(INVOICE))
    assert (invoice.document_number, invoice.customer_number, invoice.customer_name) == ("105", "7", "")
    assert (invoice.total_ore, invoice.balance_ore, invoice.currency_rate) == (100050, 0, Decimal("11.2"))
    assert (invoice.due_date, invoice.final_pay_date, invoice.ocr) == (None, None, "133")
    assert invoice.voucher == VoucherKey("B", 12, 3)


def test_an_unbooked_invoice_has_no_voucher() -> None:
    unbooked = {**INVOICE, "VoucherNumber": None, "VoucherSeries": None, "VoucherYear": None}
    assert InvoiceListItem.read(as_sent(unbooked)).voucher is None


@pytest.mark.parametrize(("sent", "credit"), [("false", False), ("true", True), (True, True), ("False", False)])
def test_the_credit_flag_is_a_flag_however_it_is_sent(sent: Any, credit: bool) -> None:
    invoice = Invoice.read(as_sent({**INVOICE, "Credit": sent, "CreditInvoiceReference": "0", "RoundOff": -0.4}))
    assert invoice.credit is credit
    assert invoice.credit_invoice_reference is None
    assert invoice.round_off_ore == -40


def test_a_credit_flag_of_another_kind_is_an_error() -> None:
    with pytest.raises(UnreadableDocument, match="Credit"):
        Invoice.read(as_sent({**INVOICE, "Credit": "", "CreditInvoiceReference": "101"}))


@pytest.mark.parametrize("rate", [0, "-1", "", None])
def test_a_rate_that_is_none_is_an_error(rate: Any) -> None:
    with pytest.raises(UnreadableDocument, match="CurrencyRate"):
        InvoiceListItem.read(as_sent({**INVOICE, "CurrencyRate": rate}))


def test_a_supplier_invoice_is_cancelled_by_either_name() -> None:
    listed = SupplierInvoiceListItem.read(as_sent(SUPPLIER_INVOICE))
    assert (listed.cancelled, listed.total_ore, listed.balance_ore) == (True, 1_250_000, -250_000)
    assert [link.key for link in listed.vouchers] == [VoucherKey("D", 5, 3)]
    single = {**SUPPLIER_INVOICE, "Cancelled": False, "CreditReference": 0, "RoundOffValue": "0.4", "Vouchers": None}
    del single["Cancel"]
    read = SupplierInvoice.read(as_sent(single))
    assert (read.cancelled, read.credit_reference, read.round_off_ore, read.vouchers) == (False, None, 40, ())


def test_a_supplier_invoice_without_its_cancel_flag_is_an_error() -> None:
    unflagged = {key: value for key, value in SUPPLIER_INVOICE.items() if key != "Cancel"}
    with pytest.raises(UnreadableDocument, match="supplier invoice 40: Cancelled"):
        SupplierInvoiceListItem.read(as_sent(unflagged))


def test_a_listed_payment_says_whether_there_are_write_offs_and_a_single_one_names_them() -> None:
    assert InvoicePaymentListItem.read(as_sent(PAYMENT)).has_write_offs is False
    single = {
        **PAYMENT,
        "AmountCurrency": 1000,
        "ModeOfPayment": "BG",
        "ModeOfPaymentAccount": 1930,
        "VoucherNumber": 3,
        "VoucherSeries": "C",
        "VoucherYear": 3,
        "WriteOffs": [{"AccountNumber": 3740, "Amount": -0.4, "Currency": "SEK", "Description": None}],
    }
    payment = InvoicePayment.read(as_sent(single))
    assert (payment.invoice_number, payment.amount_ore, payment.amount_currency_ore) == ("105", 1_120_000, 100_000)
    assert payment.voucher == VoucherKey("C", 3, 3)
    assert [(w.account_number, w.amount_ore, w.description) for w in payment.write_offs] == [(3740, -40, "")]
    supplier = SupplierInvoicePayment.read(as_sent({**single, "Number": 9, "WriteOffs": None}))
    assert (supplier.number, supplier.write_offs) == ("9", ())


def test_records_cannot_be_changed() -> None:
    voucher = Voucher.read(as_sent(VOUCHER))
    with pytest.raises(ValidationError):
        voucher.number = 18  # type: ignore[misc]


def test_every_record_has_a_kind_and_an_identity() -> None:
    for record in Record.__subclasses__():
        if not record.__name__.startswith("_"):
            assert record.kind
            assert isinstance(record.identity, tuple)
