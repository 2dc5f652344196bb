"""A worker killed with SIGKILL in the middle of an export: each voucher ends in Fortnox exactly once (P3, P4)."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from random import Random

import pytest

from shared.connections.tokens import bound_to
from shared.security.vault import Vault
from shared.store.connections import Connection
from tests.integration.exporter.closing import A_LEASE, YEAR_END, Closing, body_of
from tests.integration.exporter.worker import Orders, work
from tests.scene import open_scene
from tests.waiting import wait_for

VOUCHERS = 5
READS = 6  # company, years, series, accounts, locked period, the day's vouchers
SEEDS = range(10)


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Forks workers from a process that has imported everything and has no threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work.__module__])
    return context


@pytest.fixture
def vault_key() -> bytes:
    return os.urandom(32)


@pytest.fixture
def closing(sqlite_url: str, vault_key: bytes) -> Iterator[Closing]:
    """The scene with its tokens sealed by a key that another process can be given."""
    with open_scene(sqlite_url, year_end=YEAR_END) as scene:
        vault = Vault({"killed": vault_key})
        with scene.store.write() as session:
            row = session.get_one(Connection, scene.connection_id)
            for column in ("access_token", "refresh_token"):
                place = bound_to(row.id, column)
                setattr(row, column, vault.seal(scene.access.vault.open(getattr(row, column), place), place))
        scene.access = replace(scene.access, vault=vault)
        yield Closing(scene)


@pytest.mark.parametrize("seed", SEEDS)
def test_whenever_the_worker_is_killed_each_voucher_is_in_fortnox_once(
    closing: Closing, processes: ForkServerContext, sqlite_url: str, vault_key: bytes, seed: int
) -> None:
    """The kill comes after a seeded number of calls has arrived at Fortnox. Fortnox books at once and answers late, so
    most kills fall between booking and answer, some between answer and commit, some before the first voucher."""
    calls = Random(seed).randint(1, READS + VOUCHERS - 1)
    scene = closing.scene
    for number in range(1, VOUCHERS + 1):
        closing.adjust("V", number)
    body = body_of(event := closing.plan())
    closing.misbehave("latency", count=None, seconds=0.1)
    arrivals = scene.sandbox.state.rate.arrivals[scene.company.database_number]
    orders = Orders(sqlite_url, scene.sandbox.url, vault_key, scene.clock.now(), body)
    worker = processes.Process(target=work, args=(orders,))
    worker.start()
    wait_for(lambda: arrivals.calls >= calls, what=f"call {calls}")
    worker.kill()
    worker.join()
    worker.close()

    assert closing.export().state == "running"
    scene.clock.advance(A_LEASE)
    closing.deliver(event)
    assert closing.finish().state == "completed"
    assert [state for state, _ in closing.states()] == ["posted"] * VOUCHERS
    closing.expect_each_once(VOUCHERS)
