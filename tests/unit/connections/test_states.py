from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.connections.states import connection_waited_for, end_state, notice_due, waiting_for_reconnect

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("expired", "expired"),
        ("disconnected", "revoked"),
        ("consent-revoked", "revoked"),
        ("refresh-token-refused", "lost"),
        ("renewal-answer-lost", "lost"),
    ],
)
def test_every_reason_leads_to_one_end(code: str, state: str) -> None:
    assert end_state(code) == state


@pytest.mark.parametrize(
    ("left", "given", "due"),
    [
        (timedelta(days=8), None, None),
        (timedelta(days=7, seconds=1), None, None),
        (timedelta(days=7), None, 7),
        (timedelta(days=7), 7, None),
        (timedelta(days=3), 7, 3),
        (timedelta(days=2), 3, None),
        (timedelta(days=1), 3, 1),
        (timedelta(hours=1), 7, 1),
        (timedelta(hours=1), 1, None),
        (timedelta(), 3, None),
        (timedelta(days=-1), None, None),
    ],
)
def test_notice_is_due_once_for_each_of_its_days(left: timedelta, given: int | None, due: int | None) -> None:
    assert notice_due(NOW + left, given, NOW) == due


def test_what_never_ends_needs_no_notice() -> None:
    assert notice_due(None, None, NOW) is None


def test_what_a_run_waits_for_names_its_connection() -> None:
    connection_id = uuid4()
    assert connection_waited_for(waiting_for_reconnect(connection_id)) == connection_id
