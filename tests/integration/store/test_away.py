"""What means that the database is away, as both databases and their drivers say it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.store.database import is_away


def as_raised(error: Exception, *, invalidated: bool = False) -> OperationalError:
    return OperationalError("SELECT 1", {}, error, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.ConnectionFailure(),
        psycopg.errors.AdminShutdown(),
        psycopg.errors.CannotConnectNow(),
        psycopg.errors.DiskFull(),
        psycopg.errors.TooManyConnections(),
        psycopg.OperationalError("server closed the connection unexpectedly"),
    ],
)
def test_a_server_that_cannot_be_asked_is_away(error: psycopg.Error) -> None:
    assert is_away(as_raised(error))


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.ProgramLimitExceeded(),
        psycopg.errors.StatementTooComplex(),
        psycopg.errors.QueryCanceled(),
        psycopg.errors.DeadlockDetected(),
    ],
)
def test_what_a_server_refuses_is_no_outage(error: psycopg.Error) -> None:
    assert not is_away(as_raised(error))
    assert is_away(as_raised(error, invalidated=True))


def test_a_pool_without_a_free_connection_is_away_and_a_bug_is_not() -> None:
    assert is_away(PoolTimeoutError("QueuePool limit reached"))
    assert not is_away(ZeroDivisionError())


def test_sqlite_is_away_when_it_is_locked_or_cannot_be_opened_and_not_for_a_wrong_statement(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'db'}", connect_args={"timeout": 0})
    with engine.connect() as connection, pytest.raises(OperationalError) as wrong:
        connection.execute(text("SELECT * FROM nothing"))
    with closing(sqlite3.connect(tmp_path / "db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with engine.connect() as connection, pytest.raises(OperationalError) as locked:
            connection.execute(text("CREATE TABLE one (id INTEGER)"))
    engine.dispose()
    missing = create_engine(f"sqlite:///{tmp_path / 'no folder' / 'db'}")
    with pytest.raises(OperationalError) as unopened:
        missing.connect()
    missing.dispose()
    assert [is_away(found.value) for found in (wrong, locked, unopened)] == [False, True, True]
