"""Many rows at once, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from string import ascii_letters

import polars as pl
import psycopg
import pytest
from sqlalchemy import Column, Float, Integer, select, text
from sqlalchemy.exc import OperationalError

from services.importer import bulk
from services.importer.binary_copy import binary_rows
from shared.store.database import is_away
from shared.store.ledger import VoucherFact, VoucherRowFact
from shared.store.registers import ObjectFact
from tests.integration.importer.books import YEAR, Shelf, books, open_shelf


@pytest.fixture
def shelf(url: str) -> Iterator[Shelf]:
    with open_shelf(url) as shelf:
        yield shelf


def row_frame(shelf: Shelf, texts: list[str | None]) -> pl.DataFrame:
    """One row per quantity, which may be any text or none."""
    return pl.DataFrame({"quantity": texts}, schema={"quantity": pl.String}).select(
        pl.lit(1).alias("voucher_id"),
        pl.int_range(1, pl.len() + 1).alias("position"),
        pl.lit(shelf.firm_id.hex).alias("firm_id"),
        pl.lit(1).alias("account_month_id"),
        pl.lit(YEAR.from_date).alias("voucher_date"),
        pl.lit(YEAR.from_date).alias("date"),
        pl.lit("booked").alias("kind"),
        pl.lit("1930").alias("account"),
        pl.lit(-(2**63 - 1)).alias("amount_ore"),
        pl.lit("").alias("text"),
        "quantity",
        pl.lit('[["1","å\\"\\\\"]]').alias("objects"),
    )


def test_every_text_comes_back_as_it_was_and_none_stays_none(shelf: Shelf) -> None:
    texts = [None, "", "\\.", "\\N", "NULL", 'a"b', "'", "a,b;c\td", "å\u2028\x85", "\n\\.\n", "\r\n", " x ", "\\x41"]
    with shelf.store.write() as session:
        bulk.write_frame(session, VoucherRowFact, row_frame(shelf, texts))
    with shelf.store.read() as session:
        rows = session.scalars(select(VoucherRowFact).order_by(VoucherRowFact.position)).all()
    assert [row.quantity for row in rows] == texts
    assert {(row.amount_ore, row.text) for row in rows} == {(-(2**63 - 1), "")}
    assert rows[0].objects == [["1", 'å"\\']]
    assert rows[0].firm_id == shelf.firm_id


def test_every_kind_of_value_comes_back_as_it_was_from_several_slices(shelf: Shelf) -> None:
    days = [date(1970, 1, 1), date(1999, 12, 31), date(2000, 1, 1), date(9999, 12, 31), date(2024, 2, 29)]
    days = [days[0]] * bulk.SLICE_ROWS + days
    registered = [None] * (bulk.SLICE_ROWS + 2) + days[-3:]  # a slice without any, and one with some
    hashes = [bytes([number % 256]) * 32 for number in range(len(days))]
    frame = pl.DataFrame({"date": days, "registered": registered, "content_hash": hashes}).select(
        pl.int_range(1, pl.len() + 1).alias("id"),
        pl.lit(shelf.firm_id.hex).alias("firm_id"),
        pl.lit(shelf.target(1).engagement_id.hex).alias("engagement_id"),
        pl.lit(YEAR.from_date).alias("year_from"),
        "date",
        pl.lit("A").alias("series"),
        pl.lit("1").alias("number"),
        pl.lit("Å\t😀").alias("text"),
        "registered",
        "content_hash",
        pl.lit(7).alias("since_run"),
    )
    with shelf.store.write() as session:
        bulk.write_frame(session, VoucherFact, frame)
    with shelf.store.read() as session:
        rows = session.scalars(select(VoucherFact).order_by(VoucherFact.id)).all()
    found = [(row.date, row.registered, row.content_hash) for row in rows]
    assert found == list(zip(days, registered, hashes, strict=True))
    assert {(row.firm_id, row.engagement_id) for row in rows} == {(shelf.firm_id, shelf.target(1).engagement_id)}
    assert {(row.year_from, row.text, row.since_run, row.until_run) for row in rows} == {
        (YEAR.from_date, "Å\t😀", 7, None)
    }


def test_a_type_that_no_fact_has_is_named() -> None:
    column = Column("share", Float(), nullable=True)
    with pytest.raises(TypeError, match="share is stored as FLOAT, which has no binary form here"):
        binary_rows([Column("id", Integer(), nullable=False), column], pl.DataFrame({"id": [1], "share": [0.5]}))


@pytest.mark.parametrize(
    ("values", "error"),
    [([None], "cannot be null"), ([2**31], "conversion from `i64` to `i32` failed"), ([0.5], "is a whole number")],
)
def test_what_a_column_does_not_take_is_refused_before_it_is_sent(values: list[float | None], error: str) -> None:
    with pytest.raises((ValueError, TypeError, pl.exceptions.InvalidOperationError), match=error):
        binary_rows([Column("run", Integer(), nullable=False)], pl.DataFrame({"run": pl.Series(values)}))


def test_reserved_ids_ascend_and_are_given_once(shelf: Shelf) -> None:
    with shelf.store.write() as session:
        first = bulk.reserve_ids(session, VoucherFact, 3)
        assert bulk.reserve_ids(session, VoucherFact, 0).to_list() == []
    assert first.is_sorted()
    shelf.write(1, books(4))
    with shelf.store.read() as session:
        taken = set(session.scalars(select(VoucherFact.id)))
        after = set(bulk.reserve_ids(session, VoucherFact, 3))
    assert len(taken) == 4
    assert not taken & after


def test_two_imports_at_once_get_different_ids(database_url: str) -> None:
    # Both transactions are open at once: neither sees what the other has written, and the sequence still serves both.
    with (
        open_shelf(database_url) as shelf,
        shelf.store.write() as one,
        shelf.store.write() as other,
    ):
        ids = {fact_id for session in (one, other, one) for fact_id in bulk.reserve_ids(session, VoucherFact, 5)}
        assert len(ids) == 15


def test_a_database_that_goes_away_during_copy_is_away_and_no_fault_of_the_file(database_url: str) -> None:
    with open_shelf(database_url) as shelf:
        with pytest.raises(OperationalError) as error:
            _write_while_the_connection_ends(shelf, database_url)
        assert is_away(error.value)
        shelf.write(1, books(2))  # the next one gets a connection that works


def test_a_value_that_an_index_refuses_is_a_fault_and_no_outage(database_url: str) -> None:
    code = "".join(Random(1).choices(ascii_letters, k=6_000))  # at random, so that it cannot be compressed
    row = {"year_from": YEAR.from_date, "dimension": "1", "code": code, "name": ""}
    with open_shelf(database_url) as shelf, shelf.store.write() as session:
        with pytest.raises(OperationalError, match="ProgramLimitExceeded") as error, session.begin_nested():
            bulk.write_rows(session, ObjectFact, [shelf.target(1).new(**row)])
        assert not is_away(error.value)


def _write_while_the_connection_ends(shelf: Shelf, database_url: str) -> None:
    with shelf.store.write() as session:
        backend = session.scalar(select(text("pg_backend_pid()")))
        with psycopg.connect(database_url, autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
        bulk.write_frame(session, VoucherRowFact, row_frame(shelf, ["1"]))
