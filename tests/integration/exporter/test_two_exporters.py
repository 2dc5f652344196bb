"""Two workers with the same export in hand, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from shared.adjustments.undo import plan_undo
from shared.errors import Rejected
from shared.messaging.events import Event
from shared.store.adjustments import Export
from tests.integration.exporter.closing import A_LEASE, YEAR_END, Closing, body_of
from tests.scene import open_scene


@pytest.fixture(params=["sqlite_url", "database_url"])
def closing(request: pytest.FixtureRequest) -> Iterator[Closing]:
    with open_scene(request.getfixturevalue(request.param), year_end=YEAR_END) as scene:
        yield Closing(scene)


def test_two_exporters_at_once_on_one_export_post_each_voucher_once(closing: Closing) -> None:
    """Both threads receive the event before either has settled it; whoever comes second finds the lease taken, or the
    export finished."""
    for number in range(1, 5):
        closing.adjust("V", number)
    work_twice_at_once(closing, closing.plan())
    assert closing.finish().state == "completed"
    closing.expect_each_once(4)


def test_two_exporters_at_once_on_one_undo_take_each_voucher_back_once(closing: Closing) -> None:
    before = closing.balances_ore()
    for number in range(1, 5):
        closing.adjust("V", number)
    closing.deliver(closing.plan())
    work_twice_at_once(closing, closing.undo())
    assert closing.finish().state == "completed"
    assert len(closing.reversals()) == 4
    assert closing.moved_ore(before) == {}


def test_an_undo_that_is_asked_for_twice_at_once_is_planned_once(closing: Closing) -> None:
    """Both threads read the export before either has committed its plan; the engagement's lock lets one go first."""
    closing.adjust("V", 1)
    closing.deliver(closing.plan())
    export = closing.export()
    ready = threading.Barrier(2)
    refused: list[str] = []

    def ask() -> None:
        ready.wait()
        try:
            with closing.scene.store.write() as session:
                plan_undo(session, session.get_one(Export, export.id), None, "anna", closing.scene.clock.now())
        except Rejected as error:
            refused.append(error.code)

    in_threads(ask, ask)
    assert refused == ["nothing-to-undo"]
    assert len(closing.exports()) == 2


def work_twice_at_once(closing: Closing, event: Event) -> None:
    """Let two workers receive the event, and their leases run out."""
    body = body_of(event)
    closing.misbehave("latency", count=None, seconds=0.05)
    ready = threading.Barrier(2)

    def work() -> None:
        consumer = closing.exporter()
        ready.wait()
        consumer.receive(body)

    in_threads(work, work)
    closing.scene.clock.advance(A_LEASE)


def in_threads(*work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
