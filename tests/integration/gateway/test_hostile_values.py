"""Values that are well-formed and that no database, calendar or number holds: refused by name, never a failure here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.sandbox.company import Company
from services.sandbox.truth import Truth
from tests.integration.gateway.house import YEAR_END, House, add_finished_import, open_house, problem_of
from tests.scene import open_scene

NUL, HALF_A_LETTER = "A\0B", "A\ud800"
OVERFLOWING = 2**63


@pytest.fixture(scope="module")
def strict_house(module_database_url: str, small_company: tuple[Company, Truth]) -> Iterator[House]:
    """On PostgreSQL, which refuses more than SQLite does."""
    with (
        open_scene(module_database_url, year_end=YEAR_END, generated=small_company) as scene,
        open_house(scene) as opened,
    ):
        add_finished_import(opened)
        yield opened


@pytest.fixture(autouse=True)
def _nothing_is_stored(strict_house: House) -> Iterator[None]:
    before = strict_house.counts()
    yield
    assert strict_house.counts() == before


def _adjustment(row: dict[str, str], **changed: str) -> list[dict[str, Any]]:
    rows = [{"account": "7832", "debit": "1.00", **row}, {"account": "1229", "credit": "1.00"}]
    return [{"kind": "V", "number": 1, "date": "2025-12-31", "text": "Avskrivning", "rows": rows, **changed}]


def _event(house: House, **changed: object) -> dict[str, Any]:
    ours = {"subject": str(house.scene.engagement_id), "data": {}}
    return {"specversion": "1.0", "id": "1", "source": "s", "type": "fortnox.import-requested.v1", **ours, **changed}


@pytest.mark.parametrize("text", [NUL, HALF_A_LETTER], ids=["NUL", "half a letter"])
def test_a_text_that_cannot_be_stored_is_refused_wherever_it_stands(strict_house: House, text: str) -> None:
    engagement = strict_house.engagement_path()
    for path, body in [
        ("/v1/clients", {"organisation_number": "556016-0680", "name": text}),
        ("/v1/clients", {text: 1}),
        (f"{engagement}/adjustments", _adjustment({}, text=text)),
        (f"{engagement}/adjustments", _adjustment({"account": text})),
        (f"{engagement}/adjustments", _adjustment({"cost_center": text})),
        (f"{engagement}/exports", {"series": text}),
        (f"{engagement}/exports", {"series": {"V": text}}),
    ]:
        answer = strict_house.http.post(
            path, content=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
        )
        problem_of(answer, 422, "invalid-request")


@pytest.mark.parametrize("text", [NUL, HALF_A_LETTER], ids=["NUL", "half a letter"])
def test_an_event_that_cannot_be_stored_is_refused(strict_house: House, text: str) -> None:
    places: list[dict[str, object]] = [
        {"id": text},
        {"source": text},
        {"traceparent": text},
        {"data": {"more": [{"deep": text}]}},
        {"data": {text: 1}},
    ]
    for place in places:
        problem_of(_send(strict_house, json.dumps(_event(strict_house, **place))), 422, "event-invalid")


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_an_event_with_a_number_that_is_none_is_refused(strict_house: House, number: str) -> None:
    body = json.dumps(_event(strict_house, data={"more": "@"})).replace('"@"', number)
    problem_of(_send(strict_house, body), 422, "event-invalid")


@pytest.mark.parametrize(
    "query",
    [
        "trial-balance?period=0000-01",
        "trial-balance?period=%D9%A2%D9%A0%D9%A2%D9%A5-12",
        "trial-balance?known_at=0001-01-01T00:00:00%2B23:00",
        "trial-balance?known_at=9999-12-31T23:59:59-23:00",
        "accounts/%00/transactions",
        "accounts/bank/transactions",
    ],
)
def test_what_no_calendar_and_no_chart_of_accounts_has_is_refused(strict_house: House, query: str) -> None:
    problem_of(strict_house.http.get(strict_house.engagement_path(f"/{query}")), 422, "invalid-request")


@pytest.mark.parametrize("query", ["period=1000-01", "at=0001-01-01", "at=9999-12-31"])
def test_a_day_far_from_any_year_has_no_balance(strict_house: House, query: str) -> None:
    answer = strict_house.http.get(strict_house.engagement_path(f"/trial-balance?{query}"))
    problem_of(answer, 404, "year-not-imported")


@pytest.mark.parametrize(
    "cursor",
    [
        f"2025-01-01.{OVERFLOWING}.1.1.0",
        f"2025-01-01.1.{OVERFLOWING}.1.0",
        f"2025-01-01.1.1.{OVERFLOWING}.0",
        "2025-01-01.-1.1.1.0",
        "\0",
        "2025-01-01.1",
    ],
)
def test_a_place_that_is_in_no_list_of_transactions_is_refused(strict_house: House, cursor: str) -> None:
    path = strict_house.engagement_path("/accounts/1510/transactions")
    problem_of(strict_house.http.get(path, params={"cursor": cursor}), 422, "cursor-invalid")


@pytest.mark.parametrize("year_end", ["0001-01-01", "1899-12-31", "9999-12-31"])
def test_an_engagement_closes_a_year_of_our_time(strict_house: House, year_end: str) -> None:
    body = {"client_id": str(strict_house.scene.client_id), "year_end": year_end, "data_source": "fortnox"}
    problem_of(strict_house.http.post("/v1/engagements", json=body), 422, "invalid-request")


@pytest.mark.parametrize("query", ["state=%00", "state=%ff&error=%00", "state=a&state=b", "error=%00"])
def test_the_callback_takes_whatever_an_address_holds(strict_house: House, query: str) -> None:
    answer = strict_house.stranger.get(f"/oauth/fortnox/callback?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


def _send(house: House, event: str) -> httpx.Response:
    return house.http.post("/v1/events", content=event, headers={"Content-Type": "application/cloudevents+json"})
