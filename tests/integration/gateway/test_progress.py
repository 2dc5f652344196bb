"""Following an import: each event is the whole state, and who comes back is told nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from services.gateway.progress import MOST_STREAMS_OF_FIRM
from shared.store.tables import Import
from tests.integration.gateway.house import House, problem_of


@pytest.fixture
def path(house: House) -> str:
    started = house.http.post(house.engagement_path("/imports"), json={"years": 5})
    return f"{started.headers['location']}/progress"


def change(house: House, **values: object) -> None:
    [ours] = [row for row in house.rows(Import) if row.firm_id == house.ours.firm_id]
    house.scene.change(Import, ours.id, **values)


def events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            yield event
            event = {}


def test_an_event_holds_stage_counts_and_the_share_that_is_done(house: House, path: str) -> None:
    change(house, state="running", stage="ledger", counts={"rows": 400}, share_done=0.4)
    with house.http.stream("GET", path, timeout=30) as answer:
        said = json.loads(next(events(answer))["data"])
    assert (said["stage"], said["counts"], said["share_done"]) == ("ledger", {"rows": 400}, 0.4)


def test_who_comes_back_is_told_what_is_new_since_then(house: House, path: str) -> None:
    with house.http.stream("GET", path, timeout=30) as answer:
        seen = next(events(answer))["id"]
    change(house, state="running", stage="ledger")
    with house.http.stream("GET", path, headers={"Last-Event-ID": seen}, timeout=30) as answer:
        following = events(answer)
        first = next(following)
        assert json.loads(first["data"])["stage"] == "ledger"
        change(house, state="completed")
        assert next(following)["event"] == "done"
    with house.http.stream("GET", path, headers={"Last-Event-ID": first["id"]}, timeout=30) as answer:
        assert [event["event"] for event in events(answer)] == ["done"]


def test_who_has_seen_the_end_is_told_not_to_come_back(house: House, path: str) -> None:
    change(house, state="completed")
    with house.http.stream("GET", path, timeout=30) as answer:
        [end] = events(answer)
    assert house.http.get(path, headers={"Last-Event-ID": end["id"]}).status_code == 204
    assert house.http.get(path, headers={"Last-Event-ID": "of another import"}).status_code == 200


def test_a_firm_has_a_bounded_number_of_streams_and_a_closed_one_makes_room(house: House, path: str) -> None:
    with (
        ExitStack() as stack,
        httpx.Client(
            base_url=house.url, headers=house.http.headers, limits=httpx.Limits(max_connections=None), timeout=30
        ) as client,
    ):
        opened = [events(stack.enter_context(client.stream("GET", path))) for _ in range(MOST_STREAMS_OF_FIRM)]
        assert {next(stream)["event"] for stream in opened} == {"progress"}
        refused = client.get(path)
        problem_of(refused, 503, "too-many-streams")
        assert int(refused.headers["retry-after"]) > 0
        assert client.get(path.removesuffix("/progress")).status_code == 200
        change(house, state="completed")
        assert {next(stream)["event"] for stream in opened} == {"done"}
        assert not any(list(stream) for stream in opened)
        assert client.get(path).status_code == 200


def test_another_firm_cannot_follow(house: House, path: str) -> None:
    with house.as_firm(house.other) as other:
        problem_of(other.get(path), 404, "not-found")


def test_the_number_of_years_is_the_callers_choice_within_reason(house: House, path: str) -> None:
    assert house.http.get(path.removesuffix("/progress")).json()["years"] == 5
    for years in (0, 21, "all"):
        problem_of(house.http.post(house.engagement_path("/imports"), json={"years": years}), 422, "invalid-request")
