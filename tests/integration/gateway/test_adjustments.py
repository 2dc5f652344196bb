"""Adjustments are taken in all or none, and may be changed until they leave."""

from __future__ import annotations

from typing import Any

import pytest

from shared.store.tables import Adjustment, AdjustmentRow
from tests.integration.gateway.house import House, problem_of
from tests.integration.gateway.test_runs import ADJUSTMENTS, add_adjustments


def send(house: House, *adjustments: dict[str, Any]) -> Any:
    return house.http.post(house.engagement_path("/adjustments"), json=list(adjustments))


def test_adjustments_are_stored_and_shown_in_kronor(house: House) -> None:
    stored = add_adjustments(house)
    assert [(found["kind"], found["number"], found["status"]) for found in stored] == [
        ("V", 1, "not_transferred"),
        ("S", 1, "not_transferred"),
    ]
    assert stored[0]["rows"][1] == {
        "account": "1229",
        "debit": "0.00",
        "credit": "12500.00",
        "cost_center": None,
        "project": None,
        "text": None,
    }
    listed = house.http.get(house.engagement_path("/adjustments")).json()["items"]
    assert sorted(found["id"] for found in listed) == sorted(found["id"] for found in stored)


def test_the_same_adjustments_again_change_nothing(house: House) -> None:
    stored = add_adjustments(house)
    before = house.counts()
    assert add_adjustments(house) == stored
    assert house.counts() == before


def test_an_adjustment_is_changed_until_it_leaves(house: House) -> None:
    first, second = add_adjustments(house)
    changed = ADJUSTMENTS[0] | {
        "rows": [
            {"account": "7832", "debit": "2.00"},
            {"account": "1229", "credit": "1.00"},
            {"account": "1219", "credit": "1.00"},
        ]
    }
    assert send(house, changed).json()[0]["id"] == first["id"]
    assert sorted(row.account for row in house.rows(AdjustmentRow) if str(row.adjustment_id) == first["id"]) == [
        "1219",
        "1229",
        "7832",
    ]
    house.http.post(house.engagement_path("/exports"), json={"series": {"V": "A"}})
    house.scene.change(Adjustment, _row(house, second["id"]).id, status="transferred")
    before = house.counts()
    answer = send(house, ADJUSTMENTS[0], ADJUSTMENTS[1] | {"text": "Ny text"})
    errors = problem_of(answer, 422, "adjustments-refused")["errors"]
    assert [(error["location"], error["code"]) for error in errors] == [
        (["body", 0], "adjustment-in-export"),
        (["body", 1], "adjustment-not-changeable"),
    ]
    assert house.counts() == before


def test_a_refused_adjustment_waits_again_once_it_is_changed(house: House) -> None:
    first = add_adjustments(house)[0]
    house.scene.change(Adjustment, _row(house, first["id"]).id, status="refused")
    assert add_adjustments(house)[0]["status"] == "refused"
    assert send(house, ADJUSTMENTS[0] | {"text": "Rättad"}).json()[0]["status"] == "not_transferred"


@pytest.mark.parametrize(
    ("changes", "code", "location"),
    [
        ({"date": "2026-01-01"}, "date-outside-year", ["body", 1]),
        ({"date": "2023-12-31"}, "date-outside-year", ["body", 1]),
        ({"text": " "}, "text-missing", ["body", 1]),
        ({"rows": []}, "rows-missing", ["body", 1]),
        (
            {"rows": [{"account": "7832", "debit": "1.00"}, {"account": "1229", "credit": "1.01"}]},
            "unbalanced",
            ["body", 1],
        ),
        (
            {"rows": [{"account": "7832", "debit": "1.00"}, {"account": "122", "credit": "1.00"}]},
            "account-invalid",
            ["body", 1, "rows", 1],
        ),
        ({"number": 1, "kind": "V"}, "adjustment-repeated", ["body", 1]),
    ],
)
def test_one_bad_adjustment_keeps_all_out_and_is_named(
    lasting_house: House, changes: dict[str, Any], code: str, location: list[str | int]
) -> None:
    before = lasting_house.counts()
    answer = send(lasting_house, ADJUSTMENTS[0], ADJUSTMENTS[1] | changes)
    [error] = problem_of(answer, 422, "adjustments-refused")["errors"]
    assert (error["code"], error["location"]) == (code, location)
    assert error["detail"]
    assert lasting_house.counts() == before


def _row(house: House, key: str) -> Adjustment:
    found: Adjustment = next(row for row in house.rows(Adjustment) if str(row.id) == key)
    return found
