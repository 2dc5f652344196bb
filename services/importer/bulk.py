"""Many rows at once: COPY on PostgreSQL, one prepared insert on SQLite, and the keys known before anything is written.

Both run on the session's own connection and in its transaction. Values are written as the column types store them, so a
frame holds texts, numbers, dates, bytes, ids as hexadecimal digits and JSON as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import polars as pl
import psycopg
from sqlalchemy import case, cast, column, func, insert, select, table, update
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.importer.binary_copy import HEADER, TRAILER, binary_rows, columns_in_order
from shared.store.base import Base, Fact
from shared.store.database import is_one_of

SLICE_ROWS = 50_000  # what is held in another form at a time
GROWTH_WORTH_A_LOOK = 0.1
GLANCE = 20  # looks at 6,000 rows; autovacuum looks at 30,000 when it comes
SQLITE_PARAMETERS = 5_000  # ids in one statement; SQLite takes 32,766 parameters at most


def reserve_ids(session: Session, fact: type[Any], count: int) -> pl.Series:
    """Return `count` ascending ids that nobody else gets; the caller writes them itself."""
    if not count:
        return pl.Series("id", [], pl.Int64)
    if _is_postgres(session):
        sequence = session.scalar(select(func.pg_get_serial_sequence(fact.__tablename__, "id")))
        drawn = func.nextval(cast(sequence, REGCLASS)).label("id")
        ids = select(drawn).select_from(func.generate_series(1, count).table_valued("place")).cte().c.id
        # mostly nobody else draws meanwhile, and the first one says it all
        others = case((func.max(ids) - func.min(ids) >= count, func.array_agg(ids)))
        first, each = session.execute(select(func.min(ids), others)).one()
        return pl.Series("id", each or range(first, first + count), pl.Int64)
    last = session.scalar(select(func.max(fact.id))) or 0  # nobody else writes: SQLite's lock is held
    return pl.int_range(last + 1, last + 1 + count, eager=True).alias("id")


def write_frame(session: Session, fact: type[Base], frame: pl.DataFrame) -> None:
    """Insert a frame whose columns are named as the table's."""
    session.flush()
    if frame.is_empty():
        return
    if _is_postgres(session):
        _copy(session, fact, frame)
        return
    as_stored = frame.with_columns(pl.col(pl.Date).cast(pl.String))
    values = ", ".join("?" * frame.width)
    statement = f'INSERT INTO "{fact.__tablename__}" ({_names(frame.columns)}) VALUES ({values})'  # noqa: S608 - names of ours
    for part in as_stored.iter_slices(SLICE_ROWS):
        session.connection().exec_driver_sql(statement, part.rows())


def refresh_statistics(session: Session, fact: type[Base], columns: Sequence[str], written: int) -> None:
    """Let PostgreSQL look at a table that has just grown by a tenth or more.

    Its autovacuum does so within a minute, but who reads right after an import would be led by a plan for an empty table.
    A table that is large already is left to it: a few more rows change no plan.
    """
    if not _is_postgres(session) or not written:
        return
    name = fact.__tablename__
    rows_seen = session.scalar(select(_PG_CLASS.c.reltuples).where(_PG_CLASS.c.oid == cast(name, REGCLASS))) or 0
    if written >= rows_seen * GROWTH_WORTH_A_LOOK:
        connection = session.connection()
        connection.exec_driver_sql(f"SET LOCAL default_statistics_target = {GLANCE}")
        connection.exec_driver_sql(f'ANALYZE "{name}" ({", ".join(columns)})')
        connection.exec_driver_sql("SET LOCAL default_statistics_target TO DEFAULT")


def write_rows(session: Session, fact: type[Any], rows: list[dict[str, Any]]) -> None:
    """Insert a few rows, with the values as Python knows them."""
    if rows:
        session.execute(insert(fact), rows)


def end_facts(session: Session, fact: type[Fact], ids: Sequence[int], run: int) -> None:
    """Say that these facts were gone or changed at the run."""
    at_once = (len(ids) or 1) if _is_postgres(session) else SQLITE_PARAMETERS
    for start in range(0, len(ids), at_once):
        is_one = is_one_of(session, fact.id, ids[start : start + at_once])
        session.execute(update(fact).where(is_one).values(until_run=run), execution_options=_IN_DATABASE_ONLY)


_IN_DATABASE_ONLY = {"synchronize_session": False}  # no fact is held as an object here
_PG_CLASS = table("pg_class", column("oid"), column("reltuples"))


def _copy(session: Session, fact: type[Base], frame: pl.DataFrame) -> None:
    stored_as = fact.metadata.tables[fact.__tablename__].columns
    columns = columns_in_order([stored_as[name] for name in frame.columns])
    names = _names([column.name for column in columns])
    statement = f'COPY "{fact.__tablename__}" ({names}) FROM STDIN (FORMAT binary)'
    parts = frame.iter_slices(SLICE_ROWS)
    with (
        ThreadPoolExecutor(1) as beside,
        _driver_cursor(session, statement) as cursor,
        cursor.copy(statement.encode()) as copy,
    ):
        copy.write(HEADER)
        coming = beside.submit(binary_rows, columns, next(parts))
        for part in parts:
            written = coming.result()
            coming = beside.submit(binary_rows, columns, part)  # made while the database takes in the one before
            copy.write(written)
        copy.write(coming.result())
        copy.write(TRAILER)


@contextmanager
def _driver_cursor(session: Session, statement: str) -> Iterator[psycopg.Cursor[Any]]:
    """Hand out psycopg's cursor; what it says about a database that is away, it says as SQLAlchemy does."""
    connection = session.connection()
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("not a connection of psycopg")
    try:
        with driver.cursor() as cursor:
            yield cursor
    except psycopg.OperationalError as why:
        if driver.broken:
            connection.invalidate(why)
        raise OperationalError(statement, None, why, hide_parameters=True) from why


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
