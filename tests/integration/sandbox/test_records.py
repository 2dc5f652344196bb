from __future__ import annotations

from tests.integration.sandbox.conftest import Visitor


def test_struck_rows_stay_in_the_answer_marked_as_removed(visitor: Visitor) -> None:
    rows = visitor.get("vouchers/A/2").json()["Voucher"]["VoucherRows"]
    assert [(row["Removed"], row["Debit"], row["Credit"]) for row in rows] == [
        (True, 5, 0),
        (True, 0, 5),
        (False, 7, 0),
        (False, 0, 7),
    ]
    assert rows[0]["Description"] == "Inköp"
    assert rows[0]["TransactionInformation"] == "Inköp åäö"


def test_whole_amounts_are_integers_and_others_the_shortest_fraction(visitor: Visitor) -> None:
    assert '"Debit":370.78,' in visitor.get("vouchers/A/1").text
    assert '"Debit":1000,' in visitor.get("vouchers/B/1").text
    assert '"BalanceBroughtForward":1234.56' in visitor.get("accounts/1930").text


def test_closing_balances_leave_struck_rows_out(visitor: Visitor) -> None:
    assert visitor.get("accounts/1930").json()["Account"]["BalanceCarriedForward"] == 1234.56 - 370.78 - 7


def test_types_differ_between_lists_and_singles_as_at_fortnox(visitor: Visitor) -> None:
    listed = visitor.get("invoices").json()["Invoices"]
    single = visitor.get("invoices/104").json()["Invoice"]
    assert [item["CurrencyRate"] for item in listed] == ["1", "1", "1", "11.25", "1"]
    assert (single["CurrencyRate"], single["Credit"], single["CreditInvoiceReference"]) == (11.25, "true", "101")
    assert visitor.get("invoices/101").json()["Invoice"]["CurrencyRate"] == 1
    assert visitor.get("invoices/101").json()["Invoice"]["Credit"] == "false"


def test_a_booked_invoice_names_its_voucher(visitor: Visitor) -> None:
    item = visitor.get("invoices").json()["Invoices"][0]
    assert (item["VoucherSeries"], item["VoucherNumber"], item["VoucherYear"]) == ("B", 1, 1)
    supplier = visitor.get("supplierinvoices/1").json()["SupplierInvoice"]
    assert supplier["Vouchers"] == [{"Number": 1, "ReferenceType": "SUPPLIERINVOICE", "Series": "A", "Year": 1}]


def test_supplier_amounts_are_text_and_the_cancel_flag_changes_its_name(visitor: Visitor) -> None:
    item = visitor.get("supplierinvoices").json()["SupplierInvoices"][0]
    single = visitor.get("supplierinvoices/1").json()["SupplierInvoice"]
    assert (item["Total"], item["Balance"], item["CurrencyRate"], item["GivenNumber"]) == ("750.25", "750.25", "1", "1")
    assert "Cancel" in item
    assert "Cancelled" not in item
    assert "Cancelled" in single
    assert "Cancel" not in single


def test_payment_numbers_are_text_on_one_side_and_integers_on_the_other(visitor: Visitor) -> None:
    customer = visitor.get("invoicepayments").json()["InvoicePayments"][0]
    supplier = visitor.get("supplierinvoicepayments").json()["SupplierInvoicePayments"][0]
    assert (customer["Number"], customer["InvoiceNumber"]) == ("1", 101)
    assert (supplier["Number"], supplier["InvoiceNumber"]) == (1, "1")
    found = visitor.get("invoicepayments", invoicenumber=102).json()["InvoicePayments"]
    assert [item["Number"] for item in found] == ["2"]
    write_offs = visitor.get("invoicepayments/1").json()["InvoicePayment"]["WriteOffs"]
    assert [(item["AccountNumber"], item["Amount"]) for item in write_offs] == [(3740, 0.5)]


def test_the_tenant_id_is_an_integer_in_one_place_and_text_in_the_other(visitor: Visitor) -> None:
    assert visitor.get("companyinformation").json()["CompanyInformation"]["DatabaseNumber"] == 700_001
    assert visitor.get("settings/company").json()["CompanySettings"]["DatabaseNumber"] == "700001"


def test_the_locked_period_is_null_until_something_is_locked(visitor: Visitor) -> None:
    assert visitor.get("settings/lockedperiod").json() == {"LockedPeriod": {"EndDate": None}}
    visitor.control("companies/700001/edits", {"do": "lock-period", "until": "2025-01-31"})
    assert visitor.get("settings/lockedperiod").json() == {"LockedPeriod": {"EndDate": "2025-01-31"}}


def test_sie_comes_as_bytes_of_code_page_437(visitor: Visitor) -> None:
    answer = visitor.get("sie/4", financialyear=1)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "Åkeri & Söner AB".encode("cp437") in answer.content
    assert b"#BTRANS" in answer.content
    assert b"#VER" not in visitor.get("sie/1", financialyear=1).content
    assert b"#VER A 2 " not in visitor.get("sie/4", selection="A,1,1;B,1,9").content
    assert visitor.get("sie/4", selection="A,1").status_code == 400
    assert visitor.get("sie/4", financialYear=1).json()["ErrorInformation"]["code"] == 2000588
    visitor.control("switches", {"sie_utf8": True})
    assert "Åkeri & Söner AB".encode() in visitor.get("sie/4").content


def test_a_program_is_not_taken_for_a_document(visitor: Visitor) -> None:
    upload = visitor.http.post("/3/inbox", files={"file": ("Faktura.EXE", b"MZ")}, headers=visitor.bearer)
    assert (upload.status_code, upload.json()["ErrorInformation"]["code"]) == (400, 2999021)


def test_a_file_leaves_the_inbox_when_it_is_connected(visitor: Visitor) -> None:
    upload = visitor.http.post(
        "/3/inbox", params={"folderid": "inbox_v"}, files={"file": ("kvitto.pdf", b"%PDF")}, headers=visitor.bearer
    )
    assert (upload.status_code, upload.headers["location"]) == (201, "inbox")
    file = upload.json()["File"]
    assert visitor.get("inbox/inbox_v").json()["Folder"]["Files"] == [file]
    assert visitor.get(f"inbox/{file['Id']}").content == b"%PDF"
    unconnected = visitor.get(f"voucherfileconnections/{file['Id']}")
    assert (unconnected.status_code, unconnected.json()["ErrorInformation"]["code"]) == (400, 2000704)
    body = {"VoucherFileConnection": {"FileId": file["Id"], "VoucherSeries": "A", "VoucherNumber": "1"}}
    connected = visitor.post("voucherfileconnections", body, financialyear=1)
    assert connected.status_code == 201
    assert connected.json()["VoucherFileConnection"]["VoucherYear"] == 1
    assert connected.json()["VoucherFileConnection"]["VoucherNumber"] == "1"
    assert visitor.get("inbox/inbox_v").json()["Folder"]["Files"] == []
    assert visitor.get("archive", fileid=file["ArchiveFileId"]).content == b"%PDF"
    assert visitor.get(f"archive/{file['Id']}").content == b"%PDF"
    assert len(visitor.get("voucherfileconnections").json()["VoucherFileConnections"]) == 1
