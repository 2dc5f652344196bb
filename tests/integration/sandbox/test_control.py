from __future__ import annotations

import pytest

from services.sandbox.__main__ import build_state, parse
from services.sandbox.sie_writer import write_sie
from tests.integration.sandbox.books import small_company
from tests.integration.sandbox.conftest import Visitor

EDITS = "companies/700001/edits"


def test_an_edit_strikes_the_old_rows_and_moves_the_time_of_change(visitor: Visitor) -> None:
    visitor.control("clock", {"set": "2025-09-01T10:00:00+00:00"})
    visitor.connect()
    rows = [{"account": 4010, "debit_ore": 9_900}, {"account": 1930, "credit_ore": 9_900}]
    visitor.control(EDITS, {"do": "edit-voucher", "year": 1, "series": "A", "number": 1, "rows": rows})
    found = visitor.get("vouchers/A/1").json()["Voucher"]["VoucherRows"]
    assert [(row["Removed"], row["Debit"]) for row in found] == [(True, 370.78), (True, 0), (False, 99), (False, 0)]
    changed = visitor.get("vouchers", lastmodified="2025-09-01 12:00").json()["Vouchers"]
    assert [item["VoucherNumber"] for item in changed] == [1]


def test_a_user_books_where_the_api_may_not(visitor: Visitor) -> None:
    rows = [{"account": 1930, "debit_ore": 100}, {"account": 3001, "credit_ore": 100}]
    edit = {"do": "add-voucher", "year": 1, "series": "B", "date": "2025-03-03", "description": "x", "rows": rows}
    assert visitor.control(EDITS, edit)["number"] == 2
    edit["rows"] = rows[:1]
    assert visitor.http.post(f"/_control/{EDITS}", json=edit).status_code == 400


def test_a_payment_moves_the_balance_and_the_ledger_and_back(visitor: Visitor) -> None:
    def balance() -> float:
        found: float = visitor.get("invoices/101").json()["Invoice"]["Balance"]
        return found

    payment = {"do": "add-payment", "kind": "customer", "invoice": 101, "date": "2025-06-01", "amount_ore": 40_050}
    number = visitor.control(EDITS, payment)["number"]
    assert balance() == 0
    assert visitor.get("invoices/101").json()["Invoice"]["FinalPayDate"] == "2025-06-01"
    booked = visitor.get(f"invoicepayments/{number}").json()["InvoicePayment"]
    assert visitor.get(f"vouchers/{booked['VoucherSeries']}/{booked['VoucherNumber']}").status_code == 200
    visitor.control(EDITS, {"do": "change-payment", "kind": "customer", "number": number, "amount_ore": 40_000})
    assert balance() == 0.5
    visitor.control(EDITS, {"do": "delete-payment", "kind": "customer", "number": number})
    assert balance() == 400.5
    assert visitor.get(f"vouchers/{booked['VoucherSeries']}/{booked['VoucherNumber']}").status_code == 404


def test_a_registered_payment_counts_when_it_is_booked(visitor: Visitor) -> None:
    visitor.control(EDITS, {"do": "book-payment", "kind": "supplier", "number": 1})
    assert visitor.get("supplierinvoices/1").json()["SupplierInvoice"]["Balance"] == "740.25"
    again = visitor.http.post(f"/_control/{EDITS}", json={"do": "book-payment", "kind": "supplier", "number": 1})
    assert again.status_code == 400


def test_a_series_can_be_added(visitor: Visitor) -> None:
    series = {"code": "S", "description": "Bokslut", "manual": True}
    visitor.control(EDITS, {"do": "add-series", "year": 1, "series": series})
    assert visitor.get("voucherseries/S").json()["VoucherSeries"]["NextVoucherNumber"] == 1


@pytest.mark.parametrize(
    "edit", [{"do": "nonsense"}, {"do": "delete-voucher", "year": 1, "series": "A", "number": 9}, {}]
)
def test_an_edit_that_makes_no_sense_is_refused(visitor: Visitor, edit: dict[str, object]) -> None:
    assert visitor.http.post(f"/_control/{EDITS}", json=edit).status_code == 400


