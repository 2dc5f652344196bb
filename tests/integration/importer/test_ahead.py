"""While something is stored the next file is on its way: what that must not change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from services.importer.handlers import SLICE
from services.importer.runs import CANCELLED, COMPLETED, WAITING
from services.sandbox.faults import FaultRule
from shared.clock import Clock
from shared.store.imports import Import
from shared.store.ledger import VoucherFact
from tests.integration.importer.importing import Importer

NOTHING = (0, 0)


class WatchedClock:
    """The scene's clock; calls `once` when the thread that fetches ahead first looks at it, just before its request."""

    def __init__(self, clock: Clock, once: Callable[[], object]) -> None:
        self._clock = clock
        self._once: Callable[[], object] | None = once

    def now(self) -> datetime:
        once = self._once
        if once is not None and threading.current_thread().name.startswith("file-ahead"):
            self._once = None
            once()
        return self._clock.now()


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

    go_on(importer, cancel)
    row = importer.scene.imports()[0]
    assert (row.state, row.requests, files_asked_for(importer)) == (CANCELLED, 9, 0)
    assert set(importer.facts().values()) == {NOTHING}
    assert importer.scene.engagement().last_run == 0


def test_a_slice_ends_only_after_the_file_on_its_way_is_stored(importer: Importer) -> None:
    go_on(importer, lambda: importer.scene.clock.advance(SLICE))
    row = importer.scene.imports()[0]
    assert (row.state, row.counts["years"]) == (COMPLETED, 3)
    assert len(importer.scene.journal()) == len(set(importer.scene.journal())) == 12
