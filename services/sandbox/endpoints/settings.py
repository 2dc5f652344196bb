"""Company, user, predefined accounts and series, locked period."""

from __future__ import annotations

from services.sandbox.call import Call, endpoint
from services.sandbox.errors import FortnoxError, placeholder
from services.sandbox.lists import listing
from services.sandbox.records.ledger import company_information, company_settings
from services.sandbox.wire import API_URL, Answer, day, json_answer


def information(call: Call) -> Answer:
    return json_answer({"CompanyInformation": company_information(call.company)})


def settings(call: Call) -> Answer:
    return json_answer({"CompanySettings": company_settings(call.company)})


def me(_call: Call) -> Answer:
    return json_answer(
        {
            "MeInformation": {
                "Id": "1",
                "Name": "Sandra Sandlåda",
                "Email": "sandra@example.com",
                "Locale": "sv_SE",
                "SysAdmin": True,
            }
        }
    )


def locked_period(call: Call) -> Answer:
    return json_answer({"LockedPeriod": {"EndDate": day(call.company.locked_until)}})


def predefined_accounts(call: Call) -> Answer:
    items = sorted(call.company.predefined_accounts.items())
    return listing(call, "PreDefinedAccounts", items, _predefined_account)


def predefined_account(call: Call) -> Answer:
    account = call.company.predefined_accounts.get(call.args["name"])
    if account is None:
        raise FortnoxError(2001403, "Kan inte hitta det fördefinierade kontot.", status=404)
    return json_answer({"PreDefinedAccount": _predefined_account((call.args["name"], account))})


def predefined_series(call: Call) -> Answer:
    items = sorted(call.company.predefined_series.items())
    return listing(call, "PreDefinedVoucherSeriesCollection", items, _predefined_series)


def predefined_series_single(call: Call) -> Answer:
    code = call.company.predefined_series.get(call.args["name"])
    if code is None:
        raise placeholder("predefined_series_not_found", status=404)
    return json_answer({"PreDefinedVoucherSeries": _predefined_series((call.args["name"], code))})


def _predefined_account(item: tuple[str, int]) -> dict[str, object]:
    name, account = item
    return {"@url": f"{API_URL}/predefinedaccounts/{name}", "Name": name, "Account": account}


def _predefined_series(item: tuple[str, str]) -> dict[str, object]:
    name, code = item
    return {"@url": f"{API_URL}/predefinedvoucherseries/{name}", "Name": name, "VoucherSeries": code}


ENDPOINTS = [
    endpoint("GET", "companyinformation", "companyinformation", information),
    endpoint("GET", "settings/company", "settings", settings),
    endpoint("GET", "settings/lockedperiod", "settings", locked_period),
    endpoint("GET", "me", "profile", me),
    endpoint("GET", "predefinedaccounts", "settings", predefined_accounts, listing=True),
    endpoint("GET", "predefinedaccounts/{name}", "settings", predefined_account),
    endpoint("GET", "predefinedvoucherseries", "settings", predefined_series, listing=True),
    endpoint("GET", "predefinedvoucherseries/{name}", "settings", predefined_series_single),
]
