from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.sandbox.company import CostCenter
from tests.integration.sandbox.conftest import Visitor


def refused(answer: httpx.Response) -> tuple[int, int]:
    error: dict[str, Any] = answer.json()["ErrorInformation"]
    return answer.status_code, error.get("code") or error["Code"]


def numbers(answer: httpx.Response) -> list[str]:
    return [item["DocumentNumber"] for item in answer.json()["Invoices"]]


def meta(answer: httpx.Response) -> tuple[int, int, int]:
    found = answer.json()["MetaInformation"]
    return found["@TotalResources"], found["@TotalPages"], found["@CurrentPage"]


def test_pages_follow_each_other_without_gap_or_overlap(visitor: Visitor) -> None:
    pages = [visitor.get("invoices", limit=2, page=page) for page in (1, 2, 3)]
    assert [numbers(page) for page in pages] == [["101", "102"], ["103", "104"], ["105"]]
    assert [meta(page) for page in pages] == [(5, 3, 1), (5, 3, 2), (5, 3, 3)]


def test_a_page_beyond_the_end_is_empty(visitor: Visitor) -> None:
    answer = visitor.get("invoices", page=9)
    assert (numbers(answer), meta(answer)) == ([], (5, 1, 9))


def test_an_offset_beyond_the_end_counts_nothing(visitor: Visitor) -> None:
    assert meta(visitor.get("projects", offset=9)) == (0, 0, 1)


def test_an_empty_list_has_no_pages_and_is_on_page_one(visitor: Visitor) -> None:
    answer = visitor.get("financialyears", date="2030-01-01")
    assert answer.status_code == 200
    assert answer.json() == {
        "MetaInformation": {"@TotalResources": 0, "@TotalPages": 0, "@CurrentPage": 1},
        "FinancialYears": [],
    }


def test_a_list_shows_a_hundred_unless_asked_and_five_hundred_at_most(visitor: Visitor) -> None:
    centers = visitor.state.tenants[700_001].company.cost_centers
    centers.update({str(code): CostCenter(str(code), "x") for code in range(1000, 1600)})
    assert len(visitor.get("costcenters").json()["CostCenters"]) == 100
    assert len(visitor.get("costcenters", limit=500).json()["CostCenters"]) == 500
    visitor.control("switches", {"dimensions_ignore_page": True})
    assert len(visitor.get("costcenters", page=2).json()["CostCenters"]) == 602


@pytest.mark.parametrize(
    "query",
    [
        "limit=501",
        "limit=0",
        "limit=x",
        "page=0",
        "Page=1",
        "Date=2025-01-01",
        "nonsense=1",
        "sortby=name",
        "sortorder=up",
    ],
)
def test_a_bad_parameter_is_refused(visitor: Visitor, query: str) -> None:
    answer = visitor.http.get(f"/3/financialyears?{query}", headers=visitor.bearer)
    assert refused(answer) == (400, 2000588)


def test_a_date_range_is_for_invoices_and_vouchers_only(visitor: Visitor) -> None:
    assert refused(visitor.get("customers", fromdate="2025-01-01")) == (400, 2000588)
    assert numbers(visitor.get("invoices", fromdate="2025-04-01", todate="2025-05-01")) == ["102", "103"]


def test_a_trailing_slash_is_accepted(visitor: Visitor) -> None:
    assert numbers(visitor.get("invoices/")) == numbers(visitor.get("invoices"))


def test_sorting_goes_both_ways(visitor: Visitor) -> None:
    assert numbers(visitor.get("invoices", sortby="total"))[0] == "104"
    assert numbers(visitor.get("invoices", sortby="total", sortorder="descending"))[0] == "101"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unpaid", ["101", "104"]),
        ("unpaidoverdue", ["101", "104"]),
        ("fullypaid", ["102"]),
        ("unbooked", ["103"]),
        ("cancelled", ["105"]),
    ],
)
def test_invoice_filters(visitor: Visitor, name: str, expected: list[str]) -> None:
    assert numbers(visitor.get("invoices", filter=name)) == expected


def test_an_unknown_filter_is_refused_everywhere(visitor: Visitor) -> None:
    for path in ("supplierinvoices", "customers", "vouchers", "accounts", "invoicepayments"):
        assert refused(visitor.get(path, filter="nonsense")) == (400, 2000587)


