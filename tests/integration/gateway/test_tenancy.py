"""P15: one firm never sees another firm's data, and cannot even tell whether it exists."""

from __future__ import annotations

from uuid import UUID

import pytest
from uuid6 import uuid7

from tests.integration.gateway.catalogue import KEYED, OPERATIONS, WITH_ID, Operation
from tests.integration.gateway.house import House, add_revoked_key, bearer, problem_of


@pytest.mark.parametrize("operation", WITH_ID, ids=str)
def test_another_firms_ids_are_answered_exactly_as_unknown_ones(lasting_house: House, operation: Operation) -> None:
    theirs = lasting_house.other.ids
    unknown: dict[str, UUID] = {name: uuid7() for name in theirs}
    before = lasting_house.counts()

    answers = [
        lasting_house.http.request(operation.method, operation.filled(ids), json=operation.example)
        for ids in (theirs, unknown)
    ]

    said = [
        problem_of(answer, 404, "not-found") | {"detail": _without_ids(answer.json()["detail"], ids)}
        for answer, ids in zip(answers, (theirs, unknown), strict=True)
    ]
    assert said[0] == said[1]
    assert lasting_house.counts() == before


def test_a_new_engagement_cannot_name_another_firms_client(lasting_house: House) -> None:
    body = {
        "client_id": str(lasting_house.other.ids["client_id"]),
        "year_end": "2024-12-31",
        "data_source": "fortnox",
    }
    before = lasting_house.counts()
    problem_of(lasting_house.http.post("/v1/engagements", json=body), 404, "not-found")
    assert lasting_house.counts() == before


def test_an_export_cannot_name_another_firms_adjustment(lasting_house: House) -> None:
    body = {"series": "A", "adjustments": [str(lasting_house.other.ids["adjustment_id"])]}
    before = lasting_house.counts()
    answer = lasting_house.http.post(lasting_house.engagement_path("/exports"), json=body)
    problem_of(answer, 404, "adjustment-not-found")
    assert lasting_house.counts() == before


@pytest.mark.parametrize("path", ["/v1/clients", "/v1/engagements", "/v1/dead-letters", "/v1/connections", "/v1/audit"])
def test_lists_hold_the_callers_own_things_only(lasting_house: House, path: str) -> None:
    theirs = {str(key) for key in lasting_house.other.ids.values()}
    ours = {item["id"] for item in lasting_house.http.get(path).json()["items"]}
    with lasting_house.as_firm(lasting_house.other) as other:
        seen = {item["id"] for item in other.get(path).json()["items"]}
    assert seen <= theirs
    assert seen
    assert not ours & theirs


@pytest.mark.parametrize("operation", KEYED, ids=str)
def test_without_a_valid_key_every_route_answers_401_before_it_reads_the_body(
    lasting_house: House, operation: Operation
) -> None:
    revoked = add_revoked_key(lasting_house)
    before = lasting_house.counts()
    path = operation.filled(lasting_house.other.ids)
    for headers in ({}, bearer("fnp_unknown"), bearer(revoked), {"Authorization": lasting_house.ours.key}):
        answer = lasting_house.stranger.request(
            operation.method, path, headers=headers, content=b"{" if operation.media_type else b""
        )
        body = problem_of(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert lasting_house.ours.key not in str(body)
    assert lasting_house.counts() == before


def test_only_what_the_browser_and_fortnox_open_needs_no_key() -> None:
    assert [str(operation) for operation in OPERATIONS if operation not in KEYED] == [
        "GET /oauth/fortnox/start/{token}",
        "POST /oauth/fortnox/start/{token}",
        "GET /oauth/fortnox/callback",
        "POST /oauth/fortnox/notices",
    ]


def _without_ids(text: str, ids: dict[str, UUID]) -> str:
    for key in ids.values():
        text = text.replace(str(key), "…")
    return text
