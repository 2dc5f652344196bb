"""What becomes of an event, on either kind of bus."""

from __future__ import annotations

import contextlib
import json
import threading
from datetime import timedelta
from uuid import uuid4

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from shared.errors import Later, Rejected, Retryable
from shared.messaging.consumer import Delivery, Route
from shared.messaging.events import ImportFinished, ImportRequested, new_event
from shared.messaging.outbox import release
from shared.store.firms import AuditEntry
from shared.store.messages import InboxMessage, OutboxMessage
from tests.integration.messaging.conftest import Bus
from tests.waiting import wait_for

FAILED = ImportFinished(import_id=uuid4(), state="failed")


def note_effect(delivery: Delivery) -> None:
    """Leave one audit entry per effect, in the transaction that settles the event."""
    with delivery.settle() as session:
        session.add(
            AuditEntry(
                firm_id=delivery.firm_id,
                at=delivery.clock.now(),
                actor="test",
                action="effect",
                subject=delivery.event.subject,
                details={"event": delivery.event.id},
            )
        )


def effects(bus: Bus) -> int:
    with bus.store.read() as session:
        return len(session.scalars(select(AuditEntry)).all())


def settled(bus: Bus) -> int:
    with bus.store.read() as session:
        return len(session.scalars(select(InboxMessage)).all())


def test_an_event_reaches_its_handler_and_its_effect_and_inbox_entry_are_committed_together(bus: Bus) -> None:
    bus.consume({"import-requested": Route(note_effect)})
    bus.send("import-requested", ImportRequested())
    wait_for(lambda: settled(bus) == 1)
    assert effects(bus) == 1


def test_the_same_event_delivered_three_times_has_one_effect(bus: Bus) -> None:
    bus.consume({"import-requested": Route(note_effect)})
    event = bus.send("import-requested", ImportRequested())
    wait_for(lambda: settled(bus) == 1)
    for _ in range(2):
        bus.publish_raw(event.model_dump_json(exclude_none=True).encode(), "import-requested")
    last = bus.send("import-requested", ImportRequested())
    wait_for(lambda: settled(bus) == 2, what=f"event {last.id}")
    assert effects(bus) == 2
    assert bus.dead_letters() == []


def test_the_same_id_with_another_body_is_refused_with_its_reason(bus: Bus) -> None:
    bus.consume({"import-requested": Route(note_effect)})
    event = bus.send("import-requested", ImportRequested())
    wait_for(lambda: settled(bus) == 1)
    other = event.model_copy(update={"data": {"import_id": str(uuid4())}})
    bus.publish_raw(other.model_dump_json(exclude_none=True).encode(), "import-requested")
    letter = wait_for(bus.dead_letters)[0]
    assert (letter.reason_code, letter.event_id) == ("event-id-reused", event.id)
    assert effects(bus) == 1


def test_an_event_published_by_another_program_reaches_its_handler(bus: Bus) -> None:
    bus.consume({"import-requested": Route(note_effect)})
    foreign = {
        "specversion": "1.0",
        "id": "42",
        "source": "https://upstream.example/closing",
        "type": "fortnox.import-requested.v1",
        "subject": str(bus.engagement_id),
        "data": {},
        "anextension": "kept out of the way",
    }
    bus.publish_raw(json.dumps(foreign).encode(), "import-requested")
    wait_for(lambda: effects(bus) == 1)


def test_a_body_that_is_no_event_goes_to_the_dead_letters_with_its_reason_while_others_flow(bus: Bus) -> None:
    bus.consume({"import-requested": Route(note_effect)})
    bus.publish_raw(b"\xff not json", "import-requested")
    bus.publish_raw(b'{"specversion": "1.0", "id": "1", "source": "x"}', "import-requested")
    bus.send("import-requested", ImportRequested())
    wait_for(lambda: effects(bus) == 1)
    letters = wait_for(lambda: bus.dead_letters() if len(bus.dead_letters()) == 2 else [])
    assert {letter.reason_code for letter in letters} == {"event-not-json", "event-invalid"}
    assert all(letter.body and letter.reason for letter in letters)


