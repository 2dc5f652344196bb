"""`fortnox-pipeline keys rotate-tokens`: the key that seals the tokens is changed while the system works."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from fortnox_pipeline.cli import app
from shared.connections.access import FortnoxAccess
from shared.connections.resealing import BATCH
from shared.fortnox import Grant
from shared.security.vault import Vault
from shared.store.connections import Connection
from tests.chaos.renewing import Fleet, add_connection, fleet
from tests.waiting import wait_for

NEW = os.urandom(32)
OLD_ID = "chaos"  # as the fleet's connections are sealed


ASLEEP = Grant(access_token="a token", refresh_token="a refresh token", expires_in_s=3600, scopes=(), tenant_id=None)


@pytest.fixture(params=["sqlite_url", "database_url"])
def ships(request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """Two connections, the first ones in the command's order."""
    with fleet(request.getfixturevalue(request.param), 2) as ships:
        yield ships


def add_sleeping(ships: Fleet, count: int) -> list[UUID]:
    """Add connections with which nobody works: Fortnox never sees their tokens."""
    firm_id, now = ships.row(ships.connection_ids[0]).firm_id, ships.access.clock.now()
    with ships.access.store.write() as session:
        return [
            add_connection(session, ships.access.vault, firm_id, number, ASLEEP, now) for number in range(7, 7 + count)
        ]


def rotate(ships: Fleet, keys: dict[str, bytes], folder: Path) -> tuple[int, str]:
    """Run the command with these keys; return its exit code and what it said."""
    file = folder / "keys.json"
    file.write_text(json.dumps({key_id: base64.b64encode(key).decode() for key_id, key in keys.items()}))
    environment = {"DATABASE_URL": ships.orders.database_url, "TOKEN_KEYS_FILE": str(file), "COLUMNS": "200"}
    result = CliRunner().invoke(app, ["keys", "rotate-tokens"], env=environment, catch_exceptions=False)
    return result.exit_code, result.output


def with_keys(ships: Fleet, keys: dict[str, bytes]) -> FortnoxAccess:
    return replace(ships.access, vault=Vault(keys))


def key_ids(ships: Fleet, connection_ids: list[UUID]) -> set[str]:
    rows = [ships.row(connection_id) for connection_id in connection_ids]
    sealed = [column for row in rows for column in (row.access_token, row.refresh_token) if column is not None]
    return {value.split(b":")[1].decode() for value in sealed}


@contextmanager
def renewals(ships: Fleet, access: FortnoxAccess) -> Iterator[list[int]]:
    """Renew one connection after the other without a break, as the workers do; give the versions that came of it."""
    versions: list[int] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            connection_id = ships.connection_ids[len(versions) % len(ships.connection_ids)]
            versions.append(access.tokens(connection_id).renew_now().version)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_for(lambda: versions, what="the first renewal")
        yield versions
    finally:
        stop.set()
        thread.join()


def test_tokens_move_to_the_first_key_while_the_system_writes_and_the_old_key_can_go(
    ships: Fleet, tmp_path: Path
) -> None:
    # The worker has not been restarted yet and seals with the old key. It renews while the command goes through its
    # batches: a resealing that overwrote a renewal would bring a burnt token back.
    sleeping = add_sleeping(ships, BATCH)
    old = ships.orders.vault_key
    both = {"new": NEW, OLD_ID: old}
    with renewals(ships, with_keys(ships, {OLD_ID: old, "new": NEW})) as versions:
        before = len(versions)
        code, said = rotate(ships, both, tmp_path)
        wait_for(lambda: len(versions) > before, what="a renewal during the command or after it")
    assert code == 0
    assert f"{BATCH + 2} connections are now sealed with key new.\n" in said
    with renewals(ships, with_keys(ships, both)):  # restarted
        assert rotate(ships, both, tmp_path)[0] == 0
    assert rotate(ships, both, tmp_path) == (0, "0 connections are now sealed with key new.\n")
    assert key_ids(ships, [*ships.connection_ids, *sleeping]) == {"new"}
    only_new = with_keys(ships, {"new": NEW})
    for connection_id in ships.connection_ids:
        version = ships.row(connection_id).version
        assert only_new.tokens(connection_id).renew_now().version == version + 1


def test_what_no_key_opens_is_counted_and_is_a_failure(ships: Fleet, tmp_path: Path) -> None:
    foreign, *others = ships.connection_ids
    with ships.access.store.write() as session:
        row = session.get_one(Connection, foreign)
        row.refresh_token = Vault({"lost": os.urandom(32)}).seal("a token", "somewhere")
    code, said = rotate(ships, {"new": NEW, OLD_ID: ships.orders.vault_key}, tmp_path)
    assert code == 1
    assert f"{len(others)} connections are now sealed with key new." in said
    assert "1 connections cannot be opened with any of the keys." in said


def test_broken_keys_are_refused_without_being_shown(sqlite_url: str) -> None:
    key = base64.b64encode(NEW).decode()
    environment = {"DATABASE_URL": sqlite_url, "TOKEN_KEYS": f'{{"new": "{key}"'}
    result = CliRunner().invoke(app, ["keys", "rotate-tokens"], env=environment)
    assert getattr(result.exception, "code", None) == "token-keys-invalid"  # main() makes it one line and exit code 1
    assert key not in result.output + str(result.exception)
