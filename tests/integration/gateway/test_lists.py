"""Clients, engagements, dead letters, and lists in pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.messaging.events import ImportRequested, new_event
from shared.store.tables import ApiKey, DeadLetter
from tests.integration.gateway.house import House, problem_of


def all_items(house: House, path: str, limit: int, **params: Any) -> list[Any]:
    items: list[Any] = []
    params["limit"] = limit
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = house.http.get(path, params=params | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["items"]) <= limit
        items, cursor, pages = items + page["items"], page["next_cursor"], pages + 1
    return items


def test_pages_hold_every_item_once_newest_first(house: House) -> None:
    made = [house.http.post(house.engagement_path("/imports"), json={}).json()["id"] for _ in range(7)]
    for limit in (1, 3, 7, 200):
        listed = [item["id"] for item in all_items(house, house.engagement_path("/imports"), limit)]
        assert listed == made[::-1]


def test_a_client_is_stored_with_its_number_in_one_form_and_once(house: House) -> None:
    answer = house.http.post("/v1/clients", json={"organisation_number": "165560160680", "name": " Exempel AB "})
    assert answer.status_code == 201
    assert (answer.json()["organisation_number"], answer.json()["name"]) == ("556016-0680", "Exempel AB")
    before = house.counts()
    again = house.http.post("/v1/clients", json={"organisation_number": "556016-0680", "name": "Exempel AB"})
    problem_of(again, 409, "client-exists")
    assert house.counts() == before


def test_an_engagement_exists_once_per_client_and_year(house: House) -> None:
    body = {"client_id": str(house.scene.client_id), "year_end": "2024-12-31", "data_source": "fortnox"}
    answer = house.http.post("/v1/engagements", json=body)
    assert answer.status_code == 201
    assert house.http.get(answer.headers["location"]).json() == answer.json()
    before = house.counts()
    problem_of(house.http.post("/v1/engagements", json=body), 409, "engagement-exists")
    assert house.counts() == before


def test_the_use_of_a_key_is_noted_at_most_once_a_minute(house: House) -> None:
    def last_used() -> Any:
        return next(key for key in house.rows(ApiKey) if key.firm_id == house.ours.firm_id).last_used_at

    house.http.get("/v1/clients")
    first = last_used()
    house.scene.clock.advance(timedelta(seconds=59))
    house.http.get("/v1/clients")
    assert last_used() == first
    house.scene.clock.advance(timedelta(seconds=1))
    house.http.get("/v1/clients")
    assert last_used() == first + timedelta(minutes=1)


def add_dead_letter(house: House, body: bytes) -> str:
    letter = DeadLetter(
        firm_id=house.ours.firm_id,
        consumer="importer",
        body=body,
        reason_code="unexpected-error",
        reason="it failed eight times",
        traceback="Traceback: insides",
        created_at=house.scene.clock.now(),
    )
    with house.store.write() as session:
        session.add(letter)
    return f"/v1/dead-letters/{letter.id}"


def test_a_dead_letter_is_replayed_under_its_own_id_and_once(house: House) -> None:
    scene = house.scene
    event = new_event("import-requested", scene.engagement_id, ImportRequested(), scene.clock.now())
    given_up = event.model_copy(update={"attempt": 8})
    path = add_dead_letter(house, given_up.model_dump_json(exclude_none=True).encode())
    shown = house.http.get(path)
    assert event.id in shown.json()["body"]
    assert "insides" not in shown.text

    assert house.http.post(f"{path}/replay").json()["decision"] == "replayed by Bokslutsprogrammet"

    [row] = house.outbox()
    assert (row.event_id, row.body["attempt"]) == (event.id, 1)
    assert house.audited() == ["dead-letter-replayed"]
    before = house.counts()
    problem_of(house.http.post(f"{path}/replay"), 409, "dead-letter-decided")
    problem_of(house.http.post(f"{path}/discard"), 409, "dead-letter-decided")
    assert house.counts() == before
    assert house.http.get("/v1/dead-letters").json()["items"] == []
    assert len(house.http.get("/v1/dead-letters?decided=true").json()["items"]) == 1


def test_what_is_no_event_can_only_be_discarded(house: House) -> None:
    path = add_dead_letter(house, b"\xff not an event")
    before = house.counts()
    problem_of(house.http.post(f"{path}/replay"), 409, "dead-letter-unreadable")
    assert house.counts() == before
    assert house.http.post(f"{path}/discard").json()["decision"] == "discarded by Bokslutsprogrammet"
    assert house.audited() == ["dead-letter-discarded"]


def test_health_and_metrics_need_no_key(house: House) -> None:
    assert house.stranger.get("/healthz").json() == {"status": "ok"}
    assert house.stranger.get("/readyz").json() == {"ready": True, "checks": {"database": True}}
    assert "pipeline_events_accepted_total" in house.stranger.get("/metrics").text