def test_a_retryable_failure_is_tried_again_from_the_outbox_and_then_succeeds(bus: Bus) -> None:
    attempts: list[int] = []

    def fail_twice(delivery: Delivery) -> None:
        attempts.append(delivery.event.attempt)
        if len(attempts) < 3:
            raise Retryable("flaky", "not yet")
        note_effect(delivery)

    bus.consume({"import-requested": Route(fail_twice)})
    stop = threading.Event()
    hurry = threading.Thread(target=lambda: _hurry_until(bus, stop))
    hurry.start()
    try:
        bus.send("import-requested", ImportRequested())
        wait_for(lambda: effects(bus) == 1)
    finally:
        stop.set()
        hurry.join()
    assert attempts == [1, 2, 3]
    assert bus.dead_letters() == []


def test_after_its_last_attempt_an_event_is_given_up_with_its_run_and_kept_as_a_dead_letter(bus: Bus) -> None:
    given_up: list[str] = []

    def fail(_delivery: Delivery) -> None:
        raise ZeroDivisionError("a bug")

    route = Route(fail, give_up=lambda _session, delivery, error: given_up.append(f"{delivery.event.id} {error.code}"))
    bus.consume({"import-requested": route})
    event = bus.send("import-requested", ImportRequested(), attempt=8)
    letter = wait_for(bus.dead_letters)[0]
    assert given_up == [f"{event.id} unexpected-error"]
    assert letter.reason_code == "unexpected-error"
    assert "ZeroDivisionError" in (letter.traceback or "")


def test_what_the_database_will_never_take_is_given_up_and_not_held_as_an_outage(bus: Bus) -> None:
    def ask_too_much(_delivery: Delivery) -> None:
        raise OperationalError("INSERT", {}, psycopg.errors.ProgramLimitExceeded("index row size 6016 exceeds 2704"))

    bus.consume({"import-requested": Route(ask_too_much)})
    bus.send("import-requested", ImportRequested(), attempt=8)
    letter = wait_for(bus.dead_letters)[0]
    assert letter.reason_code == "unexpected-error"
    assert "ProgramLimitExceeded" in (letter.traceback or "")


def test_a_rejected_event_is_a_dead_letter_at_once(bus: Bus) -> None:
    def refuse(_delivery: Delivery) -> None:
        raise Rejected("nonsense", "this can never work")

    bus.consume({"import-requested": Route(refuse)})
    bus.send("import-requested", ImportRequested())
    assert wait_for(bus.dead_letters)[0].reason == "this can never work"


def test_what_must_wait_is_a_row_that_goes_on_when_the_wait_is_over_and_counts_no_failure(bus: Bus) -> None:
    attempts: list[int] = []

    def wait_first(delivery: Delivery) -> None:
        attempts.append(delivery.event.attempt)
        if len(attempts) == 1:
            raise Later("reconnect-needed", "connect again", until=None, waiting_for="reconnect:x")
        note_effect(delivery)

    bus.consume({"import-requested": Route(wait_first)})
    bus.send("import-requested", ImportRequested())
    wait_for(lambda: _waiting(bus) == 1)
    assert effects(bus) == 0
    with bus.store.write() as session:
        release(session, "reconnect:x", bus.clock.now())
    wait_for(lambda: effects(bus) == 1)
    assert attempts == [1, 1]


def test_an_event_for_an_engagement_that_does_not_exist_is_a_dead_letter(bus: Bus) -> None:
    bus.consume({"import-requested": Route(note_effect)})
    stray = new_event("import-requested", uuid4(), ImportRequested(), bus.clock.now())
    bus.publish_raw(stray.model_dump_json(exclude_none=True).encode(), "import-requested")
    assert wait_for(bus.dead_letters)[0].reason_code == "engagement-unknown"


