from __future__ import annotations

import multiprocessing
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from shared.connections.tokens import bound_to
from shared.security.vault import Vault
from shared.store.connections import Connection
from tests.integration.exporter.closing import YEAR_END, Closing
from tests.integration.exporter.worker import Killer, work
from tests.scene import open_scene

Backup = tuple[Callable[[], None], Callable[[], None]]


@pytest.fixture
def closing(sqlite_url: str) -> Iterator[Closing]:
    with open_scene(sqlite_url, year_end=YEAR_END) as scene:
        yield Closing(scene)


@pytest.fixture
def backup(closing: Closing, tmp_path: Path) -> Iterator[Backup]:
    """Return what copies the database aside, and what brings the copy back."""
    database, aside = tmp_path / "pipeline.db", tmp_path / "aside.db"

    def copy(source: Path, target: Path) -> None:
        closing.scene.store.close()
        read, write = sqlite3.connect(source), sqlite3.connect(target)
        read.backup(write)
        write.close()
        read.close()

    def restore() -> None:
        copy(aside, database)
        closing.scene.reconnect()  # the refresh token in the copy has been used

    yield lambda: copy(database, aside), restore
    closing.scene.store.close()


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Forks workers from a process that has imported everything and has no threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work.__module__])
    return context


@pytest.fixture
def killer(closing: Closing, sqlite_url: str, processes: ForkServerContext) -> Killer:
    """Kills workers; the scene's tokens are sealed by a key that another process can be given."""
    scene, key = closing.scene, os.urandom(32)
    vault = Vault({"killed": key})
    with scene.store.write() as session:
        row = session.get_one(Connection, scene.connection_id)
        for column in ("access_token", "refresh_token"):
            place = bound_to(row.id, column)
            setattr(row, column, vault.seal(scene.access.vault.open(getattr(row, column), place), place))
    scene.access = replace(scene.access, vault=vault)
    return Killer(closing, processes, sqlite_url, key)
