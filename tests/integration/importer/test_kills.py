"""An import that is killed anywhere goes on where it stood, and asks Fortnox for nothing that it has."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from services.importer.runs import CANCELLED, COMPLETED, FAILED, LEASE, RUNNING
from services.sandbox.faults import FaultRule
from services.sandbox.server import SandboxServer
from shared.clock import Clock
from shared.messaging.consumer import LONGEST_OUTAGE
from shared.store.engagements import Client
from shared.store.imports import Import
from tests.integration.importer.importing import Importer

OTHER_NUMBER = "556016-0680"


class Killed(BaseException):
    """The worker ends here: nothing catches this, as nothing catches a kill."""


class MortalClock:
    """The scene's clock, until it has been looked at so many times: then the worker is dead."""

    def __init__(self, clock: Clock, looks: int) -> None:
        self._clock = clock
        self.looks = looks

    def now(self) -> datetime:
        self.looks -= 1
        if self.looks < 0:
            raise Killed
        return self._clock.now()


def run_killed_every(importer: Importer, looks: int) -> int:
    """Let workers that each die after so many looks at the clock do an import together; return how many died."""
    importer.ask()
    deaths = 0
    pending: list[bytes] = []
    for _ in range(400):
        due = [event for event in importer.scene.due_events() if event.name == "import-requested"]
        pending += [event.model_dump_json(exclude_none=True).encode() for event in due]
        if not pending:
            if importer.scene.imports()[0].state not in ("queued", "running", "waiting"):
                return deaths
            importer.scene.clock.advance(LEASE)
            continue
        consumer = importer.consumers(clock=MortalClock(importer.scene.clock, looks))["import-requested"]
        try:
            consumer.receive(pending[0])
        except Killed:
            deaths += 1  # the broker delivers the message again
            importer.scene.clock.advance(LEASE)
        else:
            pending.pop(0)
    raise AssertionError("the import does not come to an end")


@pytest.mark.parametrize("looks", [13, 14, 16, 19, 24])
def test_killed_after_any_number_of_steps_it_ends_complete_and_asks_again_only_for_the_step_under_way(
    importer: Importer, looks: int
) -> None:
    # The clock is looked at for every request and around every commit, so the kills fall before, between and behind them.
    deaths = run_killed_every(importer, looks)
    row = importer.scene.imports()[0]
    assert row.state == COMPLETED
    assert deaths > 0
    for year in importer.scene.company.years_by_date()[:3]:
        assert importer.balances(year.from_date) == importer.truth(year.from_date)
    asked = Counter(importer.scene.journal())
    again = asked.total() - len(asked)
    assert again <= 5 * deaths  # a step is at most four calls, and one more on its way meanwhile
    files = sum(count for call, count in asked.items() if "/3/sie/" in call)
    assert files <= 3 + 2 * deaths  # the one that was to be stored, and the one on its way meanwhile


def test_a_whole_import_takes_one_event_after_it_was_made(importer: Importer) -> None:
    importer.ask()
    importer.scene.step(importer.consumers())
    events = importer.scene.step(importer.consumers())
    assert [event.name for event in events] == ["import-requested"]
    assert importer.scene.imports()[0].state == COMPLETED


def test_progress_is_in_the_row_while_the_import_runs(importer: Importer) -> None:
    importer.ask()
    seen: list[tuple[str | None, float, int, int]] = []
    while importer.step():
        row = importer.scene.imports()[0]
        seen.append((row.stage, row.share_done, row.counts.get("years", 0), row.requests))
    assert seen == [
        (None, 0.0, 0, 0),
        ("registers", 0.143, 0, 2),
        ("ledger", 0.286, 0, 5),
        ("ledger", 0.429, 1, 6),
        ("ledger", 0.571, 2, 7),
        ("settings", 0.714, 3, 8),
        ("proof", 0.857, 3, 12),
        ("proof", 1.0, 3, 12),
        ("proof", 1.0, 3, 12),
    ]


@pytest.mark.parametrize("steps", [2, 3, 5])
def test_a_cancelled_import_leaves_the_last_complete_one_standing(importer: Importer, steps: int) -> None:
    assert importer.run().state == COMPLETED
    facts, scene = importer.facts(), importer.scene
    before = {year.from_date: importer.balances(year.from_date) for year in scene.company.years_by_date()[:3]}
    for voucher in list(scene.company.vouchers.values())[::7]:
        scene.desk.delete_voucher(voucher.key)
    scene.clock.advance(timedelta(hours=1))
    importer.ask()
    for _ in range(steps):
        importer.step()
    cancelled = scene.imports()[-1]
    assert cancelled.state == RUNNING
    scene.change(Import, cancelled.id, state=CANCELLED)
    importer.go_on()
    assert (scene.engagement().last_run, importer.facts()) == (1, facts)
    assert {day: importer.balances(day) for day in before} == before
    scene.clock.advance(timedelta(hours=1))
    importer.run()
    for day in before:
        assert importer.balances(day) == importer.truth(day)


def test_the_organisation_number_is_checked_at_every_import(importer: Importer) -> None:
    assert importer.run().state == COMPLETED
    facts, calls = importer.facts(), len(importer.scene.journal())
    importer.scene.clock.advance(timedelta(hours=1))
    importer.scene.change(Client, importer.scene.client_id, organisation_number=OTHER_NUMBER)
    row = importer.run()
    assert (row.state, row.reason_code) == (FAILED, "wrong-company")
    assert importer.scene.journal()[calls:] == ["GET /3/companyinformation"]
    assert (importer.facts(), importer.scene.engagement().last_run) == (facts, 1)


def test_an_import_survives_an_outage_of_twenty_hours_and_says_what_it_waits_for(importer: Importer) -> None:
    scene = importer.scene
    importer.ask()
    for _ in range(4):
        importer.step()
    done = len(scene.journal())
    port = urlsplit(scene.sandbox.url).port or 0
    scene.sandbox.stop()
    ends = scene.clock.now() + timedelta(hours=20)
    while scene.clock.now() < ends:
        importer.go_on()
        row = scene.imports()[0]
        assert (row.state, row.reason_code) == ("waiting", "fortnox-unreachable")
        assert row.waiting_until is not None
        scene.clock.advance(row.waiting_until - scene.clock.now())
    with SandboxServer(scene.sandbox.state, port=port):
        importer.go_on()
    assert scene.imports()[0].state == COMPLETED
    assert len(scene.journal()) == len(set(scene.journal())) == 12 > done


def test_after_a_day_without_fortnox_an_import_fails_and_the_last_one_stays(importer: Importer) -> None:
    assert importer.run().state == COMPLETED
    facts = importer.facts()
    importer.scene.clock.advance(timedelta(minutes=10))
    importer.scene.sandbox.state.faults.add(FaultRule("502", path="/3/*", count=None))
    assert importer.run().state == "waiting"
    importer.scene.clock.advance(LONGEST_OUTAGE)
    importer.go_on()
    row = importer.scene.imports()[-1]
    assert (row.state, row.reason_code) == (FAILED, "fortnox-server-error")
    assert (importer.facts(), importer.scene.engagement().last_run) == (facts, 1)