def test_two_deliveries_at_the_same_moment_have_one_effect(bus: Bus) -> None:
    # Both workers look into the inbox before either has written to it; the primary key lets one of them commit.
    meet = threading.Barrier(2, timeout=10)

    def together(delivery: Delivery) -> None:
        if delivery.event.attempt == 1 and not meet.broken:
            with contextlib.suppress(threading.BrokenBarrierError):
                meet.wait()
        note_effect(delivery)

    bus.consume({"import-requested": Route(together)})
    event = new_event("import-requested", bus.engagement_id, ImportRequested(), bus.clock.now())
    body = event.model_dump_json(exclude_none=True).encode()
    bus.publish_raw(body, "import-requested")
    bus.publish_raw(body, "import-requested")
    wait_for(lambda: settled(bus) == 1)
    marker = bus.send("import-requested", ImportRequested(), attempt=2)
    wait_for(lambda: settled(bus) == 2, what=marker.id)
    assert effects(bus) == 2
    assert bus.dead_letters() == []


def test_another_body_under_the_id_of_an_event_that_is_still_under_way_is_refused(bus: Bus) -> None:
    # Neither is in the inbox when both begin; the second one learns at its commit that the id is taken.
    meet = threading.Barrier(2, timeout=10)

    def together(delivery: Delivery) -> None:
        if not meet.broken:
            with contextlib.suppress(threading.BrokenBarrierError):
                meet.wait()
        note_effect(delivery)

    bus.consume({"import-requested": Route(together)})
    first = new_event("import-requested", bus.engagement_id, ImportRequested(), bus.clock.now())
    for data in ({}, {"import_id": str(uuid4())}):
        body = first.model_copy(update={"data": data}).model_dump_json(exclude_none=True).encode()
        bus.publish_raw(body, "import-requested")
    letter = wait_for(bus.dead_letters)[0]
    assert (letter.reason_code, letter.event_id) == ("event-id-reused", first.id)
    assert (effects(bus), len(bus.dead_letters())) == (1, 1)


def test_an_event_whose_run_cannot_even_be_given_up_is_kept_with_both_reasons(bus: Bus) -> None:
    def refuse(_delivery: Delivery) -> None:
        raise Rejected("nonsense", "this can never work")

    def stumble(*_arguments: object) -> None:
        raise KeyError("a bug in giving up")

    bus.consume({"import-requested": Route(refuse, stumble)})
    event = bus.send("import-requested", ImportRequested())
    letter = wait_for(bus.dead_letters)[0]
    assert (letter.reason_code, letter.event_id, letter.firm_id) == ("unexpected-error", event.id, bus.firm_id)
    assert "this can never work" in (letter.traceback or "")
    assert "a bug in giving up" in (letter.traceback or "")


def test_what_follows_from_an_event_carries_its_trace(bus: Bus) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    def go_on(delivery: Delivery) -> None:
        with delivery.settle() as session:
            delivery.emit(session, new_event("import-failed", delivery.event.subject, FAILED, bus.clock.now()))

    bus.consume({"import-requested": Route(go_on)})
    bus.send("import-requested", ImportRequested(), traceparent=trace)
    wait_for(lambda: settled(bus) == 1)
    with bus.store.read() as session:
        body = session.scalars(select(OutboxMessage.body).where(OutboxMessage.name == "import-failed")).one()
    assert body["traceparent"] == trace


def _waiting(bus: Bus) -> int:
    with bus.store.read() as session:
        return len(session.scalars(select(OutboxMessage).where(OutboxMessage.waiting_for.is_not(None))).all())


def _hurry(bus: Bus) -> None:
    """Let waits that were written end now."""
    with bus.store.write() as session:
        rows = session.scalars(
            select(OutboxMessage).where(
                OutboxMessage.sent_at.is_(None), OutboxMessage.not_before > bus.clock.now() + timedelta(seconds=0.1)
            )
        )
        for row in rows:
            row.not_before = bus.clock.now()


def _hurry_until(bus: Bus, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        _hurry(bus)
