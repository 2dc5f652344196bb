"""Every answer against the official OpenAPI document; where we differ, on purpose and one by one."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest

from tests.integration.sandbox.conftest import Visitor
from tests.integration.sandbox.reference import load

META = "every list carries it beside the items (recorded), the document leaves it out"
NO_NULLS = "the document has no nullable marks; recorded or stated as null"

# (resource, field, what we send) and why. The resource is the path in the document.
DEVIATIONS: dict[tuple[str, str, str], str] = {
    ("/3/financialyears", "FinancialYears[].accountCharts", "extra"): "sent in lists, documented for the single only",
    ("/3/voucherseries", "VoucherSeriesCollection[].Approver.Id", "null"): NO_NULLS + " (no approver)",
    ("/3/voucherseries", "VoucherSeriesCollection[].Approver.Name", "null"): NO_NULLS + " (no approver)",
    ("/3/voucherseries/{Code}", "VoucherSeries.Approver.Id", "null"): NO_NULLS + " (no approver)",
    ("/3/voucherseries/{Code}", "VoucherSeries.Approver.Name", "null"): NO_NULLS + " (no approver)",
    ("/3/accounts", "Accounts[].VATCode", "null"): NO_NULLS,
    ("/3/accounts", "Accounts[].SRU", "null"): NO_NULLS + " (no SRU code)",
    ("/3/accounts/{Number}", "Account.SRU", "null"): NO_NULLS + " (no SRU code)",
    ("/3/accounts/{Number}", "Account.VATCode", "null"): NO_NULLS,
    ("/3/vouchers", "Vouchers[].Comments", "null"): NO_NULLS,
    ("/3/vouchers/sublist", "Vouchers[].Comments", "null"): NO_NULLS,
    ("/3/vouchers/sublist/{VoucherSeries}", "Vouchers[].Comments", "null"): NO_NULLS,
    ("/3/vouchers/{VoucherSeries}/{VoucherNumber}", "Voucher.Comments", "null"): NO_NULLS,
    ("/3/settings/lockedperiod", "LockedPeriod.EndDate", "null"): "no date means that no period is locked",
    ("/3/projects", "Projects[].EndDate", "null"): NO_NULLS,
    ("/3/projects", "Projects[].ProjectLeader", "null"): NO_NULLS,
    ("/3/projects", "Projects[].StartDate", "null"): NO_NULLS,
    ("/3/projects/{ProjectNumber}", "Project.Comments", "null"): NO_NULLS,
    ("/3/projects/{ProjectNumber}", "Project.ContactPerson", "null"): NO_NULLS,
    ("/3/projects/{ProjectNumber}", "Project.EndDate", "null"): NO_NULLS,
    ("/3/projects/{ProjectNumber}", "Project.ProjectLeader", "null"): NO_NULLS,
    ("/3/projects/{ProjectNumber}", "Project.StartDate", "null"): NO_NULLS,
    ("/3/invoices", "Invoices[].CurrencyRate", "string"): "text in the list, a number in the single (recorded)",
    ("/3/invoices", "Invoices[].DueDate", "null"): NO_NULLS,
    ("/3/invoices", "Invoices[].FinalPayDate", "null"): "null until fully paid (recorded)",
    ("/3/invoices", "Invoices[].VoucherNumber", "null"): "null until booked (recorded)",
    ("/3/invoices", "Invoices[].VoucherSeries", "null"): "null until booked (recorded)",
    ("/3/invoices", "Invoices[].VoucherYear", "null"): "null until booked (recorded)",
    ("/3/invoices/{DocumentNumber}", "Invoice.DeliveryDate", "null"): NO_NULLS,
    ("/3/invoices/{DocumentNumber}", "Invoice.DueDate", "null"): NO_NULLS,
    ("/3/invoices/{DocumentNumber}", "Invoice.FinalPayDate", "null"): "null until fully paid (recorded)",
    ("/3/invoices/{DocumentNumber}", "Invoice.InvoicePeriodEnd", "not a date"): 'recorded as ""',
    ("/3/invoices/{DocumentNumber}", "Invoice.InvoicePeriodStart", "not a date"): 'recorded as ""',
    ("/3/invoices/{DocumentNumber}", "Invoice.InvoiceReference", "extra"): "recorded, not documented",
    ("/3/invoices/{DocumentNumber}", "Invoice.LastRemindDate", "null"): NO_NULLS,
    ("/3/invoices/{DocumentNumber}", "Invoice.PaymentWay", "not in the enumeration"): 'recorded as ""',
    ("/3/invoices/{DocumentNumber}", "Invoice.TaxReduction", "null"): NO_NULLS,
    ("/3/invoices/{DocumentNumber}", "Invoice.TimeBasisReference", "null"): NO_NULLS,
    ("/3/invoices/{DocumentNumber}", "Invoice.VoucherNumber", "null"): "null until booked (recorded)",
    ("/3/invoices/{DocumentNumber}", "Invoice.VoucherSeries", "null"): "null until booked (recorded)",
    ("/3/invoices/{DocumentNumber}", "Invoice.VoucherYear", "null"): "null until booked (recorded)",
    **{
        ("/3/invoices/{DocumentNumber}", f"Invoice.{name}", "null"): NO_NULLS
        for name in (
            "EDIInformation.EDIGlobalLocationNumber",
            "EDIInformation.EDIGlobalLocationNumberDelivery",
            "EDIInformation.EDIInvoiceExtra1",
            "EDIInformation.EDIInvoiceExtra2",
            "EDIInformation.EDIOurElectronicReference",
            "EDIInformation.EDIYourElectronicReference",
            "EmailInformation.EmailAddressFrom",
            "EmailInformation.EmailAddressCC",
            "EmailInformation.EmailAddressBCC",
        )
    },
    ("/3/invoicepayments/{Number}", "InvoicePayment.InvoiceDueDate", "null"): NO_NULLS,
    ("/3/invoicepayments/{Number}", "InvoicePayment.VoucherNumber", "null"): "null until booked",
    ("/3/invoicepayments/{Number}", "InvoicePayment.VoucherSeries", "null"): "null until booked",
    ("/3/invoicepayments/{Number}", "InvoicePayment.VoucherYear", "null"): "null until booked",
    ("/3/supplierinvoices", "SupplierInvoices[].FinalPayDate", "null"): "null until fully paid",
    ("/3/supplierinvoices/{GivenNumber}", "SupplierInvoice.FinalPayDate", "null"): "null until fully paid",
    ("/3/supplierinvoices/{GivenNumber}", "SupplierInvoice.VoucherNumber", "null"): "null until booked",
    ("/3/supplierinvoices/{GivenNumber}", "SupplierInvoice.VoucherSeries", "null"): "null until booked",
    ("/3/supplierinvoices/{GivenNumber}", "SupplierInvoice.VoucherYear", "null"): "null until booked",
    ("/3/supplierinvoicepayments/{Number}", "SupplierInvoicePayment.VoucherNumber", "null"): "null until booked",
    ("/3/supplierinvoicepayments/{Number}", "SupplierInvoicePayment.VoucherSeries", "null"): "null until booked",
    ("/3/supplierinvoicepayments/{Number}", "SupplierInvoicePayment.VoucherYear", "null"): "null until booked",
    ("/3/inbox", "Folder.Files[].Comments", "null"): NO_NULLS,
    ("/3/archive", "Folder.Files[].Comments", "null"): NO_NULLS,
    ("/3/customers/{CustomerNumber}", "Customer.Address1", "'' should be non-empty"): 'recorded as "" in the list',
    ("/3/suppliers", "Suppliers[].PreDefinedAccount", "null"): NO_NULLS + " (no account chosen)",
    ("/3/suppliers/{SupplierNumber}", "Supplier.PreDefinedAccount", "null"): NO_NULLS + " (no account chosen)",
    ("/3/inbox POST", "File.Comments", "null"): NO_NULLS,
    ("/3/vouchers POST", "Voucher.Comments", "null"): NO_NULLS,
    ("error 400", "ErrorInformation.code", "extra"): "every recorded 400 has keys in lower case",
    ("error 400", "ErrorInformation.error", "extra"): "every recorded 400 has keys in lower case",
    ("error 400", "ErrorInformation.message", "extra"): "every recorded 400 has keys in lower case",
}

LISTS = [
    "accountcharts",
    "accounts",
    "costcenters",
    "customers",
    "financialyears",
    "invoicepayments",
    "invoices",
    "predefinedaccounts",
    "predefinedvoucherseries",
    "projects",
    "supplierinvoicepayments",
    "supplierinvoices",
    "suppliers",
    "voucherfileconnections",
    "vouchers",
    "vouchers/sublist",
    "voucherseries",
]
SINGLES = {
    "/3/companyinformation": ["companyinformation"],
    "/3/settings/company": ["settings/company"],
    "/3/settings/lockedperiod": ["settings/lockedperiod"],
    "/3/me": ["me"],
    "/3/inbox": ["inbox"],
    "/3/archive": ["archive"],
    "/3/financialyears/{Id}": ["financialyears/2"],
    "/3/accounts/{Number}": ["accounts/1930", "accounts/4010"],
    "/3/voucherseries/{Code}": ["voucherseries/A"],
    "/3/predefinedaccounts/{name}": ["predefinedaccounts/CUSTCLAIM"],
    "/3/predefinedvoucherseries/{Name}": ["predefinedvoucherseries/INVOICE"],
    "/3/vouchers/{VoucherSeries}/{VoucherNumber}": ["vouchers/A/1", "vouchers/A/2", "vouchers/B/1"],
    "/3/costcenters/{Code}": ["costcenters/1"],
    "/3/projects/{ProjectNumber}": ["projects/P1"],
    "/3/customers/{CustomerNumber}": ["customers/1"],
    "/3/suppliers/{SupplierNumber}": ["suppliers/1"],
    "/3/invoices/{DocumentNumber}": ["invoices/101", "invoices/102", "invoices/103", "invoices/104"],
    "/3/supplierinvoices/{GivenNumber}": ["supplierinvoices/1", "supplierinvoices/2"],
    "/3/invoicepayments/{Number}": ["invoicepayments/1", "invoicepayments/2", "invoicepayments/3"],
    "/3/supplierinvoicepayments/{Number}": ["supplierinvoicepayments/1"],
}


@pytest.fixture(scope="module")
def document() -> Any:
    return load("openapi.json", "the check of every answer against the official OpenAPI document")


def closed(schema: Any) -> Any:
    """The schema with no fields allowed beside those it names."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: closed(part) for name, part in schema.items()}
    return {**changed, "additionalProperties": False} if "properties" in schema else changed


