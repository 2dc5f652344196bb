"""Company, years, accounts, series, vouchers, dimensions as JSON."""

from __future__ import annotations

from typing import Any

from services.sandbox.company import (
    Account,
    Company,
    CostCenter,
    FinancialYear,
    Project,
    Series,
    Voucher,
    VoucherRow,
    YearId,
)
from services.sandbox.wire import API_URL, amount, day

Json = dict[str, Any]


def company_information(company: Company) -> Json:
    return {
        "Address": company.address,
        "City": company.city,
        "CountryCode": "SE",
        "DatabaseNumber": company.database_number,
        "CompanyName": company.name,
        "OrganizationNumber": company.organisation_number,
        "VisitAddress": "",
        "VisitCity": "",
        "VisitCountryCode": "",
        "VisitZipCode": "",
        "ZipCode": company.zip_code,
    }


def company_settings(company: Company) -> Json:
    first, _, last = company.contact.partition(" ")
    empty = "BG BIC BranchCode Email Fax IBAN PG Phone2 VisitAddress VisitCity"
    empty += " VisitCountry VisitCountryCode VisitName VisitZipCode WWW"
    return {
        **dict.fromkeys(empty.split(), ""),
        "Address": company.address,
        "City": company.city,
        "ContactFirstName": first,
        "ContactLastName": last,
        "Country": "Sverige",
        "CountryCode": "SE",
        "DatabaseNumber": str(company.database_number),
        "Domicile": company.city,
        "Name": company.name,
        "OrganizationNumber": company.organisation_number,
        "Phone1": company.phone,
        "TaxEnabled": True,
        "VATNumber": f"SE{company.organisation_number.replace('-', '')}01",
        "ZipCode": company.zip_code,
    }


def financial_year(year: FinancialYear, *, single: bool) -> Json:
    """Say `accountCharts` in the list and `AccountChartType` in the single."""
    chart = "AccountChartType" if single else "accountCharts"
    return {
        "@url": f"{API_URL}/financialyears/{year.id}",
        "Id": year.id,
        "FromDate": day(year.from_date),
        "ToDate": day(year.to_date),
        "AccountingMethod": year.accounting_method,
        chart: "från föregående år.",
    }


def account_item(year: YearId, account: Account) -> Json:
    return {
        "@url": f"{API_URL}/accounts/{account.number}?financialyear={year}",
        "Active": account.active,
        "BalanceBroughtForward": amount(account.opening_ore),
        "CostCenter": "",
        "CostCenterSettings": account.cost_center_settings,
        "Description": account.description,
        "Number": account.number,
        "Project": "",
        "ProjectSettings": account.project_settings,
        "SRU": account.sru,
        "VATCode": account.vat_code,
        "Year": year,
    }


def account_single(company: Company, year: YearId, account: Account) -> Json:
    return {
        **account_item(year, account),
        "BalanceCarriedForward": amount(company.closing_ore(year, account.number)),
        "OpeningQuantities": [],
        "QuantitySettings": "ALLOWED",
        "QuantityUnit": "",
        "TransactionInformation": "",
        "TransactionInformationSettings": "ALLOWED",
    }


def series_item(year: YearId, series: Series) -> Json:
    return {
        "@url": f"{API_URL}/voucherseries/{series.code}?financialyear={year}",
        "Approver": {"Id": None, "Name": None},
        "Code": series.code,
        "Description": series.description,
        "Manual": series.manual,
        "Year": year,
    }


def series_single(company: Company, year: YearId, series: Series) -> Json:
    return {**series_item(year, series), "NextVoucherNumber": company.next_voucher_number(year, series.code)}


def voucher_item(voucher: Voucher) -> Json:
    """Show a list item: never any rows."""
    return {
        "@url": f"{API_URL}/vouchers/{voucher.series}/{voucher.number}?financialyear={voucher.year}",
        "Comments": voucher.comments,
        "Description": voucher.description,
        "ReferenceNumber": voucher.reference_number,
        "ReferenceType": voucher.reference_type,
        "TransactionDate": day(voucher.date),
        "VoucherNumber": voucher.number,
        "VoucherSeries": voucher.series,
        "Year": voucher.year,
        "ApprovalState": 0,
    }


def voucher_single(company: Company, voucher: Voucher) -> Json:
    """Show all rows, the struck ones marked `Removed`: history, not bookings."""
    return {
        **voucher_item(voucher),
        "CostCenter": "",
        "Project": "",
        "VoucherRows": [_voucher_row(company, voucher.year, row) for row in voucher.rows],
    }


def _voucher_row(company: Company, year: YearId, row: VoucherRow) -> Json:
    account = company.accounts.get((year, row.account))
    return {
        "Account": row.account,
        "CostCenter": row.cost_center,
        "Credit": amount(row.credit_ore),
        "Description": account.description if account else "",
        "Debit": amount(row.debit_ore),
        "Project": row.project,
        "Removed": row.removed,
        "TransactionInformation": row.text,
        "Quantity": 0,
    }


def cost_center(center: CostCenter) -> Json:
    return {
        "@url": f"{API_URL}/costcenters/{center.code}",
        "Code": center.code,
        "Description": center.description,
        "Note": "",
        "Active": center.active,
    }


def project_item(project: Project) -> Json:
    return {
        "@url": f"{API_URL}/projects/{project.number}",
        "Description": project.description,
        "EndDate": None,
        "ProjectLeader": None,
        "ProjectNumber": project.number,
        "Status": project.status,
        "StartDate": None,
    }


def project_single(project: Project) -> Json:
    return {**project_item(project), "Comments": None, "ContactPerson": None}
