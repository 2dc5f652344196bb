"""Customers, customer invoices and their payments as JSON."""

from __future__ import annotations

from typing import Any

from services.sandbox.company import Company, Invoice, Party, Payment, WriteOff
from services.sandbox.wire import API_URL, amount, amount_text, day, rate_number, rate_text

Json = dict[str, Any]

# What the single invoice always sends and no company of ours fills in.
UNUSED: Json = {
    "AdministrationFee": 0, "AdministrationFeeVAT": 0, "Address1": "", "Address2": "", "BasisTaxReduction": 0,
    "Comments": "", "ContractReference": 0, "ContributionPercent": 0, "ContributionValue": 0, "Country": "",
    "CostCenter": "", "DeliveryAddress1": "", "DeliveryAddress2": "", "DeliveryCity": "", "DeliveryCountry": "",
    "DeliveryDate": None, "DeliveryName": "", "DeliveryZipCode": "", "EUQuarterlyReport": False,
    "ExternalInvoiceReference1": "", "ExternalInvoiceReference2": "", "Freight": 0, "FreightVAT": 0,
    "HouseWork": False, "InvoicePeriodStart": "", "InvoicePeriodEnd": "", "InvoiceRows": [],
    "InvoiceType": "INVOICE", "Labels": [], "Language": "SV", "LastRemindDate": None, "NotCompleted": False,
    "NoxFinans": False, "OfferReference": "0", "OrderReference": "0", "OurReference": "", "PaymentWay": "",
    "Phone1": "", "Phone2": "", "PriceList": "A", "PrintTemplate": "st", "Project": "", "WarehouseReady": True,
    "Remarks": "", "Reminders": 0, "RoundOff": 0, "TaxReduction": None, "TermsOfDelivery": "",
    "TermsOfPayment": "30", "TimeBasisReference": None, "VATIncluded": False, "WayOfDelivery": "",
    "YourOrderNumber": "", "YourReference": "", "ZipCode": "", "TaxReductionType": "none",
    "EDIInformation": {
        "EDIGlobalLocationNumber": None, "EDIGlobalLocationNumberDelivery": None, "EDIInvoiceExtra1": None,
        "EDIInvoiceExtra2": None, "EDIOurElectronicReference": None, "EDIYourElectronicReference": None,
        "EDIStatus": "",
    },
    "EmailInformation": {
        "EmailAddressFrom": None, "EmailAddressTo": "", "EmailAddressCC": None, "EmailAddressBCC": None,
        "EmailSubject": "Faktura {no} bifogas", "EmailBody": " ",
    },
}  # fmt: skip


def invoice_item(company: Company, invoice: Invoice) -> Json:
    """Show a list item: `CurrencyRate` is text here and a number in the single."""
    return {
        "@url": f"{API_URL}/invoices/{invoice.number}",
        **_shared(company, invoice),
        "CostCenter": "",
        "CurrencyRate": rate_text(invoice.rate),
        "ExternalInvoiceReference1": "",
        "ExternalInvoiceReference2": "",
        "InvoiceType": "INVOICE",
        "NoxFinans": False,
        "WayOfDelivery": "",
        "TermsOfPayment": "30",
        "Project": "",
    }


def invoice_single(company: Company, invoice: Invoice) -> Json:
    customer = company.customers.get(invoice.customer_number)
    net = amount(invoice.total_minor - invoice.vat_minor)
    year = company.year_of(invoice.invoice_date)
    return {
        "@url": f"{API_URL}/invoices/{invoice.number}",
        "@urlTaxReductionList": f"{API_URL}/taxreductions?filter=invoices&referencenumber={invoice.number}",
        **UNUSED,
        **_shared(company, invoice),
        "AccountingMethod": year.accounting_method if year else "ACCRUAL",
        "City": customer.city if customer else "",
        "Credit": "true" if invoice.total_minor < 0 else "false",
        "CreditInvoiceReference": str(invoice.credit_of or invoice.credited_by or 0),
        "CurrencyRate": rate_number(invoice.rate),
        "Gross": net,
        "InvoiceReference": "0",
        "Net": net,
        "OrganisationNumber": customer.organisation_number if customer else "",
        "OutboundDate": day(invoice.invoice_date),
        "TotalToPay": amount(invoice.total_minor),
        "TotalVAT": amount(invoice.vat_minor),
    }


