"""Brings a database to the newest schema, or back, and tells whether models and migrations agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from shared.store.database import Store
from shared.store.tables import Base

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 0x666E78  # any number that all processes share; two upgrades at once would collide


@contextmanager
def _config(store: Store) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    options = {"sqlite_immediate": True} if store.is_sqlite else {}
    with store.engine.connect().execution_options(**options) as connection, connection.begin():
        if not store.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        config.attributes["connection"] = connection
        yield config


def upgrade(store: Store, revision: str = "head") -> None:
    with _config(store) as config:
        command.upgrade(config, revision)


def downgrade(store: Store, revision: str = "base") -> None:
    with _config(store) as config:
        command.downgrade(config, revision)


def create_revision(store: Store, message: str) -> None:
    """Write a new migration from the difference between the models and this (upgraded) database."""
    with _config(store) as config:
        command.revision(config, message=message, autogenerate=True)


def differences(store: Store) -> list[str]:
    """Return what the models have and the database lacks, or the other way round; empty when they agree."""
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]