def test_search_finds_substrings_in_any_case(visitor: Visitor) -> None:
    assert numbers(visitor.get("invoices", customername="TVÅ")) == ["102", "103"]
    assert numbers(visitor.get("invoices", customername="två", fromdate="2025-05-01")) == ["103"]
    assert numbers(visitor.get("invoices", accountnumberfrom=3000, accountnumberto=3999)) == ["101"]


def test_final_pay_dates_can_be_asked_for(visitor: Visitor) -> None:
    assert numbers(visitor.get("invoices", fromfinalpaydate="2025-04-20", tofinalpaydate="2025-04-20")) == ["102"]


def test_lastmodified_is_read_as_swedish_time_and_includes_the_minute(visitor: Visitor) -> None:
    # Modified at 12:00 UTC, which is 14:00 in Swedish summer.
    assert numbers(visitor.get("invoices", lastmodified="2025-06-01 14:00")) == ["103"]
    assert numbers(visitor.get("invoices", lastmodified="2025-06-01 14:01")) == []


def test_a_deleted_record_never_shows_in_lastmodified(visitor: Visitor) -> None:
    since = "2025-06-01 00:00"
    before = visitor.get("vouchers", lastmodified=since).json()["Vouchers"]
    assert [item["VoucherNumber"] for item in before] == [2]
    edit = {"do": "delete-voucher", "year": 1, "series": "A", "number": 2}
    visitor.control("companies/700001/edits", edit)
    assert visitor.get("vouchers", lastmodified=since).json()["Vouchers"] == []
    assert refused(visitor.get("vouchers/A/2")) == (404, 2999005)


def test_an_account_that_was_added_shows_in_lastmodified(visitor: Visitor) -> None:
    visitor.control("clock", {"set": "2025-09-01T10:00:00+00:00"})
    visitor.connect()
    account = {"number": 4099, "description": "Ny"}
    visitor.control("companies/700001/edits", {"do": "add-account", "year": 1, "account": account})
    found = visitor.get("accounts", lastmodified="2025-09-01 00:00").json()["Accounts"]
    assert [item["Number"] for item in found] == [4099]


def test_the_preselected_year_answers_when_none_is_named(visitor: Visitor) -> None:
    def years(**params: object) -> set[int]:
        return {item["Year"] for item in visitor.get("vouchers", **params).json()["Vouchers"]}

    assert years() == {1}
    assert years(financialyear=2) == {2}
    assert years(financialyeardate="2024-02-01") == {2}
    assert refused(visitor.get("vouchers", financialyear=9)) == (400, 2999002)
    assert refused(visitor.get("vouchers", financialyear="x")) == (400, 2000108)


def test_accounts_and_series_belong_to_a_year(visitor: Visitor) -> None:
    assert visitor.get("accounts/6000", financialyear=2).status_code == 200
    assert refused(visitor.get("accounts/6000")) == (404, 2000423)
    assert visitor.get("voucherseries/A", financialyear=2).json()["VoucherSeries"]["NextVoucherNumber"] == 2


def test_the_year_of_a_date_includes_its_first_day(visitor: Visitor) -> None:
    found = visitor.get("financialyears", date="2023-07-01").json()["FinancialYears"]
    assert [(year["Id"], year["FromDate"], year["ToDate"]) for year in found] == [(2, "2023-07-01", "2024-12-31")]


def test_voucher_lists_have_no_rows_and_can_be_narrowed(visitor: Visitor) -> None:
    items = visitor.get("vouchers").json()["Vouchers"]
    assert [(item["VoucherSeries"], item["VoucherNumber"]) for item in items] == [("A", 1), ("A", 2), ("B", 1)]
    assert not any("VoucherRows" in item for item in items)
    assert len(visitor.get("vouchers/sublist/B").json()["Vouchers"]) == 1
    assert len(visitor.get("vouchers", voucherseries="B").json()["Vouchers"]) == 1
    assert len(visitor.get("vouchers", costcenter="1").json()["Vouchers"]) == 1
    assert len(visitor.get("vouchers", fromdate="2025-02-05", todate="2025-02-05").json()["Vouchers"]) == 1
