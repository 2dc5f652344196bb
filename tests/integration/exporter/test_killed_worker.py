"""A worker killed with SIGKILL in the middle of an export: everything ends in Fortnox exactly once (P3, P4).

Each kill comes after a seeded number of calls has arrived at Fortnox. Fortnox books at once and answers late, so most
kills fall between booking and answer, some between answer and commit, some before anything was sent.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.integration.exporter.closing import Closing
from tests.integration.exporter.worker import Killer

VOUCHERS = 5
READS = 6  # company, years, series, accounts, locked period, the day's vouchers
SEEDS = range(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_whenever_the_worker_is_killed_each_voucher_is_in_fortnox_once(
    closing: Closing, killer: Killer, seed: int
) -> None:
    for number in range(1, VOUCHERS + 1):
        closing.adjust("V", number)
    event = closing.plan()
    closing.misbehave("latency", count=None, seconds=0.1)
    killer.kill(event, after_calls=Random(seed).randint(1, READS + VOUCHERS - 1))
    closing.deliver(event)
    assert closing.finish().state == "completed"
    assert [state for state, _ in closing.states()] == ["posted"] * VOUCHERS
    closing.expect_each_once(VOUCHERS)


@pytest.mark.parametrize("seed", SEEDS)
def test_whenever_the_worker_is_killed_each_voucher_is_taken_back_once(
    closing: Closing, killer: Killer, seed: int
) -> None:
    before = closing.balances_ore()
    for number in range(1, VOUCHERS + 1):
        closing.adjust("V", number)
    closing.deliver(closing.plan())
    event = closing.undo()
    closing.misbehave("latency", count=None, seconds=0.1)
    killer.kill(event, after_calls=Random(seed).randint(1, READS + 2 * VOUCHERS - 1))  # each original is opened
    closing.deliver(event)
    assert closing.finish().state == "completed"
    assert [state for state, _ in closing.states()] == ["posted"] * VOUCHERS
    assert len(closing.reversals()) == VOUCHERS
    assert closing.moved_ore(before) == {}
    assert set(closing.statuses().values()) == {"not_transferred"}


@pytest.mark.parametrize("seed", SEEDS)
def test_whenever_the_worker_is_killed_each_file_hangs_on_its_voucher_once(
    closing: Closing, killer: Killer, seed: int
) -> None:
    """The voucher itself takes one call; each file is uploaded and connected after the inbox and the connections have
    been read."""
    key = closing.adjust("V", 1)
    contents = [f"file {number}" for number in range(3)]
    for content in contents:
        closing.attach(key, f"{content}.pdf", content.encode())
    event = closing.plan()
    for path in ("/3/inbox", "/3/voucherfileconnections"):
        closing.misbehave("latency", path=path, count=None, seconds=0.1)
    killer.kill(event, after_calls=Random(seed).randint(READS + 1, READS + 1 + 2 + 2 * len(contents) - 1))
    closing.deliver(event)
    assert closing.finish().state == "completed"
    (booked,) = closing.booked()
    assert closing.hanging() == [(f"A{booked.number}", content) for content in contents]
    assert closing.inbox() == []
    assert closing.file_states() == [("connected", None)] * len(contents)
