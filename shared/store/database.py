"""The database: one engine, short transactions, and the same behaviour on PostgreSQL and SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Engine,
    Result,
    any_,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.pool import ConnectionPoolEntry

from shared.clock import Clock
from shared.errors import Rejected
from shared.store.base import OfFirm

SQLITE_BUSY_TIMEOUT_MS = 30_000
# A server that vanishes without a word (a dead machine, a network that swallows packets) is an error within 20 s, and not
# after the two hours of the operating system. There is no lock_timeout: who waits for a row is served in turn, and a
# statement that is cut off there would look like an outage.
POSTGRES_TIMEOUTS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "tcp_user_timeout": 20_000,
}
# no connection, resources short (memory, disk, connections), shutting down or starting up
_POSTGRES_AWAY = ("08", "53", "57P")
_SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
Row = TypeVar("Row", bound=OfFirm)


class Store:
    """Hands out sessions; `write` holds the write lock from its first statement, `read` never blocks a writer.

    With `calendar` a test turns what is counted in days; leases, which last seconds, go on by the database's clock.
    """

    def __init__(self, url: str, *, calendar: Clock | None = None) -> None:
        self._calendar = calendar
        self.engine = create_engine(
            _with_driver(url),
            pool_pre_ping=True,
            hide_parameters=True,  # the books and the tokens stay out of errors and logs
            **_pool_options(url),
        )
        if self.is_sqlite:
            _prepare_sqlite(self.engine)
            self._reading = self.engine
        else:
            _prepare_postgres(self.engine)
            self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Commit at the end, roll back on an exception.

        SQLite begins IMMEDIATE here: a transaction that reads first and writes later would otherwise fail as busy
        when another one wrote in between.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                session.connection(execution_options={"sqlite_immediate": True})
            yield session

    def now(self, session: Session) -> datetime:
        """Return the time that all machines share: PostgreSQL's; with SQLite there is only one machine."""
        if self.is_sqlite:
            return datetime.now(UTC)
        now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)

    def calendar_now(self, session: Session) -> datetime:
        """Return `now` for what is counted in hours and days: no machine's own clock decides when something ends."""
        return self._calendar.now() if self._calendar is not None else self.now(session)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Only for statements that read: what is written or locked here is not held together on PostgreSQL.

        Each statement sees what is committed at its time, with PostgreSQL's transactions (read committed) as without;
        without, two trips to the server are saved. On SQLite one transaction keeps one view for them all.
        """
        with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def is_away(error: BaseException) -> bool:
    """Say whether the error means that the database cannot be asked now: nothing is wrong with what was asked.

    Drivers say OperationalError also of what will never succeed, such as a value too large for an index. What PostgreSQL
    itself refuses has a SQLSTATE (PostgreSQL, appendix A); an error without one comes from the connection. SQLite has the
    primary result code in the last byte.
    """
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, OperationalError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF in _SQLITE_AWAY
    state: str | None = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or state.startswith(_POSTGRES_AWAY)


def rows_changed(result: Result[Any]) -> int:
    """Return how many rows an UPDATE or DELETE has met."""
    return int(cast("CursorResult[Any]", result).rowcount)


def is_one_of(session: Session, key: InstrumentedAttribute[int], keys: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a number is among these; at most 32,766 with SQLite.

    PostgreSQL takes them as one array: the statement stays the same for any number of them, and is prepared once.
    """
    if session.get_bind().dialect.name == "sqlite":
        return key.in_(keys)
    return key == any_(literal(list(keys), ARRAY(BigInteger)))


def of_firm(session: Session, table: type[Row], firm_id: UUID, key: UUID, *, lock: bool = False) -> Row:
    """Return the firm's row with this id.

    Raises Rejected "not-found", also for another firm's row: whether it exists is none of the caller's business (P15).
    """
    statement = select(table).where(table.firm_id == firm_id, table.id == key)  # type: ignore[attr-defined]
    row = session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise Rejected("not-found", f"no {table.__name__.lower()} {key}")
    return row


def _with_driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _pool_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {}
    asked = make_url(url).query
    timeouts = {name: value for name, value in POSTGRES_TIMEOUTS.items() if name not in asked}
    return {"pool_size": 10, "max_overflow": 10, "connect_args": timeouts}


def _prepare_postgres(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # Plan a statement for the values at hand each time (0.3 ms). From its sixth run on PostgreSQL would rather keep one
        # plan for any values, which knows neither how many ids nor which days are meant: thrice as slow on a large ledger.
        connection.cursor().execute("SET plan_cache_mode = force_custom_plan")
        connection.commit()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        if not isinstance(connection, sqlite3.Connection):
            raise TypeError("not a connection of the sqlite3 module")
        connection.isolation_level = None  # SQLAlchemy begins, not the driver
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}")

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        immediate = connection.get_execution_options().get("sqlite_immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
