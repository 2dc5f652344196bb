from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.sandbox.generator import generate
from services.sandbox.spec import CAUSES
from tests.integration.scheduler.building import Builder
from tests.scene import SMALL, open_scene

EVERY_CAUSE = replace(SMALL, seed=7, causes=CAUSES)


@pytest.fixture(params=["sqlite_url", "database_url"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database: SQLite, then PostgreSQL."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def builder(sqlite_url: str) -> Iterator[Builder]:
    """The schedule builder before a small company in whose books everything is wrong that can be."""
    with open_scene(sqlite_url, EVERY_CAUSE, generated=generate(EVERY_CAUSE)) as scene:
        yield Builder(scene)
