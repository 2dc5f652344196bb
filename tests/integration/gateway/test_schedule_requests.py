"""Asking for schedules, and choosing their accounts: whatever is wrong is named, and nothing is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.store.engagements import Engagement
from tests.integration.gateway.closing import Closing
from tests.integration.gateway.house import House, add_finished_import, problem_of

EUR = {"EUR": {"rate": "10.90", "unit": 1}}


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({"kind": "assets"}, ["body", "kind"]),
        ({"balance_date": "2025-02-29"}, ["body", "balance_date"]),
        ({"known_at": "2025-12-31T12:00:00"}, ["body", "known_at"]),
        ({"known_at": "0001-01-01T00:00:00+23:00"}, ["body", "known_at"]),
        ({"closing_rates": {"EUR": "10.90"}}, ["body", "closing_rates", "EUR"]),
        ({"closing_rates": {"EUR": {"rate": 10.9}}}, ["body", "closing_rates", "EUR", "rate"]),
        ({"closing_rates": {"EUR": {"rate": "10,90"}}}, ["body", "closing_rates", "EUR", "rate"]),
        ({"closing_rates": {"EUR": {"rate": "-1"}}}, ["body", "closing_rates", "EUR", "rate"]),
        ({"closing_rates": {"EUR": {"rate": "0.00"}}}, ["body", "closing_rates", "EUR", "rate"]),
        ({"closing_rates": {"EUR": {"rate": "1e3"}}}, ["body", "closing_rates", "EUR", "rate"]),
        ({"closing_rates": {"EUR": {}}}, ["body", "closing_rates", "EUR", "rate"]),
        ({"closing_rates": {"EUR": {"rate": "1", "unit": 0}}}, ["body", "closing_rates", "EUR", "unit"]),
        ({"closing_rates": {"EUR": {"rate": "1", "unit": "1"}}}, ["body", "closing_rates", "EUR", "unit"]),
        ({"closing_rates": {"eur": {"rate": "1"}}}, ["body", "closing_rates", "eur", "[key]"]),
        ({"closing_rates": {"SEK": {"rate": "1"}}}, ["body", "closing_rates", "SEK", "[key]"]),
        ({"known": "now"}, ["body", "known"]),
    ],
)
def test_a_request_that_is_wrong_is_refused_by_its_field(
    lasting_house: House, body: dict[str, Any], location: list[str]
) -> None:
    before = lasting_house.counts()
    answer = lasting_house.http.post(lasting_house.engagement_path("/schedules"), json=body)
    faults = problem_of(answer, 422, "invalid-request")["errors"]
    assert [fault["location"] for fault in faults] == [location]
    assert lasting_house.counts() == before


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({"receivables": ["1511"]}, ["body", "payables"]),
        ({"receivables": "1511", "payables": []}, ["body", "receivables"]),
        ({"receivables": ["3001"], "payables": []}, ["body", "receivables", 0]),
        ({"receivables": ["1511", "15110"], "payables": []}, ["body", "receivables", 1]),
        ({"receivables": [], "payables": [2441]}, ["body", "payables", 0]),
        ({"receivables": ["1511", "1511"], "payables": []}, ["body", "receivables"]),
        ({"receivables": ["1511"], "payables": ["1511"]}, ["body"]),
        ({"receivables": [str(1000 + number) for number in range(51)], "payables": []}, ["body", "receivables"]),
    ],
)
def test_accounts_that_no_schedule_can_have_are_refused_by_their_place(
    lasting_house: House, body: dict[str, Any], location: list[str]
) -> None:
    before = lasting_house.counts()
    path = f"/v1/clients/{lasting_house.scene.client_id}/schedule-accounts"
    faults = problem_of(lasting_house.http.put(path, json=body), 422, "invalid-request")["errors"]
    assert [fault["location"] for fault in faults] == [location]
    assert lasting_house.counts() == before


def test_a_data_source_without_a_sub_ledger_has_no_schedules(house: House) -> None:
    house.scene.change(Engagement, house.scene.engagement_id, data_source="sie")
    answer = house.http.post(house.engagement_path("/schedules"), json={})
    problem = problem_of(answer, 409, "data-source-not-fortnox")
    assert problem["detail"] == "data source sie has no sub-ledger"


def test_before_the_first_import_nothing_was_known(house: House) -> None:
    add_finished_import(house)
    long_ago = (house.scene.clock.now() - timedelta(days=1)).isoformat()
    answer = house.http.post(house.engagement_path("/schedules"), json={"known_at": long_ago})
    problem_of(answer, 409, "not-imported")


def test_a_time_at_which_no_sub_ledger_was_read_is_refused(closing: Closing) -> None:
    scene = closing.scene
    scene.clock.advance(timedelta(hours=1))
    closing.builder.do_import()
    then = scene.clock.now().isoformat()
    scene.clock.advance(timedelta(hours=1))
    closing.builder.after_import()
    path = closing.house.engagement_path("/schedules")
    problem_of(closing.house.http.post(path, json={"known_at": then}), 409, "subledger-not-read")


def test_rates_and_time_travel_with_the_event(closing: Closing) -> None:
    now = closing.scene.clock.now().isoformat()
    body = {"balance_date": str(closing.year_end), "known_at": now, "closing_rates": EUR}
    closing.scene.due_events()
    assert closing.house.http.post(closing.house.engagement_path("/schedules"), json=body).status_code == 202
    [event] = closing.scene.due_events()
    [run] = [each for each in closing.scene.imports() if each.engagement_id == closing.scene.engagement_id]
    assert event.data == {
        "balance_date": str(closing.year_end),
        "import_id": str(run.id),
        "closing_rates": EUR,
    }


def test_schedules_are_listed_by_balance_date(closing: Closing) -> None:
    closing.ask(balance_date=str(closing.year_end - timedelta(days=1)))
    path = closing.house.engagement_path("/schedules")
    listed = closing.get(f"{path}?balance_date={closing.year_end}")["items"]
    assert {each["balance_date"] for each in listed} == {str(closing.year_end)}
    assert len(listed) == 2
    problem_of(closing.house.http.get(f"{path}?balance_date=yesterday"), 422, "invalid-request")
