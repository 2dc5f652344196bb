"""Suppliers, supplier invoices and their payments as JSON: many amounts are text here."""

from __future__ import annotations

from typing import Any

from services.sandbox.company import Company, Party, Payment, SupplierInvoice
from services.sandbox.records.receivables import write_off
from services.sandbox.wire import API_URL, amount, amount_text, day, rate_number, rate_text

Json = dict[str, Any]


def supplier_invoice_item(company: Company, invoice: SupplierInvoice) -> Json:
    """Show a list item: the flag is `Cancel` here and `Cancelled` in the single."""
    return {**_shared(company, invoice), "AuthorizerName": "", "Cancel": invoice.cancelled}


def supplier_invoice_single(company: Company, invoice: SupplierInvoice) -> Json:
    year, series, number = invoice.voucher or (None, None, None)
    booked_in = company.year_of(invoice.invoice_date)
    return {
        **_shared(company, invoice),
        "AccountingMethod": booked_in.accounting_method if booked_in else "ACCRUAL",
        "AdministrationFee": "0",
        "Cancelled": invoice.cancelled,
        "Comments": "",
        "CreditReference": invoice.credit_of or invoice.credited_by or 0,
        "DisablePaymentFile": False,
        "Freight": "0",
        "OCR": "",
        "OurReference": "",
        "PaymentPending": False,
        "RoundOffValue": "0",
        "SalesType": "STOCK",
        "SupplierInvoiceRows": [],
        "VAT": amount_text(invoice.vat_minor),
        "VATType": "NORMAL",
        "VoucherNumber": number,
        "VoucherSeries": series,
        "VoucherYear": year,
        "YourReference": "",
    }


def _shared(company: Company, invoice: SupplierInvoice) -> Json:
    supplier = company.suppliers.get(invoice.supplier_number)
    return {
        "@url": f"{API_URL}/supplierinvoices/{invoice.given_number}",
        "Balance": amount_text(invoice.balance_minor),
        "Booked": invoice.booked,
        "CostCenter": "",
        "Credit": invoice.total_minor < 0,
        "Currency": invoice.currency,
        "CurrencyRate": rate_text(invoice.rate),
        "CurrencyUnit": invoice.unit,
        "DueDate": day(invoice.due_date),
        "ExternalInvoiceNumber": "",
        "ExternalInvoiceSeries": "",
        "FinalPayDate": day(invoice.final_pay_date),
        "GivenNumber": str(invoice.given_number),
        "InvoiceDate": day(invoice.invoice_date),
        "InvoiceNumber": invoice.external_number,
        "Project": "",
        "SupplierName": supplier.name if supplier else "",
        "SupplierNumber": invoice.supplier_number,
        "Total": amount_text(invoice.total_minor),
        "Vouchers": _vouchers(invoice),
    }


def _vouchers(invoice: SupplierInvoice) -> list[Json]:
    linked = ((invoice.voucher, "SUPPLIERINVOICE"), (invoice.reversal, "MANUAL"))
    return [
        {"Number": key[2], "ReferenceType": reference_type, "Series": key[1], "Year": key[0]}
        for key, reference_type in linked
        if key is not None
    ]


def supplier_payment_item(payment: Payment) -> Json:
    """Show a list item; text and integer the other way round than for customers' payments."""
    return {
        "@url": f"{API_URL}/supplierinvoicepayments/{payment.number}",
        "Amount": amount(payment.amount_ore),
        "Booked": payment.booked,
        "Currency": payment.currency,
        "CurrencyRate": rate_number(payment.rate),
        "CurrencyUnit": payment.unit,
        "InvoiceNumber": str(payment.invoice_number),
        "Number": payment.number,
        "PaymentDate": day(payment.date),
        "Source": "manual",
        "WriteOffExist": bool(payment.write_offs),
    }


def supplier_payment_single(company: Company, payment: Payment) -> Json:
    invoice = company.supplier_invoices.get(payment.invoice_number)
    supplier = company.suppliers.get(invoice.supplier_number) if invoice else None
    year, series, number = payment.voucher or (None, None, None)
    return {
        **{name: value for name, value in supplier_payment_item(payment).items() if name != "WriteOffExist"},
        "AmountCurrency": amount(payment.amount_minor),
        "Information": "",
        "InvoiceDueDate": day(invoice.due_date) if invoice else None,
        "InvoiceOCR": "",
        "InvoiceSupplierName": supplier.name if supplier else "",
        "InvoiceSupplierNumber": supplier.number if supplier else "",
        "InvoiceTotal": amount_text(invoice.total_minor) if invoice else "0",
        "ModeOfPayment": payment.mode_of_payment,
        "VoucherNumber": number,
        "VoucherSeries": series,
        "VoucherYear": year,
        "WriteOffs": [write_off(item) for item in payment.write_offs],
    }


def supplier_item(supplier: Party) -> Json:
    empty = "Address1 Address2 BG BIC BankAccountNumber CostCenter Email IBAN PG Phone Project ZipCode"
    return {
        "@url": f"{API_URL}/suppliers/{supplier.number}",
        **dict.fromkeys(empty.split(), ""),
        "Active": True,
        "City": supplier.city,
        "CountryCode": supplier.country_code,
        "Currency": supplier.currency,
        "DisablePaymentFile": False,
        "Name": supplier.name,
        "OrganisationNumber": supplier.organisation_number,
        "PreDefinedAccount": None,
        "SupplierNumber": supplier.number,
        "TermsOfPayment": "30",
    }


def supplier_single(supplier: Party) -> Json:
    empty = "Bank BranchCode ClearingNumber Comments Fax OurCustomerNumber OurReference Phone1 Phone2 VATNumber"
    return {
        **{name: value for name, value in supplier_item(supplier).items() if name != "Phone"},
        **dict.fromkeys(empty.split(), ""),
        "Country": "Sverige" if supplier.country_code == "SE" else "",
        "VATType": "NORMAL",
        "WWW": "",
        "YourReference": "",
    }
