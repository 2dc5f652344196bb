from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.sandbox.company import Company
from services.sandbox.generator import generate
from services.sandbox.truth import Truth
from tests.integration.gateway.house import YEAR_END, House, open_house
from tests.scene import SMALL, open_scene
from tests.servers import fresh_database


@pytest.fixture(scope="session")
def small_company() -> tuple[Company, Truth]:
    """Only read here; who edits it generates his own."""
    return generate(SMALL)


@pytest.fixture
def house(sqlite_url: str, small_company: tuple[Company, Truth]) -> Iterator[House]:
    with open_scene(sqlite_url, year_end=YEAR_END, generated=small_company) as scene, open_house(scene) as opened:
        yield opened


@pytest.fixture(scope="module")
def lasting_house(tmp_path_factory: pytest.TempPathFactory, small_company: tuple[Company, Truth]) -> Iterator[House]:
    """For tests that prove that nothing is stored: they leave it as they found it."""
    folder: Path = tmp_path_factory.mktemp("gateway")
    url = f"sqlite:///{folder / 'pipeline.db'}"
    with open_scene(url, year_end=YEAR_END, generated=small_company) as scene, open_house(scene) as opened:
        yield opened


@pytest.fixture(scope="module")
def module_database_url(postgres_url: str, _template: str) -> Iterator[str]:
    """A migrated PostgreSQL database for the tests of one module."""
    with fresh_database(postgres_url, _template) as url:
        yield url
