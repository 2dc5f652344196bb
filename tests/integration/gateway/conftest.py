from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from services.sandbox.company import Company
from services.sandbox.generator import generate
from services.sandbox.truth import Truth
from tests.integration.gateway.closing import Closing, open_closing
from tests.integration.gateway.exporting import Exporting, open_exporting
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
def lasting_house(module_sqlite_url: str, small_company: tuple[Company, Truth]) -> Iterator[House]:
    """For tests that prove that nothing is stored: they leave it as they found it."""
    with (
        open_scene(module_sqlite_url, year_end=YEAR_END, generated=small_company) as scene,
        open_house(scene) as opened,
    ):
        yield opened


@pytest.fixture
def closing(sqlite_url: str) -> Iterator[Closing]:
    with open_closing(sqlite_url) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def closing_on_both(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Closing]:
    """On an SQLite file, then on PostgreSQL."""
    with ExitStack() as stack:
        url = sqlite_url
        if request.param == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres_url")))
        yield stack.enter_context(open_closing(url))


@pytest.fixture(scope="module")
def lasting_closing(module_sqlite_url: str) -> Iterator[Closing]:
    """For tests that leave it as they found it."""
    with open_closing(module_sqlite_url) as opened:
        yield opened


@pytest.fixture
def exporting(sqlite_url: str) -> Iterator[Exporting]:
    with open_exporting(sqlite_url) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def exporting_on_both(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Exporting]:
    """On an SQLite file, then on PostgreSQL."""
    with ExitStack() as stack:
        url = sqlite_url
        if request.param == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres_url")))
        yield stack.enter_context(open_exporting(url))
