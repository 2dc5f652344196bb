"""Two workers with the same export in hand, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

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
    body = body_of(closing.plan())
    closing.misbehave("latency", count=None, seconds=0.05)
    ready = threading.Barrier(2)

    def work() -> None:
        consumer = closing.exporter()
        ready.wait()
        consumer.receive(body)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    closing.scene.clock.advance(A_LEASE)
    assert closing.finish().state == "completed"
    closing.expect_each_once(4)
