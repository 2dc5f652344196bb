"""One line per request: enough to find it again, nothing that should not be known."""

from __future__ import annotations

from collections.abc import Sequence

from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.integration.gateway.house import House
from tests.waiting import wait_for


def test_a_request_is_logged_with_its_template_and_without_secrets(house: House) -> None:
    with capture_logs() as logs:
        answer = house.http.post(house.engagement_path("/imports?secret=in-the-address"), json={})
        house.http.get("/oauth/fortnox/callback?state=in-the-address&code=in-the-address")
        house.http.get("/v1/in-the-address")
        wait_for(lambda: len(requests(logs)) == 3, what="the line that follows the last answer")
    lines = requests(logs)
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/v1/engagements/{engagement_id}/imports", 202),
        ("GET", "/oauth/fortnox/callback", 400),
        ("GET", None, 404),
    ]
    assert lines[0]["firm_id"] == str(house.ours.firm_id)
    assert lines[0]["ms"] >= 0
    assert answer.headers["x-request-id"]
    assert house.ours.key not in str(logs)
    assert "in-the-address" not in str(logs)


def requests(logs: Sequence[EventDict]) -> list[EventDict]:
    return [line for line in logs if line["event"] == "request"]
