"""What a session of the store is on each database."""

from __future__ import annotations

from contextlib import closing

from sqlalchemy import text

from shared.store.database import Store


def test_on_postgresql_statements_that_read_share_no_transaction_and_those_that_write_do(database_url: str) -> None:
    begun = text("SELECT transaction_timestamp()")
    with closing(Store(database_url)) as store:
        for _ in range(2):  # a connection that comes back to the pool is not left as the one before needed it
            with store.read() as session:
                assert session.scalar(begun) != session.scalar(begun)
            with store.write() as session:
                assert session.scalar(begun) == session.scalar(begun)


def test_postgresql_plans_each_statement_for_its_values(database_url: str) -> None:
    with closing(Store(database_url)) as store, store.read() as session:
        assert session.scalar(text("SHOW plan_cache_mode")) == "force_custom_plan"
