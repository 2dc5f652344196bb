"""When looks count, and what follows from those that found nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.exporter.reconcile import LOOKS, MAX_SENDS, after_miss, next_look

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_the_first_look_counts_after_the_request_and_the_second_after_the_first() -> None:
    later = NOON + timedelta(minutes=10)
    assert next_look(NOON, 0, later) == NOON + timedelta(seconds=60)
    assert next_look(NOON, 1, later) == later + timedelta(seconds=60)


def test_one_look_is_not_enough_and_sending_does_not_go_on_for_ever() -> None:
    assert after_miss(LOOKS - 1, 1) == "unknown"
    assert after_miss(LOOKS, MAX_SENDS - 1) == "planned"
    assert after_miss(LOOKS, MAX_SENDS) == "needs-human"
