from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.sandbox.company import Company
from services.sandbox.generator import generate
from services.sandbox.truth import Truth
from tests.integration.gateway.house import YEAR_END, House, open_house
from tests.scene import SMALL, open_scene


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
