"""What every test can ask for: a database, a broker, servers of its own to kill, and no network beyond this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.store.database import Store
from shared.store.migrate import upgrade
from tests import loopback
from tests.servers import (
    Broker,
    BrokerAddress,
    Server,
    fresh_database,
    fresh_vhost,
    migrated_template,
    new_postgres,
    new_rabbitmq,
    running,
    shared_postgres,
    shared_rabbitmq,
)


def pytest_configure() -> None:
    loopback.guard()


@pytest.fixture(scope="session")
def migrate() -> Callable[[str], None]:
    """Brings the database of a URL to the newest version; runs once per session, on the template of all the others."""

    def migrate(url: str) -> None:
        store = Store(url)
        upgrade(store)
        store.close()  # a template cannot be copied while somebody is connected

    return migrate


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The run's PostgreSQL, shared by all tests: for what is below `database_url`."""
    with shared_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[BrokerAddress]:
    """The run's RabbitMQ, shared by all tests: for what is below `broker_url`."""
    with shared_rabbitmq() as address:
        yield address


@pytest.fixture(scope="session")
def _template(postgres_url: str, migrate: Callable[[str], None]) -> Iterator[str]:
    with migrated_template(postgres_url, migrate) as name:
        yield name


@pytest.fixture
def database_url(postgres_url: str, _template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test alone."""
    with fresh_database(postgres_url, _template) as url:
        yield url


@pytest.fixture
def broker_url(rabbitmq: BrokerAddress) -> Iterator[str]:
    """A RabbitMQ vhost of this test alone; its queues are quorum queues."""
    with fresh_vhost(rabbitmq) as url:
        yield url


@pytest.fixture
def new_sqlite_url(tmp_path: Path) -> str:
    """An SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'pipeline.db'}"


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A migrated SQLite database of this test alone."""
    shutil.copyfile(sqlite_template, tmp_path / "pipeline.db")
    return f"sqlite:///{tmp_path / 'pipeline.db'}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def _postgres_of_module() -> Iterator[Server]:
    with running(new_postgres(durable=True)) as server:
        yield server


@pytest.fixture(scope="module")
def _rabbitmq_of_module() -> Iterator[Broker]:
    with running(new_rabbitmq()) as server:
        yield server


@pytest.fixture
def own_postgres(_postgres_of_module: Server) -> Server:
    """A PostgreSQL that this test may stop and kill; up, and empty but for what this module's tests left there."""
    _postgres_of_module.start()
    return _postgres_of_module


@pytest.fixture
def own_rabbitmq(_rabbitmq_of_module: Broker) -> Broker:
    """A RabbitMQ that this test may stop and kill; up, and empty but for what this module's tests left there."""
    _rabbitmq_of_module.start()
    return _rabbitmq_of_module
