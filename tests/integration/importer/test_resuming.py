"""Kills, duplicates, cancellations and rivals: an import reads nothing twice and leaves nothing half-done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.importer.runs import CANCELLED, COMPLETED, LEASE, QUEUED, RUNNING, WAITING
from services.sandbox.faults import FaultRule
from shared.messaging.events import ImportRequested
from shared.store.imports import Import
from tests.integration.importer.importing import Importer

NOTHING = (0, 0)


def test_an_import_killed_after_each_slice_asks_fortnox_for_nothing_twice(importer: Importer) -> None:
    importer.ask()
    slices = 0
    while importer.step():  # each step is another worker, as after a kill
        slices += 1
    assert importer.scene.imports()[0].state == COMPLETED
    assert slices == 9  # made, company, registers, three years, settings, proof, and what follows
    asked = importer.scene.journal()
    assert len(asked) == len(set(asked)) == 12


def test_a_worker_killed_within_a_slice_leaves_a_lease_that_runs_out(importer: Importer) -> None:
    scene = importer.scene
    importer.ask()
    importer.step()
    scene.change(Import, scene.imports()[0].id, state=RUNNING, lease_until=scene.clock.now() + LEASE)
    importer.go_on()
    assert (scene.imports()[0].state, scene.journal()) == (RUNNING, [])
    scene.clock.advance(LEASE)
    importer.go_on()
    assert scene.imports()[0].state == COMPLETED


def test_every_event_delivered_twice_has_one_effect(importer: Importer) -> None:
    importer.ask()
    consumer = importer.consumers()["import-requested"]
    while events := importer.scene.due_events():
        for event in events:
            if event.name == "import-requested":
                body = event.model_dump_json(exclude_none=True).encode()
                consumer.receive(body)
                consumer.receive(body)
    assert [row.state for row in importer.scene.imports()] == [COMPLETED]
    assert importer.scene.imports()[0].requests == len(importer.scene.journal()) == 12
    assert importer.scene.dead_letters() == []


def test_one_event_in_two_workers_at_once_is_dealt_with_once(importer: Importer) -> None:
    # Both find nothing in the inbox. One takes the lease; the other meets it and waits, or comes after the commit and
    # finds the event in the inbox: either way it asks Fortnox for nothing.
    importer.ask()
    for _ in range(2):
        importer.step()
    (event,) = (event for event in importer.scene.due_events() if event.name == "import-requested")
    body = event.model_dump_json(exclude_none=True).encode()
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda _: importer.consumers()["import-requested"].receive(body), range(2)))
    importer.go_on()
    importer.scene.clock.advance(LEASE)
    importer.go_on()
    assert [row.state for row in importer.scene.imports()] == [COMPLETED]
    assert len(importer.scene.journal()) == importer.scene.imports()[0].requests == 12
    assert importer.scene.dead_letters() == []


def test_two_events_for_one_import_run_it_once(importer: Importer) -> None:
    importer.ask()
    importer.step()
    importer.scene.send("import-requested", ImportRequested(import_id=importer.scene.imports()[0].id))
    importer.go_on()
    assert [row.state for row in importer.scene.imports()] == [COMPLETED]
    assert len(importer.scene.journal()) == 12


@pytest.mark.parametrize("slices", [1, 2, 4])
def test_a_cancelled_import_stops_at_its_next_slice_and_is_undone(importer: Importer, slices: int) -> None:
    importer.ask()
    for _ in range(slices):
        importer.step()
    asked = len(importer.scene.journal())
    importer.scene.change(Import, importer.scene.imports()[0].id, state=CANCELLED)
    importer.go_on()
    assert len(importer.scene.journal()) == asked
    assert set(importer.facts().values()) == {NOTHING}
    assert importer.scene.engagement().last_run == 0


def test_a_new_import_builds_on_nothing_that_a_cancelled_one_left(importer: Importer) -> None:
    importer.ask()
    for _ in range(4):
        importer.step()
    halfway = importer.scene.imports()[0]
    importer.scene.change(Import, halfway.id, state=CANCELLED)
    importer.scene.due_events()  # the cancelled import's event is still on its way
    row = importer.run()
    assert (row.state, row.run) == (COMPLETED, 2)
    assert row.counts["added"] == row.counts["vouchers"]
    importer.scene.send("import-requested", ImportRequested(import_id=halfway.id))
    importer.go_on()
    for year in importer.scene.company.years_by_date()[:3]:
        assert importer.balances(year.from_date) == importer.truth(year.from_date)


def test_what_waits_yields_to_a_newer_import(importer: Importer) -> None:
    scene = importer.scene
    scene.sandbox.state.faults.add(FaultRule("429", path="/3/sie/*", nth=2))
    first = importer.run()
    assert first.state == WAITING
    second = importer.run()
    assert (second.state, second.run) == (COMPLETED, 2)
    scene.clock.advance(timedelta(minutes=5))
    importer.go_on()
    first = next(row for row in scene.imports() if row.id == first.id)
    assert (first.state, first.reason_code) == (CANCELLED, "superseded")
    for year in scene.company.years_by_date()[:3]:
        assert importer.balances(year.from_date) == importer.truth(year.from_date)


def test_a_newer_import_waits_for_one_that_runs(importer: Importer) -> None:
    importer.ask()
    for _ in range(3):
        importer.step()
    running = importer.scene.imports()[0]
    importer.scene.clock.advance(timedelta(seconds=1))
    importer.ask()
    for _ in range(2):  # made, and met by the one that runs
        importer.step()
    importer.go_on()
    states = [row.state for row in importer.scene.imports()]
    assert states == [COMPLETED, QUEUED]
    importer.scene.clock.advance(timedelta(seconds=10))
    importer.go_on()
    assert [(row.state, row.run) for row in importer.scene.imports()] == [(COMPLETED, 1), (COMPLETED, 2)]
    assert importer.scene.imports()[0].id == running.id
