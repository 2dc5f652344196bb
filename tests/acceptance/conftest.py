"""The whole pipeline in processes of its own, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import Deployment, deployed


@pytest.fixture
def deployment(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """Sandbox, gateway, relay and three workers on PostgreSQL and RabbitMQ."""
    with deployed(database_url, broker_url, tmp_path, sandbox=["--seed", "7"]) as running:
        yield running
