"""Financial years, accounts, charts and voucher series: all but the years exist once per year."""

from __future__ import annotations

from services.sandbox.call import Call, endpoint
from services.sandbox.company import Account, Series
from services.sandbox.errors import FortnoxError, bad_filter, placeholder
from services.sandbox.lists import listing, ordered
from services.sandbox.records.ledger import account_item, account_single, financial_year, series_item, series_single
from services.sandbox.wire import Answer, json_answer


def years(call: Call) -> Answer:
    """With `date`, the year that contains it or an empty list: the official test for "is there a year"."""
    day = call.day("date")
    found = [year for year in call.company.years.values() if day is None or year.from_date <= day <= year.to_date]
    keys = {"id": lambda year: year.id, "fromdate": lambda year: year.from_date}
    found = ordered(call, found, keys, keys["id"])
    return listing(call, "FinancialYears", found, lambda year: financial_year(year, single=False))


def year(call: Call) -> Answer:
    number = call.args["id"]
    found = call.company.years.get(int(number)) if number.isdecimal() else None
    if found is None:
        raise placeholder("no_year", status=404)
    return json_answer({"FinancialYear": financial_year(found, single=True)})


def accounts(call: Call) -> Answer:
    year_id, since, sru = call.year_id(), call.since(), call.number("sru")
    if "filter" in call.query:
        raise bad_filter()
    found = [
        account
        for (owner, number), account in call.company.accounts.items()
        if owner == year_id
        and (since is None or call.tenant.modified("account", (owner, number)) >= since)
        and (sru is None or account.sru == sru)
    ]
    by_number = {"number": _number}
    return listing(
        call, "Accounts", ordered(call, found, by_number, _number), lambda account: account_item(year_id, account)
    )


def account(call: Call) -> Answer:
    year_id, number = call.year_id(), call.args["number"]
    found = call.company.accounts.get((year_id, int(number))) if number.isdecimal() else None
    if found is None:
        raise FortnoxError(2000423, "Kan inte hitta kontot.", status=404)
    return json_answer({"Account": account_single(call.company, year_id, found)})


def account_charts(call: Call) -> Answer:
    return listing(call, "AccountCharts", ["BAS 2025"], lambda name: {"Name": name})


def series_list(call: Call) -> Answer:
    year_id = call.year_id()
    found = [series for (owner, _), series in call.company.series.items() if owner == year_id]
    found = ordered(call, found, {"code": _code}, _code)
    return listing(call, "VoucherSeriesCollection", found, lambda series: series_item(year_id, series))


def series(call: Call) -> Answer:
    year_id = call.year_id()
    found = call.company.series.get((year_id, call.args["code"]))
    if found is None:
        raise placeholder("series_unknown", status=404)
    return json_answer({"VoucherSeries": series_single(call.company, year_id, found)})


def _number(account: Account) -> int:
    return account.number


def _code(series: Series) -> str:
    return series.code


ENDPOINTS = [
    endpoint("GET", "financialyears", "bookkeeping", years, "date", listing=True),
    endpoint("GET", "financialyears/{id}", "bookkeeping", year),
    endpoint("GET", "accounts", "bookkeeping", accounts, "sru", listing=True),
    endpoint("GET", "accounts/{number}", "bookkeeping", account),
    endpoint("GET", "accountcharts", "bookkeeping", account_charts, listing=True),
    endpoint("GET", "voucherseries", "bookkeeping", series_list, listing=True),
    endpoint("GET", "voucherseries/{code}", "bookkeeping", series),
]
