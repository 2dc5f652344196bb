"""All connections of a firm, the forecast of what ends soon, and the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from uuid6 import uuid7

from shared.store.tables import Client, Connection, Engagement
from tests.integration.gateway.browser import Browser
from tests.integration.gateway.house import YEAR_END, House, problem_of
from tests.integration.gateway.test_lists import all_items

NUMBERS = ["556016-0680", "556036-0793", "556012-5790", "556056-6258", "556074-7569"]


@pytest.fixture
def firm(house: House) -> House:
    """Beside the scene's connection: one that ends in 2, 9, 9 and 20 days, and one by a service account."""
    now = house.scene.clock.now()
    for place, days in enumerate([20, 9, 2, 9, None]):
        client_id, engagement_id = uuid7(), uuid7()
        mine = {"firm_id": house.ours.firm_id, "created_at": now}
        rows: list[Any] = [
            Client(id=client_id, **mine, organisation_number=NUMBERS[place], name=f"Klient {place}"),
            Engagement(id=engagement_id, **mine, client_id=client_id, year_end=YEAR_END, data_source="fortnox"),
            Connection(
                **mine,
                client_id=client_id,
                engagement_id=engagement_id,
                state="active",
                grant_type="service_account" if days is None else "authorization_code",
                scopes=[],
                granted_by="anna",
                active_until=None if days is None else now + timedelta(days=days, hours=1),
            ),
        ]
        with house.store.write() as session:
            for row in rows:
                session.add(row)
                session.flush()
    return house


def test_a_connection_is_listed_with_its_client_and_the_days_it_has_left(firm: House) -> None:
    items = all_items(firm, "/v1/connections", 2)
    assert [item["client_name"] for item in items] == [
        "Klient 4",
        "Klient 3",
        "Klient 2",
        "Klient 1",
        "Klient 0",
        firm.scene.company.name,
    ]
    assert [item["expires_in_days"] for item in items] == [None, 9, 2, 9, 20, 30]
    assert items[0] | {"id": "", "client_id": "", "engagement_id": ""} == {
        "id": "",
        "client_id": "",
        "engagement_id": "",
        "client_name": "Klient 4",
        "organisation_number": NUMBERS[4],
        "state": "active",
        "state_code": None,
        "grant_type": "service_account",
        "granted_by": "anna",
        "active_until": None,
        "renewed_at": None,
        "expires_in_days": None,
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_the_forecast_is_sorted_by_date_over_all_pages(firm: House, limit: int) -> None:
    items = all_items(firm, "/v1/connections", limit, expiring_within_days=14)
    assert [item["expires_in_days"] for item in items] == [2, 9, 9]
    assert {item["client_name"] for item in items} == {"Klient 1", "Klient 2", "Klient 3"}


def test_what_has_ended_is_in_the_list_and_not_in_the_forecast(firm: House) -> None:
    firm.http.delete(firm.engagement_path("/connection"))
    listed = {item["state_code"] for item in all_items(firm, "/v1/connections", 200)}
    assert "disconnected" in listed
    assert len(all_items(firm, "/v1/connections", 200, expiring_within_days=365)) == 4


def test_a_cursor_of_the_list_is_none_of_the_forecasts(firm: House) -> None:
    cursor = firm.http.get("/v1/connections?limit=1").json()["next_cursor"]
    answer = firm.http.get("/v1/connections", params={"expiring_within_days": 14, "cursor": cursor})
    problem_of(answer, 422, "cursor-invalid")
    problem_of(firm.http.get("/v1/connections?expiring_within_days=-1"), 422, "invalid-request")


def test_the_audit_log_tells_who_did_what_when(house: House) -> None:
    Browser(house).go()
    house.http.delete(house.engagement_path("/connection"))
    items = all_items(house, "/v1/audit", 2)
    assert [(item["actor"], item["action"]) for item in items] == [
        ("Bokslutsprogrammet", "connection-removed"),
        ("Bokslutsprogrammet", "connection-revoked"),
        ("accountant's browser", "connection-authorized"),
        ("accountant's browser", "connection-begun"),
        ("Bokslutsprogrammet", "connection-requested"),
    ]
    assert {item["subject"] for item in items} == {str(house.scene.connection_id)}
    assert all(item["at"] for item in items)
