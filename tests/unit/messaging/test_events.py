"""What counts as an event, whoever published it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.errors import Rejected
from shared.messaging.events import MAX_BODY_BYTES, PAYLOADS, ImportRequested, event_from, new_event, parse_event

VALID: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "https://upstream.example/closing",
    "type": "fortnox.import-requested.v1",
    "subject": "01890a5d-ac96-774b-bcce-b302099a8057",
    "data": {},
}


def code_of(body: bytes) -> str:
    with pytest.raises(Rejected) as raised:
        parse_event(body)
    return raised.value.code


def test_an_event_survives_the_wire() -> None:
    event = new_event("import-requested", uuid4(), ImportRequested(import_id=uuid4()), datetime.now(UTC), "bulk")
    assert parse_event(event.model_dump_json(exclude_none=True).encode()) == event


@pytest.mark.parametrize("attribute", ["specversion", "id", "source", "type", "subject"])
def test_an_event_without_a_required_attribute_is_refused(attribute: str) -> None:
    # CloudEvents 1.0, required attributes. An id of our own making would be another one at every delivery.
    content = {name: value for name, value in VALID.items() if name != attribute}
    assert code_of(json.dumps(content).encode()) == "event-invalid"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "fortnox.unheard-of.v1"}, "event-type-unknown"),
        ({"type": "import-requested"}, "event-type-unknown"),
        ({"type": "fortnox.import-requested.v2"}, "event-type-unknown"),
        ({"subject": "not-an-id"}, "event-invalid"),
        ({"data": []}, "event-invalid"),
        ({"data": {"import_id": 7}}, "event-invalid"),
        ({"lane": "fast"}, "event-invalid"),
        ({"id": ""}, "event-invalid"),
        ({"id": "a\0b"}, "event-invalid"),
        ({"data": {"unknown": ["\0"]}}, "event-invalid"),
        ({"data": {"unknown": "\ud800"}}, "event-invalid"),
        ({"data": {"unknown": float("nan")}}, "event-invalid"),
    ],
)
def test_what_is_no_event_of_ours_is_refused_with_a_code(changes: dict[str, Any], code: str) -> None:
    assert code_of(json.dumps(VALID | changes).encode()) == code


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 50_000, b"1" * 6_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    assert code_of(body) == "event-not-json"


def test_books_do_not_travel_by_event() -> None:
    assert code_of(json.dumps(VALID | {"data": {"x": "y" * MAX_BODY_BYTES}}).encode()) == "event-too-large"


def test_the_hash_is_over_what_is_said_and_not_over_how_it_travelled() -> None:
    event = event_from(VALID)
    assert event.body_hash == event_from(VALID | {"traceparent": "00-a-b-01", "attempt": 3}).body_hash
    assert event.body_hash != event_from(VALID | {"subject": str(UUID(int=1))}).body_hash
    assert event.body_hash != event_from(VALID | {"data": {"new_field": 1}}).body_hash


def test_every_name_of_the_contract_has_a_payload() -> None:
    assert len(PAYLOADS) == 15
