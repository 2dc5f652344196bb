"""While something is stored the next file is on its way: what that must not change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import httpx
from sqlalchemy import select

from services.importer.handlers import SLICE
from services.importer.runs import CANCELLED, COMPLETED, WAITING
from services.sandbox.faults import FaultRule
from shared.clock import Clock
from shared.fortnox.tls import tls_context
from shared.store.imports import Import
from shared.store.ledger import VoucherFact
from tests.integration.importer.importing import Importer
from tests.scene import SMALL, open_scene

NOTHING = (0, 0)


class WatchedClock:
    """The scene's clock; calls `once` when the thread that fetches ahead first looks at it, just before its request."""

    def __init__(self, clock: Clock, once: Callable[[], object]) -> None:
        self._clock = clock
        self._once: Callable[[], object] | None = once

    def now(self) -> datetime:
        once = self._once
        if once is not None and threading.current_thread().name.startswith("ahead"):
            self._once = None
            once()
        return self._clock.now()


class WatchedWay(httpx.HTTPTransport):
    """The usual way to Fortnox; calls `once` when a request of this path has left, which is the last before the first file."""

    def __init__(self, path: str, once: Callable[[], object]) -> None:
        super().__init__(verify=tls_context())
        self._path = path
        self._once = once

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == self._path:
            self._once()
        return super().handle_request(request)


def go_on(importer: Importer, once: Callable[[], object]) -> None:
    """Make an import and do all of it, with something that happens when the first file is about to be asked for."""
    importer.ask()
    importer.step()
    importer.scene.pump(importer.consumers(clock=WatchedClock(importer.scene.clock, once)))


def files_asked_for(importer: Importer) -> int:
    return sum("/3/sie/" in call for call in importer.scene.journal())


def test_the_years_are_stored_in_their_order_and_each_is_asked_for_once(importer: Importer) -> None:
    happened: list[int] = []
    go_on(importer, lambda: happened.append(files_asked_for(importer)))
    assert happened == [0]
    row = importer.scene.imports()[0]
    assert (row.state, row.requests, len(importer.scene.journal())) == (COMPLETED, 12, 12)
    with importer.scene.store.read() as session:
        years = list(session.scalars(select(VoucherFact.year_from).order_by(VoucherFact.id)))
    assert years == sorted(years)
    assert len(set(years)) == 3


def test_an_error_of_the_next_file_comes_when_its_year_has_its_turn(importer: Importer) -> None:
    importer.scene.sandbox.state.faults.add(FaultRule("502", path="/3/sie/*", nth=2))
    waiting = importer.run()
    assert (waiting.state, waiting.counts["years"], files_asked_for(importer)) == (WAITING, 1, 1)
    assert waiting.waiting_until is not None
    importer.scene.clock.advance(waiting.waiting_until - importer.scene.clock.now())
    importer.go_on()
    assert (importer.scene.imports()[0].state, files_asked_for(importer)) == (COMPLETED, 3)


def test_a_cancelled_import_asks_for_no_further_file(importer: Importer) -> None:
    def cancel() -> None:
        importer.scene.change(Import, importer.scene.imports()[0].id, state=CANCELLED)

    importer.scene.access = replace(importer.scene.access, transport=lambda: WatchedWay("/3/voucherseries/A", cancel))
    row = importer.run()
    assert (row.state, row.requests, files_asked_for(importer)) == (CANCELLED, 5, 0)
    assert set(importer.facts().values()) == {NOTHING}
    assert importer.scene.engagement().last_run == 0


def test_a_slice_ends_only_after_the_file_on_its_way_is_stored(importer: Importer) -> None:
    go_on(importer, lambda: importer.scene.clock.advance(SLICE))
    row = importer.scene.imports()[0]
    assert (row.state, row.counts["years"]) == (COMPLETED, 3)
    assert len(importer.scene.journal()) == len(set(importer.scene.journal())) == 12


def test_an_import_that_is_cancelled_while_a_year_is_stored_keeps_nothing_and_nobody_waits(database_url: str) -> None:
    # With PostgreSQL requests are noted in the import while a year is stored, so that cancelling does not wait either.
    with open_scene(database_url, SMALL) as scene:
        importer = Importer(scene)

        def cancel() -> None:
            scene.change(Import, scene.imports()[0].id, state=CANCELLED)

        scene.access = replace(scene.access, transport=lambda: WatchedWay("/3/settings/lockedperiod", cancel))
        row = importer.run()
        assert (row.state, files_asked_for(importer)) == (CANCELLED, 3)
        assert set(importer.facts().values()) == {NOTHING}
        assert scene.engagement().last_run == 0
