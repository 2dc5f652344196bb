"""Whatever is wrong with a request: a problem document with a stable code, and nothing stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import services.gateway
from services.gateway.body_limit import MAX_BYTES, MAX_BYTES_OF_PATH
from services.gateway.callback_words import FAILED
from services.gateway.deps import GatewayDeps
from services.gateway.problems import PROBLEMS
from shared.observability.health import database_check
from shared.settings import Settings
from tests.integration.gateway.catalogue import DOCUMENT, OPERATIONS, WITH_BODY, Operation
from tests.integration.gateway.house import House, bearer, problem_of, serving


@pytest.fixture(autouse=True)
def _nothing_is_stored(lasting_house: House) -> Iterator[None]:
    before = lasting_house.counts()
    yield
    assert lasting_house.counts() == before


def _send(house: House, operation: Operation, content: bytes | Iterator[bytes]) -> httpx.Response:
    ids = {**house.other.ids, "engagement_id": house.scene.engagement_id}
    headers = {"Content-Type": operation.media_type or ""}
    return house.http.request(operation.method, operation.filled(ids), content=content, headers=headers)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("content", [b"", b'{"a":', b"\x80\xff", b"[" * 10_000])
def test_a_body_that_is_no_json_is_said_to_be_none(lasting_house: House, operation: Operation, content: bytes) -> None:
    answer = _send(lasting_house, operation, content)
    if content == b"" and not operation.needs_body:
        problem_of(answer, 404, "not-found")  # nothing is as good as an empty object
    elif content == b"" and answer.status_code == 422:
        problem_of(answer, 422, "invalid-request")
    else:
        problem_of(answer, 400, "malformed-json")


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("content", [b'"text"', b"17", b"null", b'{"unknown_field": 1}', b"[[]]"])
def test_a_body_of_the_wrong_shape_is_refused_with_its_faults(
    lasting_house: House, operation: Operation, content: bytes
) -> None:
    answer = _send(lasting_house, operation, content)
    if operation.path == "/v1/events":
        problem_of(answer, 422, "event-invalid")
    else:
        faults = problem_of(answer, 422, "invalid-request")["errors"]
        assert all(fault["location"][0] == "body" and fault["detail"] for fault in faults)
        assert faults


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("is_announced", [True, False], ids=["with its length", "in chunks"])
def test_a_body_that_is_too_large_is_refused_by_the_bytes_that_arrive(
    lasting_house: House, operation: Operation, is_announced: bool
) -> None:
    size = MAX_BYTES_OF_PATH.get(operation.path, MAX_BYTES) + 1
    content = b'"' + b"x" * (size - 2) + b'"'
    pieces = (content[start : start + 10_000] for start in range(0, size, 10_000))
    answer = _send(lasting_house, operation, content if is_announced else pieces)
    problem_of(answer, 413, "body-too-large")


@pytest.mark.parametrize(
    ("path", "body", "location"),
    [
        ("/v1/clients", {"organisation_number": "556016-0681", "name": "Fel AB"}, ["body", "organisation_number"]),
        ("/v1/clients", {"organisation_number": "5560160680", "name": " "}, ["body", "name"]),
        ("/v1/clients", {"organisation_number": 5560160680, "name": "Fel AB"}, ["body", "organisation_number"]),
        (
            "/v1/engagements",
            {"client_id": "x", "year_end": "2025-12-31", "data_source": "fortnox"},
            ["body", "client_id"],
        ),
        (
            "/v1/engagements",
            {"client_id": "0192e4a0-7f8e-7c3a-9d55-0f6f1d2c3b4a", "year_end": "2025-13-01", "data_source": "fortnox"},
            ["body", "year_end"],
        ),
    ],
)
def test_each_fault_is_named_with_its_place(
    lasting_house: House, path: str, body: dict[str, Any], location: list[str]
) -> None:
    faults = problem_of(lasting_house.http.post(path, json=body), 422, "invalid-request")["errors"]
    assert [fault["location"] for fault in faults] == [location]


@pytest.mark.parametrize("amount", [12500, 12500.5, "12 500", "1e3", "0.001", "NaN", "１"])
def test_amounts_are_decimal_strings_and_nothing_else(lasting_house: House, amount: object) -> None:
    rows = [{"account": "7832", "debit": amount}, {"account": "1229", "credit": "1.00"}]
    body = [{"kind": "V", "number": 1, "date": "2025-12-31", "text": "Avskrivning", "rows": rows}]
    answer = lasting_house.http.post(lasting_house.engagement_path("/adjustments"), json=body)
    faults = problem_of(answer, 422, "invalid-request")["errors"]
    assert faults[0]["location"] == ["body", 0, "rows", 0, "debit"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x"])
def test_a_page_has_one_to_two_hundred_items(lasting_house: House, query: str) -> None:
    problem_of(lasting_house.http.get(f"/v1/clients?{query}"), 422, "invalid-request")


@pytest.mark.parametrize("cursor", ["", "x", "!!!!", "AAAA", "å"])
def test_a_cursor_that_is_none_of_ours_is_refused(lasting_house: House, cursor: str) -> None:
    problem_of(lasting_house.http.get("/v1/clients", params={"cursor": cursor}), 422, "cursor-invalid")


def test_an_id_that_is_no_uuid_is_refused(lasting_house: House) -> None:
    problem_of(lasting_house.http.get("/v1/imports/17"), 422, "invalid-request")


@pytest.mark.parametrize(
    "query", ["period=2025-13", "at=today", "known_at=2025-12-31T00:00:00", "at=2025-12-31&period=2025-12"]
)
def test_a_trial_balance_takes_one_day_and_instants_with_a_zone(lasting_house: House, query: str) -> None:
    path = lasting_house.engagement_path(f"/trial-balance?{query}")
    problem_of(lasting_house.http.get(path), 422, "invalid-request")


def test_unknown_paths_and_methods_are_problems_too(lasting_house: House) -> None:
    problem_of(lasting_house.http.get("/v1/nothing"), 404, "not-found")
    answer = lasting_house.http.put("/v1/clients", json={})
    problem_of(answer, 405, "method-not-allowed")
    assert answer.headers["allow"]


def test_there_is_no_page_that_loads_scripts_from_elsewhere(lasting_house: House) -> None:
    for path in ("/docs", "/redoc"):
        problem_of(lasting_house.http.get(path), 404, "not-found")
    assert lasting_house.http.get("/openapi.json").status_code == 200


@pytest.mark.parametrize(
    ("accept_language", "language", "title"),
    [
        ("sv-SE, en;q=0.5", "sv", "Hittades inte"),
        ("en;q=0.5, sv;q=0.9", "sv", "Hittades inte"),
        ("de, en", "en", "Not found"),
        ("sv;q=nonsense", "en", "Not found"),
        ("", "en", "Not found"),
    ],
)
def test_titles_are_in_the_callers_language(
    lasting_house: House, accept_language: str, language: str, title: str
) -> None:
    answer = lasting_house.http.get("/v1/nothing", headers={"Accept-Language": accept_language})
    assert answer.json()["title"] == title
    assert answer.headers["content-language"] == language


def test_what_nobody_expected_is_a_problem_without_insides(lasting_house: House) -> None:
    def fails() -> bool:
        raise RuntimeError("a secret inside")

    scene = lasting_house.scene
    deps = GatewayDeps(
        scene.store,
        scene.clock,
        scene.access.vault,
        scene.access.oauth,
        scene.access,
        Settings(),
        {"database": database_check(scene.store), "fails": fails},
    )
    with serving(deps) as url:
        answer = httpx.get(f"{url}/readyz")
    problem_of(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"]


def test_when_fortnox_is_away_the_answer_says_when_to_come_back(lasting_house: House) -> None:
    scene = lasting_house.scene
    access = replace(scene.access, api_url="http://127.0.0.1:9")
    deps = GatewayDeps(scene.store, scene.clock, access.vault, access.oauth, access, Settings(), {})
    with serving(deps) as url:
        answer = httpx.get(
            url + lasting_house.engagement_path("/voucher-series"), headers=bearer(lasting_house.ours.key)
        )
    problem_of(answer, 503, "fortnox-unreachable")
    assert int(answer.headers["retry-after"]) > 0


def test_every_code_that_the_gateway_raises_has_an_entry() -> None:
    folder = Path(services.gateway.__file__).parent
    raised = {
        code
        for file in folder.rglob("*.py")
        for code in re.findall(r'Rejected(?:WithErrors)?\(\s*"([a-z-]+)"', file.read_text())
    }
    assert raised <= PROBLEMS.keys() | FAILED.keys()  # a problem document, or a page at the end of a trip
    assert len(raised) > 10


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_route_describes_its_errors_as_problems(operation: Operation) -> None:
    answers = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    errors = {status: answer["content"] for status, answer in answers.items() if status.startswith("4")}
    assert "422" in errors
    assert all(list(content) in (["application/problem+json"], ["text/html"]) for content in errors.values())
