"""Changing the key that seals the tokens, while the system runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.connections.resealing import reseal_tokens
from shared.security.vault import Vault
from shared.store.connections import Connection
from tests.scene import Scene, open_scene

OLD, NEW = os.urandom(32), os.urandom(32)


@pytest.fixture(params=["sqlite_url", "database_url"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with open_scene(request.getfixturevalue(request.param)) as opened:
        before = opened.access
        opened.access = replace(before, vault=Vault({"old": OLD}))
        opened.reconnect()
        yield opened


def key_ids(scene: Scene) -> set[bytes]:
    row = scene.connection()
    return {sealed.split(b":")[1] for sealed in (row.access_token, row.refresh_token) if sealed is not None}


def test_tokens_move_to_the_first_key_and_work_as_before(scene: Scene) -> None:
    both = Vault({"new": NEW, "old": OLD})
    result = reseal_tokens(scene.store, both)
    assert (result.done, result.unreadable, key_ids(scene)) == (1, 0, {b"new"})
    assert reseal_tokens(scene.store, both).done == 0
    only_new = replace(scene.access, vault=Vault({"new": NEW}))
    assert only_new.tokens(scene.connection_id).renew_now().version == scene.connection().version


def test_a_connection_without_tokens_is_passed_over(scene: Scene) -> None:
    scene.change(Connection, scene.connection_id, access_token=None, refresh_token=None)
    assert reseal_tokens(scene.store, Vault({"new": NEW, "old": OLD})).done == 0


def test_tokens_that_no_key_opens_are_counted_and_left_as_they_are(scene: Scene) -> None:
    before = scene.connection().refresh_token
    assert reseal_tokens(scene.store, Vault({"new": NEW})).unreadable == 1
    assert scene.connection().refresh_token == before


def test_renewals_go_on_while_tokens_are_resealed_and_none_is_overwritten(scene: Scene) -> None:
    # One thread renews without a break, with the old key first, as a process does that has not been restarted yet;
    # the other reseals what it finds. A resealing that overwrote a renewal would bring a burnt token back.
    tokens = replace(scene.access, vault=Vault({"old": OLD, "new": NEW})).tokens(scene.connection_id)
    done = threading.Event()

    def reseal() -> None:
        while not done.is_set():
            reseal_tokens(scene.store, Vault({"new": NEW, "old": OLD}))

    thread = threading.Thread(target=reseal)
    thread.start()
    try:
        first = scene.connection().version
        for number in range(1, 26):
            assert tokens.renew_now().version == first + number
    finally:
        done.set()
        thread.join()
    reseal_tokens(scene.store, Vault({"new": NEW, "old": OLD}))
    assert key_ids(scene) == {b"new"}
