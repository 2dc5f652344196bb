from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.integration.sandbox.conftest import Visitor

Json = dict[str, Any]


def voucher(**changes: Any) -> Json:
    rows = [{"Account": 1930, "Debit": 12.5, "Credit": 0}, {"Account": 3001, "Debit": 0, "Credit": 12.5}]
    sent = {"Description": "Dagskassa", "TransactionDate": "2025-03-01", "VoucherSeries": "A", "VoucherRows": rows}
    return {"Voucher": {**sent, **changes}}


def rows(first: Json, **second: Any) -> Json:
    return voucher(VoucherRows=[first, {"Account": 3001, "Credit": 12.5, **second}])


def test_a_voucher_gets_the_next_number_and_comes_back_whole(visitor: Visitor) -> None:
    answer = visitor.post("vouchers", voucher(Comments="ref 7c1f/3"), financialyear=1)
    assert (answer.status_code, answer.headers["location"]) == (201, "vouchers")
    booked = answer.json()["Voucher"]
    assert (booked["VoucherSeries"], booked["VoucherNumber"], booked["Year"]) == ("A", 3, 1)
    assert (booked["Comments"], booked["ReferenceType"]) == ("ref 7c1f/3", "MANUAL")
    assert [row["Debit"] for row in booked["VoucherRows"]] == [12.5, 0]
    assert [row["Description"] for row in booked["VoucherRows"]] == ["Företagskonto", "Försäljning"]
    assert visitor.get("vouchers/A/3").json()["Voucher"] == booked
    assert visitor.get("voucherseries/A").json()["VoucherSeries"]["NextVoucherNumber"] == 4


def test_the_year_of_the_parameter_decides_else_the_preselected_one(visitor: Visitor) -> None:
    body = voucher(TransactionDate="2024-05-05")
    assert visitor.post("vouchers", body, financialyear=2).json()["Voucher"]["Year"] == 2
    refused = visitor.post("vouchers", body)
    assert (refused.status_code, refused.json()["ErrorInformation"]["code"]) == (400, 2999006)
    assert visitor.post("vouchers", body, financialyeardate="2024-05-05").status_code == 201


def test_amounts_may_be_text_and_empty(visitor: Visitor) -> None:
    body = rows({"Account": "1930", "Debit": "12.50", "Credit": ""}, Debit=None)
    assert visitor.post("vouchers", body).status_code == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 2001392),
        ({"Voucher": []}, 2001392),
        (voucher(VoucherRows={}), 2001392),
        (voucher(VoucherRows=["x"]), 2001392),
        (voucher(Nonsense=1), 2001399),
        (rows({"Account": 1930, "Debit": 12.5, "Amount": 1}), 2001399),
        (voucher(Description=""), 2001795),
        (voucher(VoucherSeries=None), 2001795),
        (rows({"Debit": 12.5}), 2001795),
        (voucher(VoucherRows=[]), 2999007),
        (voucher(Description="x" * 201), 2000107),
        (voucher(Comments="x" * 1001), 2000107),
        (rows({"Account": 1930, "Debit": 12.5, "TransactionInformation": "x" * 101}), 2000107),
        (voucher(Description='Citat "x"'), 2000359),
        (voucher(Comments="a < b"), 2000359),
        (voucher(Comments="punkt · punkt"), 2000359),
        (rows({"Account": 1930, "Debit": 12.5, "TransactionInformation": "tab\t"}), 2000359),
        (voucher(Description=["x"]), 2000106),
        (voucher(TransactionDate="2025-02-30"), 2999009),
        (voucher(TransactionDate="2026-01-01"), 2999006),
        (voucher(VoucherSeries="Q"), 2999004),
        (voucher(VoucherSeries="B"), 2999003),
        (rows({"Account": 1931, "Debit": 12.5}), 2000423),
        (rows({"Account": 6000, "Debit": 12.5}), 2000423),
        (rows({"Account": 8999, "Debit": 12.5}), 2000550),
        (rows({"Account": "x", "Debit": 12.5}), 2000108),
        (rows({"Account": 1930, "Debit": "tolv"}), 2000108),
        (rows({"Account": 1930, "Debit": True}), 2000108),
        (rows({"Account": 1930, "Debit": 12.51}), 2999001),
        (rows({"Account": 1930, "Debit": 12.505}), 2999008),
        (rows({"Account": 1930, "Debit": -12.5}), 2999008),
        (rows({"Account": 1930, "Debit": 12.5, "Credit": 1}), 2999008),
        (rows({"Account": 1930, "Debit": 12.5, "CostCenter": "9"}), 2999010),
        (rows({"Account": 1930, "Debit": 12.5, "Project": "9"}), 2001161),
        (rows({"Account": 5410, "Debit": 12.5}), 2999011),
        (rows({"Account": 4010, "Debit": 12.5, "Project": "P1"}), 2999012),
    ],
)
def test_a_voucher_that_breaks_a_rule_is_refused_and_not_booked(visitor: Visitor, body: Json, code: int) -> None:
    answer = visitor.post("vouchers", body, financialyear=1)
    assert (answer.status_code, answer.json()["ErrorInformation"]["code"]) == (400, code), answer.text
    assert len(visitor.state.tenants[700_001].company.vouchers) == 4


def test_allowed_punctuation_and_letters_pass(visitor: Visitor) -> None:
    body = voucher(Description="Årets avsättning – 25 % (m.m.), Łódź & Co\nrad två\u00a0§ 3: €/£ ½ ²")
    assert visitor.post("vouchers", body).status_code == 201


def test_a_dimension_where_one_is_demanded_passes(visitor: Visitor) -> None:
    body = rows({"Account": 5410, "Debit": 12.5, "CostCenter": "1", "Project": "P1"})
    booked = visitor.post("vouchers", body).json()["Voucher"]["VoucherRows"][0]
    assert (booked["CostCenter"], booked["Project"]) == ("1", "P1")


def test_a_locked_period_refuses_its_last_day_and_takes_the_next(visitor: Visitor) -> None:
    visitor.state.tenants[700_001].company.locked_until = date(2025, 3, 1)
    refused = visitor.post("vouchers", voucher())
    assert refused.json()["ErrorInformation"] == {
        "error": 1,
        "message": "Åkeri & Söner AB har låst perioden t.o.m. 2025-03-01.",
        "code": 2000401,
    }
    assert visitor.post("vouchers", voucher(TransactionDate="2025-03-02")).status_code == 201


def test_broken_json_and_foreign_content_types_are_refused(visitor: Visitor) -> None:
    def send(content_type: str) -> int:
        headers = {**visitor.bearer, "Content-Type": content_type}
        answer = visitor.http.post("/3/vouchers", content=b"{broken", headers=headers)
        code: int = answer.json()["ErrorInformation"]["code"]
        return code

    assert send("application/json") == 2002115
    assert send("text/plain") == 1000031


def test_vouchers_can_be_neither_changed_nor_deleted(visitor: Visitor) -> None:
    for method in ("PUT", "DELETE"):
        answer = visitor.http.request(method, "/3/vouchers/A/1", headers=visitor.bearer)
        assert answer.status_code == 405
    assert len(visitor.state.tenants[700_001].company.vouchers) == 4
