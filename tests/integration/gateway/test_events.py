"""P1 and P2: an event answered with 202 is committed, and has one effect however often it is sent."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.messaging.events import event_from
from shared.messaging.inbox import seen
from tests.integration.gateway.house import House, add_one_of_everything, problem_of

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCHED = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}


def event(house: House, key: str = "1", **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": key,
        "source": "closing-program",
        "type": "fortnox.import-requested.v1",
        "subject": str(house.scene.engagement_id),
        "data": {},
        **changes,
    }


def send(house: House, content: Any, headers: dict[str, str] = STRUCTURED) -> httpx.Response:
    return house.http.post("/v1/events", content=json.dumps(content), headers=headers)


def test_an_accepted_event_is_in_the_outbox_with_its_inbox_entry(house: House) -> None:
    answer = send(house, event(house, lane="bulk", attempt=7))
    assert (answer.status_code, answer.json()) == (202, {"events": [{"id": "1", "result": "accepted"}]})
    assert "idempotency-hit" not in answer.headers
    [row] = house.outbox()
    assert (row.name, row.lane, row.firm_id, row.event_id) == ("import-requested", "bulk", house.ours.firm_id, "1")
    assert row.body["attempt"] == 1
    with house.store.read() as session:
        assert seen(session, "gateway", event_from(row.body))


def test_the_same_event_again_is_answered_202_and_has_no_second_effect(house: House) -> None:
    send(house, event(house))
    before = house.counts()
    again = send(house, event(house, time="2025-12-31T12:00:00Z"))
    assert (again.status_code, again.headers["idempotency-hit"]) == (202, "true")
    assert again.json() == {"events": [{"id": "1", "result": "duplicate"}]}
    assert house.counts() == before


def test_the_same_id_with_another_body_is_refused(house: House) -> None:
    send(house, event(house))
    before = house.counts()
    problem_of(send(house, event(house, type="fortnox.schedules-requested.v1")), 409, "event-id-reused")
    assert house.counts() == before


def test_two_firms_may_use_the_same_source_and_id(house: House) -> None:
    assert send(house, event(house)).status_code == 202
    theirs = event(house, subject=str(house.other.ids["engagement_id"]))
    with house.as_firm(house.other) as other:
        answer = other.post("/v1/events", content=json.dumps(theirs), headers=STRUCTURED)
    assert (answer.status_code, answer.headers.get("idempotency-hit")) == (202, None)
    assert len({(row.source, row.event_id) for row in house.outbox()}) == 2


def test_binary_mode_carries_the_attributes_in_headers(house: House) -> None:
    headers = {f"ce-{name}": str(value) for name, value in event(house, lane="bulk").items() if name != "data"}
    headers |= {"Content-Type": "application/json", "ce-source": "bokslut%20%C3%A5"}
    answer = house.http.post(
        "/v1/events",
        json={"balance_date": "2025-12-31"},
        headers=headers | {"ce-type": "fortnox.schedules-requested.v1"},
    )
    assert answer.status_code == 202
    [row] = house.outbox()
    assert row.source.endswith("/bokslut å")
    assert (row.name, row.lane, row.body["data"]) == ("schedules-requested", "bulk", {"balance_date": "2025-12-31"})


def test_a_batch_is_taken_whole(house: House) -> None:
    answer = send(house, [event(house, "1"), event(house, "2"), event(house, "1")], BATCHED)
    assert [found["result"] for found in answer.json()["events"]] == ["accepted", "accepted", "duplicate"]
    assert "idempotency-hit" not in answer.headers
    assert [row.event_id for row in house.outbox()] == ["1", "2"]


@pytest.mark.parametrize(
    ("second", "status", "code"),
    [
        ({"type": "fortnox.nothing.v1"}, 422, "event-type-unknown"),
        ({"id": "1", "lane": "bulk"}, 409, "event-id-reused"),
        ({"subject": "0192e4a0-7f8e-7c3a-9d55-0f6f1d2c3b4a"}, 404, "not-found"),
    ],
)
def test_a_batch_with_one_bad_event_leaves_nothing(
    house: House, second: dict[str, Any], status: int, code: str
) -> None:
    before = house.counts()
    problem_of(send(house, [event(house, "1"), event(house, "2") | second], BATCHED), status, code)
    assert house.counts() == before


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"type": "fortnox.period-closed.v1", "data": {"period": "2025-12"}}, 422, "event-type-not-accepted"),
        ({"type": "import-requested"}, 422, "event-type-unknown"),
        ({"type": "com.example.other"}, 422, "event-type-unknown"),
        ({"specversion": "0.3"}, 422, "event-invalid"),
        ({"id": ""}, 422, "event-invalid"),
        ({"source": "x" * 151}, 422, "event-invalid"),
        ({"subject": "not-a-uuid"}, 422, "event-invalid"),
        ({"lane": "fast"}, 422, "event-invalid"),
        ({"data": {"import_id": 17}}, 422, "event-invalid"),
        ({"data": []}, 422, "event-invalid"),
        ({"time": "2025-12-31T12:00:00"}, 422, "event-invalid"),
    ],
)
def test_what_is_no_event_for_us_is_refused_and_not_stored(
    lasting_house: House, changes: dict[str, Any], status: int, code: str
) -> None:
    before = lasting_house.counts()
    problem_of(send(lasting_house, event(lasting_house) | changes), status, code)
    assert lasting_house.counts() == before


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/xml", ""])
def test_other_content_types_are_refused(lasting_house: House, content_type: str) -> None:
    answer = send(lasting_house, event(lasting_house), {"Content-Type": content_type})
    problem_of(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("import-requested", "import_id"),
        ("schedules-requested", "import_id"),
        ("export-requested", "export_id"),
    ],
)
def test_a_run_that_an_event_names_must_belong_to_its_engagement(house: House, name: str, reference: str) -> None:
    with house.store.write() as session:
        mine: dict[str, UUID] = add_one_of_everything(session, house.ours.firm_id, house.scene.clock.now())
    before = house.counts()
    for ids in (mine, house.other.ids):
        named = event(house, type=f"fortnox.{name}.v1", data={reference: str(ids[reference])})
        problem_of(send(house, named), 404, "not-found")
    assert house.counts() == before
    own = event(
        house, type=f"fortnox.{name}.v1", subject=str(mine["engagement_id"]), data={reference: str(mine[reference])}
    )
    assert send(house, own).status_code == 202