def _shared(company: Company, invoice: Invoice) -> Json:
    customer = company.customers.get(invoice.customer_number)
    year, series, number = invoice.voucher or (None, None, None)
    return {
        "Balance": amount(invoice.balance_minor),
        "Booked": invoice.booked,
        "Cancelled": invoice.cancelled,
        "Currency": invoice.currency,
        "CurrencyUnit": invoice.unit,
        "CustomerName": customer.name if customer else "",
        "CustomerNumber": invoice.customer_number,
        "DocumentNumber": str(invoice.number),
        "DueDate": day(invoice.due_date),
        "InvoiceDate": day(invoice.invoice_date),
        "OCR": invoice.ocr,
        "VoucherNumber": number,
        "VoucherSeries": series,
        "VoucherYear": year,
        "Sent": invoice.booked,
        "Total": amount(invoice.total_minor),
        "FinalPayDate": day(invoice.final_pay_date),
    }


def payment_item(payment: Payment) -> Json:
    """Show a list item; the invoice's number is an integer here and the payment's own one text."""
    return {
        "@url": f"{API_URL}/invoicepayments/{payment.number}",
        "Amount": amount(payment.amount_ore),
        "Booked": payment.booked,
        "Currency": payment.currency,
        "CurrencyRate": rate_number(payment.rate),
        "CurrencyUnit": payment.unit,
        "InvoiceNumber": payment.invoice_number,
        "Number": str(payment.number),
        "PaymentDate": day(payment.date),
        "Source": "manual",
        "WriteOffExist": bool(payment.write_offs),
    }


def payment_single(company: Company, payment: Payment) -> Json:
    invoice = company.invoices.get(payment.invoice_number)
    customer = company.customers.get(invoice.customer_number) if invoice else None
    year, series, number = payment.voucher or (None, None, None)
    return {
        **{name: value for name, value in payment_item(payment).items() if name != "WriteOffExist"},
        "AmountCurrency": amount(payment.amount_minor),
        "ExternalInvoiceReference1": "",
        "ExternalInvoiceReference2": "",
        "InvoiceCustomerName": customer.name if customer else "",
        "InvoiceCustomerNumber": customer.number if customer else "",
        "InvoiceDueDate": day(invoice.due_date) if invoice else None,
        "InvoiceOCR": invoice.ocr if invoice else "",
        "InvoiceTotal": amount_text(invoice.total_minor) if invoice else "0",
        "ModeOfPayment": payment.mode_of_payment,
        "ModeOfPaymentAccount": payment.mode_of_payment_account,
        "VoucherNumber": number,
        "VoucherSeries": series,
        "VoucherYear": year,
        "WriteOffs": [write_off(item) for item in payment.write_offs],
    }


def write_off(item: WriteOff) -> Json:
    return {
        "Amount": amount(item.amount_ore),
        "AccountNumber": item.account,
        "CostCenter": "",
        "Currency": "SEK",
        "Description": item.text,
        "Project": "",
        "TransactionInformation": item.text,
    }


def customer_item(customer: Party) -> Json:
    """Show a list item: `Phone` here, `Phone1` and `Phone2` in the single."""
    return {
        "@url": f"{API_URL}/customers/{customer.number}",
        "Address1": "",
        "Address2": "",
        "City": customer.city,
        "CustomerNumber": customer.number,
        "Email": "",
        "Name": customer.name,
        "OrganisationNumber": customer.organisation_number,
        "Phone": "",
        "ZipCode": "",
    }


def customer_single(customer: Party) -> Json:
    empty = "Comments CostCenter Phone1 Phone2 Project TermsOfDelivery VATNumber WayOfDelivery YourReference WWW"
    return {
        **{name: value for name, value in customer_item(customer).items() if name != "Phone"},
        **dict.fromkeys(empty.split(), ""),
        "Active": True,
        "Country": "Sverige" if customer.country_code == "SE" else "",
        "CountryCode": customer.country_code,
        "Currency": customer.currency,
        "OurReference": "",
        "PriceList": "A",
        "TermsOfPayment": "30",
        "Type": "COMPANY",
        "VATType": "SEVAT" if customer.country_code == "SE" else "EXPORT",
    }
