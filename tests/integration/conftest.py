"""Databases for a whole module: for tests that only read, or that leave everything as they found it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import fresh_database


@pytest.fixture(scope="module")
def module_database_url(postgres_url: str, _template: str) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    with fresh_database(postgres_url, _template) as url:
        yield url


@pytest.fixture(scope="module")
def module_sqlite_url(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> str:
    """A migrated SQLite database."""
    path = tmp_path_factory.mktemp("database") / "pipeline.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"