def test_the_journal_tells_every_call_and_can_be_emptied(visitor: Visitor) -> None:
    visitor.get("financialyears", date="2025-01-01")
    last = visitor.asked("journal")[-1]
    assert (last["method"], last["path"], last["status"]) == ("GET", "/3/financialyears?date=2025-01-01", 200)
    assert visitor.tokens["refresh_token"] not in str(visitor.asked("journal"))
    assert visitor.http.delete("/_control/journal").json() == []
    assert visitor.asked("journal") == []


def test_a_company_is_generated_from_a_spec_and_its_truth_can_be_asked(visitor: Visitor) -> None:
    spec = {"seed": 3, "vouchers_per_year": 60, "years": [["2024-01-01", "2024-12-31"], ["2025-01-01", "2025-12-31"]]}
    made = visitor.control("companies", {"spec": {**spec, "database_number": 800_001}})
    assert made["tenant"] == 800_001
    assert made["vouchers"] > 60
    visitor.control("consent", {"tenant": 800_001})
    visitor.connect()
    year = next(item for item in made["years"] if item["to_date"] == "2024-12-31")["id"]
    told = visitor.asked("truth", tenant="800001", what="trial-balance", year=str(year))
    account = visitor.get("accounts/1510", financialyear=year).json()["Account"]
    assert account["BalanceCarriedForward"] * 100 == pytest.approx(told["1510"])
    asked = {"tenant": "800001", "kind": "receivables", "at": "2024-12-31"}
    schedule = visitor.asked("truth", what="schedule", **asked)
    items = visitor.asked("truth", what="open-items", **asked)
    assert schedule["total_ore"] == sum(item["open_ore"] for item in items)
    differences = visitor.asked("truth", what="differences", **asked)
    assert schedule["total_ore"] - schedule["ledger_ore"] == sum(differences.values())


def test_every_invoice_of_a_generated_company_can_be_read(visitor: Visitor) -> None:
    spec = {"seed": 4, "vouchers_per_year": 60, "years": [["2024-01-01", "2024-12-31"]], "database_number": 800_002}
    visitor.control("companies", {"spec": spec})
    visitor.control("switches", {"rate_limit": False})
    visitor.control("consent", {"tenant": 800_002})
    visitor.connect()
    for path, name, key in (
        ("invoices", "Invoices", "DocumentNumber"),
        ("supplierinvoices", "SupplierInvoices", "GivenNumber"),
        ("invoicepayments", "InvoicePayments", "Number"),
        ("supplierinvoicepayments", "SupplierInvoicePayments", "Number"),
    ):
        items = visitor.get(path, limit=500).json()[name]
        assert items
        assert all(visitor.get(f"{path}/{item[key]}").status_code == 200 for item in items[:20])


def test_a_company_comes_from_a_sie_file(visitor: Visitor) -> None:
    content = write_sie(small_company(), 1, 4, generated=visitor.state.clock.today())
    made = visitor.http.post("/_control/companies", params={"tenant": 900_001}, content=content)
    assert made.json()["name"] == "Åkeri & Söner AB"
    visitor.control("consent", {"tenant": 900_001})
    visitor.connect()
    year = next(item for item in made.json()["years"] if item["from_date"] == "2025-01-01")["id"]
    found = visitor.get("vouchers", financialyear=year).json()["Vouchers"]
    assert [(item["VoucherSeries"], item["VoucherNumber"]) for item in found] == [("A", 1), ("A", 2), ("B", 1)]


def test_a_reset_forgets_everything(visitor: Visitor) -> None:
    visitor.control("reset", {})
    assert visitor.asked("companies") == []
    assert visitor.get("me").status_code == 401


def test_controls_live_on_no_path_of_fortnox(visitor: Visitor) -> None:
    assert visitor.get("_control/clock").status_code == 404
    assert visitor.http.get("/oauth-v1/clock").status_code == 404


def test_the_command_line_builds_the_companies_it_was_asked_for() -> None:
    options = parse(
        ["--companies", "2", "--seed", "5", "--vouchers-per-year", "60", "--client-id", "me", "--auto-approve"]
    )
    state = build_state(options)
    assert list(state.tenants) == [500_001, 500_002]
    assert list(state.grants.clients) == ["me"]
    assert state.auto_approve