def differences(document: Any, schema: Any, body: Any) -> set[tuple[str, str]]:
    """Every (field, what) in which `body` leaves `schema`."""
    whole = {**closed(schema), "components": closed(document["components"])}
    checker = jsonschema.FormatChecker(["date"])
    found = set()
    for error in jsonschema.Draft4Validator(whole, format_checker=checker).iter_errors(body):
        where = "".join("[]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
        if error.validator == "additionalProperties":
            names = set(error.instance) - set(error.schema["properties"])
            found |= {(f"{where}.{name}".lstrip("."), "extra") for name in names}
        elif error.validator == "type" or error.instance is None:
            found.add((where, {type(None): "null", str: "string"}.get(type(error.instance), "type")))
        else:
            told = {"format": "not a date", "enum": "not in the enumeration"}
            found.add((where, told.get(str(error.validator), error.message)))
    return found


def schema_of(document: Any, path: str, method: str = "get", status: str = "200") -> Any:
    paths = {re.sub("/$", "", name): item for name, item in document["paths"].items()}
    return paths[path][method]["responses"][status]["content"]["application/json"]["schema"]


def test_every_answer_keeps_to_the_document_but_for_the_listed_deviations(visitor: Visitor, document: Any) -> None:
    visitor.state.switches.rate_limit = False
    company = visitor.state.tenants[700_001].company
    company.accounts[1, 1510].sru = None
    visitor.control("companies/700001/edits", {"do": "add-payment", "kind": "customer", "invoice": 103,
                    "date": "2025-05-05", "amount_ore": 100})  # fmt: skip
    seen: set[tuple[str, str, str]] = set()

    def note(resource: str, schema: Any, body: Any) -> None:
        seen.update((resource, where, what) for where, what in differences(document, schema, body))

    uploaded = visitor.http.post(
        "/3/inbox", params={"folderid": "inbox_v"}, files={"file": ("a.pdf", b"%PDF")}, headers=visitor.bearer
    )
    note("/3/inbox POST", schema_of(document, "/3/inbox", "post", "201"), uploaded.json())
    loose = {"file": ("loose.pdf", b"%PDF")}
    assert visitor.http.post("/3/inbox", files=loose, headers=visitor.bearer).status_code == 201
    rows = [{"Account": 1930, "Debit": 1}, {"Account": 3001, "Credit": 1}]
    voucher = {"Description": "x", "TransactionDate": "2025-03-01", "VoucherSeries": "A", "VoucherRows": rows}
    posted = visitor.post("vouchers", {"Voucher": voucher})
    note("/3/vouchers POST", schema_of(document, "/3/vouchers", "post", "201"), posted.json())
    connection = {"FileId": uploaded.json()["File"]["Id"], "VoucherSeries": "A", "VoucherNumber": "3"}
    connected = visitor.post("voucherfileconnections", {"VoucherFileConnection": connection})
    note("connection", schema_of(document, "/3/voucherfileconnections", "post", "201"), connected.json())

    for name in LISTS:
        body = visitor.get(name).json()
        assert set(body.pop("MetaInformation")) == {"@TotalResources", "@TotalPages", "@CurrentPage"}, META
        assert all(body.values()), f"{name} is empty: nothing was compared"
        note(f"/3/{name}", schema_of(document, f"/3/{name}"), body)
    sublist = visitor.get("vouchers/sublist/A").json()
    assert sublist.pop("MetaInformation"), META
    note("/3/vouchers/sublist/{VoucherSeries}", schema_of(document, "/3/vouchers/sublist/{VoucherSeries}"), sublist)
    for template, paths in SINGLES.items():
        for path in paths:
            answer = visitor.get(path)
            assert answer.status_code == 200, path
            note(template, schema_of(document, template), answer.json())
    error = document["components"]["schemas"]["fortnox_ErrorInformationWrap"]
    note("error 400", error, visitor.get("invoices", filter="x").json())
    note("error 404", error, visitor.get("invoices/9").json())

    assert seen - set(DEVIATIONS) == set(), "answers that leave the document without a reason"
    assert set(DEVIATIONS) - seen == set(), "deviations that no longer occur"
