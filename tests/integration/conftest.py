"""Databases for a whole module: for tests that only read, or that leave everything as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import fresh_database


@pytest.fixture(scope="module")
def module_database_url(postgres_url: str, _template: str) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    with fresh_database(postgres_url, _template) as url:
        yield url


@pytest.fixture(scope="module")
def module_sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path_factory.mktemp('database') / 'pipeline.db'}"
