from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.exporter.closing import YEAR_END, Closing
from tests.scene import open_scene


@pytest.fixture
def closing(sqlite_url: str) -> Iterator[Closing]:
    with open_scene(sqlite_url, year_end=YEAR_END) as scene:
        yield Closing(scene)
