"""A small company made by hand: every special case of the wire once."""

from __future__ import annotations

from datetime import UTC, date, datetime

from services.sandbox.company import (
    Account,
    Company,
    CostCenter,
    FinancialYear,
    Invoice,
    Party,
    Payment,
    Project,
    Series,
    SupplierInvoice,
    Voucher,
    VoucherRow,
    WriteOff,
)

EARLY = datetime(2025, 1, 10, 8, 0, tzinfo=UTC)
LATE = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


def small_company(database_number: int = 700_001) -> Company:
    """Year 1 is 2025 (preselected), year 2 is 2024: ids are not chronological."""
    company = Company(database_number, "Åkeri & Söner AB", "556677-8899")
    company.years = {
        1: FinancialYear(1, date(2025, 1, 1), date(2025, 12, 31)),
        2: FinancialYear(2, date(2023, 7, 1), date(2024, 12, 31)),
    }
    names = {1510: "Kundfordringar", 1930: "Företagskonto", 2440: "Leverantörsskulder", 3001: "Försäljning"}
    for year in company.years:
        for number, name in names.items():
            company.accounts[year, number] = Account(number, name, sru=7251, opening_ore=0)
        company.accounts[year, 4010] = Account(4010, "Inköp", vat_code="", project_settings="NOTALLOWED")
        company.accounts[year, 5410] = Account(5410, "Förbrukning", cost_center_settings="MANDATORY")
        company.accounts[year, 8999] = Account(8999, "Årets resultat", active=False)
        company.series[year, "A"] = Series("A", "Redovisning", manual=True)
        company.series[year, "B"] = Series("B", "Kundfakturor")
    company.accounts[1, 1930].opening_ore = 123_456
    company.accounts[2, 6000] = Account(6000, "Bara i år 2")
    company.predefined_accounts = {"CUSTCLAIM": 1510, "SUPDEBT": 2440}
    company.predefined_series = {"INVOICE": "B"}
    company.cost_centers = {"1": CostCenter("1", "Syd"), "2": CostCenter("2", "Nord")}
    company.projects = {"P1": Project("P1", "Bygge")}
    _book(company)
    _fill_registers(company)
    return company


def _book(company: Company) -> None:
    _add(company, Voucher(1, "A", 1, date(2025, 1, 5), "Kassa/bank", _rows(37078), date(2025, 1, 5), EARLY))
    struck = _rows(500)
    for row in struck:
        row.removed, row.removed_by = True, "Sandra"
    _add(
        company,
        Voucher(
            1, "A", 2, date(2025, 2, 5), "Rättad", [*struck, *_rows(700)], date(2025, 2, 5), LATE, comments="ref 7"
        ),
    )
    sale = [VoucherRow(1510, debit_ore=100_000), VoucherRow(3001, credit_ore=100_000, cost_center="1")]
    _add(
        company,
        Voucher(1, "B", 1, date(2025, 3, 1), "Kundfaktura", sale, date(2025, 3, 1), EARLY, None, "INVOICE", "101"),
    )
    _add(company, Voucher(2, "A", 1, date(2024, 5, 5), "Förra året", _rows(1000), date(2024, 5, 5), EARLY))


def _fill_registers(company: Company) -> None:
    company.customers = {"1": Party("1", "Kund Ett AB", "556000-0001", "Malmö"), "2": Party("2", "Kund Två AB")}
    company.suppliers = {"1": Party("1", "Lev AB", "556000-0002", "Lund")}
    due = date(2025, 3, 31)
    company.invoices = {
        101: Invoice(
            101, "1", date(2025, 3, 1), due, 100_000, EARLY, voucher=(1, "B", 1), balance_minor=40_050, ocr="1018"
        ),
        102: Invoice(102, "2", date(2025, 4, 1), date(2025, 5, 1), 20_000, EARLY, final_pay_date=date(2025, 4, 20)),
        103: Invoice(103, "2", date(2025, 5, 1), None, 30_000, LATE, booked=False, balance_minor=30_000),
        104: Invoice(
            104,
            "1",
            date(2025, 5, 2),
            due,
            -5_000,
            EARLY,
            currency="EUR",
            rate="11.25",
            balance_minor=-5_000,
            credit_of=101,
        ),
        105: Invoice(105, "1", date(2025, 5, 3), due, 5_000, EARLY, cancelled=True),
    }
    company.supplier_invoices = {
        1: SupplierInvoice(
            1, "1", "F-99", date(2025, 2, 1), due, 75_025, EARLY, voucher=(1, "A", 1), balance_minor=75_025
        ),
        2: SupplierInvoice(2, "1", "F-100", date(2025, 2, 2), due, -1_000, LATE, booked=False, credit_of=1),
    }
    company.invoice_payments = {
        1: Payment(1, 101, date(2025, 3, 20), 59_950, 59_950, EARLY, write_offs=[WriteOff(3740, 50, "Öresutjämning")]),
        2: Payment(2, 102, date(2025, 4, 20), 20_000, 20_000, LATE, booked=False),
    }
    company.supplier_payments = {1: Payment(1, 1, date(2025, 3, 1), 1_000, 1_000, EARLY, booked=False)}


def _rows(ore: int) -> list[VoucherRow]:
    return [VoucherRow(4010, debit_ore=ore, text="Inköp åäö"), VoucherRow(1930, credit_ore=ore)]


def _add(company: Company, voucher: Voucher) -> None:
    company.vouchers[voucher.key] = voucher
