from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from services.sandbox.generator import generate
from tests.integration.importer.importing import Importer
from tests.scene import SMALL, open_scene


@pytest.fixture(params=["sqlite_url", "database_url"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database: SQLite, then PostgreSQL."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def importer(url: str) -> Iterator[Importer]:
    """The importer before a small company with an engagement for 2025."""
    with open_scene(url, SMALL, year_end=date(2025, 12, 31), generated=generate(SMALL)) as scene:
        yield Importer(scene)
