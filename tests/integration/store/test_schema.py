"""The schema: the same from models and migrations, up and down, on both databases, with a firm on every row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect

from shared.errors import Rejected
from shared.store.database import Store, of_firm
from shared.store.migrate import differences, downgrade, upgrade
from shared.store.tables import Base, Client, Firm
from tests.servers import fresh_database

# What belongs to no single firm: the firms themselves, and what counts per Fortnox tenant over all firms.
WITHOUT_A_FIRM = {"firms", "tenant_pace", "export_leases"}


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(params=["new_sqlite_url", "empty_database_url"])
def store(request: pytest.FixtureRequest) -> Store:
    return Store(request.getfixturevalue(request.param))


def test_migrations_lead_to_what_the_models_say_and_back_to_nothing(store: Store) -> None:
    upgrade(store)
    assert differences(store) == []
    assert set(inspect(store.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    downgrade(store)
    assert inspect(store.engine).get_table_names() == ["alembic_version"]
    upgrade(store)
    assert differences(store) == []
    store.close()


def test_every_table_carries_its_firm() -> None:
    without = {name for name, table in Base.metadata.tables.items() if "firm_id" not in table.columns}
    assert without == WITHOUT_A_FIRM


def test_another_firms_row_is_as_unknown_as_no_row(store: Store) -> None:

    upgrade(store)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with store.write() as session:
        ours, theirs = Firm(name="Vår", created_at=now), Firm(name="Deras", created_at=now)
        session.add_all([ours, theirs])
        session.flush()
        client = Client(firm_id=theirs.id, organisation_number="556016-0680", name="K", created_at=now)
        session.add(client)
    with store.read() as session:
        assert of_firm(session, Client, theirs.id, client.id).name == "K"
        with pytest.raises(Rejected, match="not-found"):
            of_firm(session, Client, ours.id, client.id)
    store.close()
