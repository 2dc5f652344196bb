from __future__ import annotations

import httpx
import pytest

from services.sandbox.rate import RateLimit
from tests.integration.sandbox.books import small_company
from tests.integration.sandbox.conftest import Visitor


def burst(visitor: Visitor, calls: int) -> list[httpx.Response]:
    return [visitor.get("companyinformation") for _ in range(calls)]


def test_of_thirty_fast_calls_twenty_five_pass(visitor: Visitor) -> None:
    answers = burst(visitor, 30)
    assert [answer.status_code for answer in answers] == [200] * 25 + [429] * 5
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 5
    assert visitor.asked("rate")["700001"] == {"calls": 30, "refused": 5, "peak_5s": 30}


def test_the_limit_is_per_tenant_and_new_tokens_give_no_new_quota(visitor: Visitor) -> None:
    burst(visitor, 25)
    visitor.connect()
    assert visitor.get("companyinformation").status_code == 429
    visitor.state.add_company(small_company(700_002))
    visitor.control("consent", {"tenant": 700_002})
    visitor.connect()
    assert visitor.get("companyinformation").status_code == 200


def test_moving_the_clock_gives_no_quota(visitor: Visitor) -> None:
    burst(visitor, 25)
    visitor.control("clock", {"advance_s": 60})
    assert visitor.get("companyinformation").status_code == 429


def test_the_window_slides() -> None:
    now = 100.0
    limit = RateLimit(lambda: now)
    for _ in range(24):
        assert not limit.admit("c", 1)
    now = 102.0
    assert not limit.admit("c", 1)
    assert limit.admit("c", 1) == pytest.approx(3.0)
    now = 105.0
    assert [bool(limit.admit("c", 1)) for _ in range(25)] == [False] * 24 + [True]


def test_the_peak_is_that_of_any_window() -> None:
    instants = iter((0.0, 4.0, 4.5, 8.9, 9.0))
    limit = RateLimit(lambda: next(instants))
    for _ in range(5):
        limit.arrived(1)
    assert limit.arrivals[1].peak == 3


@pytest.mark.parametrize(("style", "start"), [("empty", ""), ("json", "{"), ("html", "<")])
def test_the_body_of_a_429_is_a_switch(visitor: Visitor, style: str, start: str) -> None:
    visitor.control("switches", {"body_429": style, "retry_after": False})
    answer = burst(visitor, 26)[-1]
    assert answer.status_code == 429
    assert answer.text[:1] == start
    assert "retry-after" not in answer.headers


def test_no_token_and_nonsense_tokens_meet_the_gateway(visitor: Visitor) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Access-Token": "old", "Client-Secret": "old"}):
        answer = visitor.http.get("/3/companyinformation", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "unauthorized"})


def test_a_missing_scope_is_refused_with_capital_keys(visitor: Visitor) -> None:
    visitor.connect(scope="companyinformation")
    assert visitor.get("companyinformation").status_code == 200
    for path in ("vouchers", "me", "settings/lockedperiod", "invoices", "suppliers", "inbox"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.json()["ErrorInformation"]["Code"]) == (403, 2000663)


def test_a_missing_licence_is_403_or_400(visitor: Visitor) -> None:
    visitor.control("consent", {"tenant": 700_001, "unlicensed": ["invoice"]})
    answer = visitor.get("invoices")
    assert (answer.status_code, answer.json()["ErrorInformation"]["Code"]) == (403, 2001101)
    visitor.control("switches", {"licence_error_status": 400})
    answer = visitor.get("invoices")
    assert (answer.status_code, answer.json()["ErrorInformation"]["code"]) == (400, 2001101)


def test_another_accept_than_json_is_refused(visitor: Visitor) -> None:
    answer = visitor.http.get("/3/sie/4", headers={**visitor.bearer, "Accept": "application/pdf"})
    assert (answer.status_code, answer.json()["ErrorInformation"]["code"]) == (400, 1000030)


def test_an_unknown_resource_is_not_found(visitor: Visitor) -> None:
    answer = visitor.get("nonsense")
    assert (answer.status_code, answer.json()["ErrorInformation"]["Code"]) == (404, 2999018)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("customers/9", 2000433),
        ("projects/9", 2001161),
        ("invoices/x", 2000434),
        ("accounts/9999", 2000423),
        ("predefinedaccounts/NIX", 2001403),
        ("financialyears/9", 2999002),
        ("voucherseries/Q", 2999004),
        ("vouchers/A/99", 2999005),
        ("costcenters/9", 2999010),
        ("suppliers/9", 2999013),
        ("supplierinvoices/9", 2999014),
        ("invoicepayments/9", 2999015),
        ("predefinedvoucherseries/NIX", 2999016),
        ("sie/5", 2999018),
    ],
)
def test_what_is_not_there_is_404_with_capital_keys(visitor: Visitor, path: str, code: int) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, answer.json()["ErrorInformation"]["Code"]) == (404, code)
