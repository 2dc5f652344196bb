"""Values that are well-formed JSON and that a database, a calendar or a number cannot hold: refused, never a failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.sandbox.company import Company
from services.sandbox.truth import Truth
from shared.store.engagements import Engagement
from shared.store.imports import Import
from tests.integration.gateway.house import YEAR_END, House, open_house
from tests.scene import open_scene

NUL = "A\0B"
HALF = "A\ud800"


@pytest.fixture(scope="module")
def strict_house(module_database_url: str, small_company: tuple[Company, Truth]) -> Iterator[House]:
    """On PostgreSQL, which refuses more than SQLite does; books with a finished import."""
    with (
        open_scene(module_database_url, year_end=YEAR_END, generated=small_company) as scene,
        open_house(scene) as opened,
    ):
        yield opened


def _adjustment(**changed: Any) -> list[dict[str, Any]]:
    rows = [{"account": "7832", "debit": "1.00"}, {"account": "1229", "credit": "1.00"}]
    return [{"kind": "V", "number": 1, "date": "2025-12-31", "text": "Avskrivning", "rows": rows} | changed]


def _row(**changed: Any) -> list[dict[str, Any]]:
    return _adjustment(rows=[{"account": "7832", "debit": "1.00"} | changed, {"account": "1229", "credit": "1.00"}])


def _event(house: House, **changed: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": "fortnox.import-requested.v1",
        "subject": str(house.scene.engagement_id),
        "data": {},
    } | changed


@pytest.mark.parametrize("text", [NUL, HALF], ids=["NUL", "half a letter"])
@pytest.mark.parametrize("place", ["client", "text", "account", "cost_center", "row text", "series", "id", "source", "data", "key of data", "traceparent"])
def test_texts_that_no_database_holds_are_refused(strict_house: House, place: str, text: str) -> None:
    import json
    house = strict_house
    adjustments, exports = house.engagement_path("/adjustments"), house.engagement_path("/exports")
    path, body = {
        "client": ("/v1/clients", {"organisation_number": "556016-0680", "name": text}),
        "text": (adjustments, _adjustment(text=text)),
        "account": (adjustments, _row(account=text)),
        "cost_center": (adjustments, _row(cost_center=text)),
        "row text": (adjustments, _row(text=text)),
        "series": (exports, {"series": text}),
        "id": ("/v1/events", _event(house, id=text)),
        "source": ("/v1/events", _event(house, source=text)),
        "data": ("/v1/events", _event(house, data={"more": [{"deep": text}]})),
        "key of data": ("/v1/events", _event(house, data={text: 1})),
        "traceparent": ("/v1/events", _event(house, traceparent=text)),
    }[place]
    before = house.counts()
    media_type = "application/cloudevents+json" if path == "/v1/events" else "application/json"
    answer = house.http.post(path, content=json.dumps(body), headers={"Content-Type": media_type})
    print(answer.text)
    assert answer.status_code == 422 or place=="client" and answer.status_code == 400, answer.text
    assert house.counts() == before


@pytest.mark.parametrize("content", ["NaN", "Infinity", "1e999", "-1e999", "1" * 5000])
def test_numbers_that_json_does_not_have(strict_house: House, content: str) -> None:
    import json
    house = strict_house
    before = house.counts()
    body = json.dumps(_event(house, data={"x": "@"})).replace('"@"', content)
    answer = house.http.post("/v1/events", content=body, headers={"Content-Type": "application/cloudevents+json"})
    print(answer.text)
    assert answer.status_code in (400, 422), answer.text
    assert house.counts() == before


@pytest.mark.parametrize(
    "path",
    [
        "/trial-balance?period=0000-01",
        "/trial-balance?period=0001-01",
        "/trial-balance?at=0001-01-01",
        "/trial-balance?at=9999-12-31",
        "/trial-balance?known_at=0001-01-01T00:00:00%2B23:00",
        "/trial-balance?known_at=9999-12-31T23:59:59-23:00",
        "/trial-balance?period=%D9%A2%D9%A0%D9%A2%D9%A5-12",
        "/accounts/%00/transactions",
        "/accounts/1510/transactions?cursor=2025-01-01.99999999999999999999.1",
        "/accounts/1510/transactions?cursor=2025-01-01.1.99999999999999999999",
        "/accounts/1510/transactions?cursor=2025-01-01.-1.1",
        "/accounts/1510/transactions?cursor=%00",
        "/schedules?kind=%00",
    ],
)
def test_paths(strict_house: House, path: str) -> None:
    house = strict_house
    with house.store.write() as session:
        run = Import(firm_id=house.ours.firm_id, engagement_id=house.scene.engagement_id, source="fortnox", lane="bulk", state="completed",
           cursor={}, counts={}, completeness=[], requested_by="x", created_at=house.scene.clock.now(), finished_at=house.scene.clock.now(), run=None)
        from shared.store.ledger import FinancialYearFact
        from sqlalchemy import select, func
        from datetime import date
        if not session.scalar(select(func.count()).select_from(FinancialYearFact)):
            run.run = 1
            session.add(run)
            session.add(FinancialYearFact(firm_id=house.ours.firm_id, engagement_id=house.scene.engagement_id, since_run=1, from_date=date(2025,1,1), to_date=date(2025,12,31)))
    answer = house.http.get(house.engagement_path(path))
    print(path, answer.status_code, answer.text)
    assert answer.status_code < 500, answer.text


def test_callback(strict_house: House) -> None:
    for q in ("state=%00", "state=%ff&error=%00", "state=a&state=b", "error=%00&error_description=%00"):
        answer = httpx.get(f"{strict_house.url}/oauth/fortnox/callback?{q}")
        assert answer.status_code == 400, q


def test_engagement_years(strict_house: House) -> None:
    house = strict_house
    for year_end in ("0001-01-01", "9999-12-31"):
        body = {"client_id": str(house.scene.client_id), "year_end": year_end, "data_source": "fortnox"}
        made = house.http.post("/v1/engagements", json=body)
        print(made.text)
        if made.status_code == 201:
            a = house.http.post(f"/v1/engagements/{made.json()['id']}/adjustments", json=_adjustment())
            print(a.status_code, a.text)
            assert a.status_code < 500


def test_auth(strict_house: House) -> None:
    answer = httpx.get(f"{strict_house.url}/v1/clients", headers={b"Authorization": b"Bearer \xff\xfe"})
    assert answer.status_code == 401
    answer = strict_house.http.post(strict_house.engagement_path("/imports"), json={}, headers={b"Idempotency-Key": b"\xff\xe5"})
    print(answer.text)
    assert answer.status_code == 202
