"""The books of earlier imports survive the migrations that find rows by period, and by account and month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from shared.store.base import Instant
from shared.store.database import Store
from shared.store.migrate import downgrade, upgrade
from shared.store.tables import AccountMonth, PeriodSumFact, VoucherRowFact
from tests.servers import fresh_database

# As they were then: the models of today have columns of later migrations.
FIRMS = sa.table("firms", sa.column("id", sa.Uuid), sa.column("name"), sa.column("created_at", Instant))
CLIENTS = sa.table(
    "clients",
    sa.column("id", sa.Uuid),
    sa.column("firm_id", sa.Uuid),
    sa.column("organisation_number"),
    sa.column("name"),
    sa.column("created_at", Instant),
)
ENGAGEMENTS = sa.table(
    "engagements",
    sa.column("id", sa.Uuid),
    sa.column("firm_id", sa.Uuid),
    sa.column("client_id", sa.Uuid),
    sa.column("year_end", sa.Date),
    sa.column("data_source"),
    sa.column("created_at", Instant),
    sa.column("last_run", sa.Integer),
)
VOUCHERS = sa.table(
    "vouchers",
    sa.column("id", sa.BigInteger),
    sa.column("firm_id", sa.Uuid),
    sa.column("engagement_id", sa.Uuid),
    sa.column("year_from", sa.Date),
    sa.column("series", sa.String),
    sa.column("number", sa.String),
    sa.column("date", sa.Date),
    sa.column("text", sa.String),
    sa.column("content_hash", sa.LargeBinary),
    sa.column("since_run", sa.Integer),
    sa.column("until_run", sa.Integer),
)
ROWS = sa.table(
    "voucher_rows",
    sa.column("firm_id", sa.Uuid),
    sa.column("voucher_id", sa.BigInteger),
    sa.column("position", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("account", sa.String),
    sa.column("amount_ore", sa.BigInteger),
    sa.column("date", sa.Date),
    sa.column("text", sa.String),
    sa.column("objects", sa.JSON),
)


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    with fresh_database(postgres_url) as url:
        yield url


@pytest.mark.parametrize("url", ["new_sqlite_url", "empty_database_url"])
def test_rows_are_kept_and_summed_for_every_run(request: pytest.FixtureRequest, url: str) -> None:
    store = Store(request.getfixturevalue(url))
    upgrade(store, "0003")
    firm, client, engagement = uuid4(), uuid4(), uuid4()
    now, day = datetime(2026, 1, 1, tzinfo=UTC), date(2025, 3, 7)
    with store.write() as session:
        session.execute(sa.insert(FIRMS).values(id=firm, name="Byrå", created_at=now))
        session.execute(
            sa.insert(CLIENTS).values(
                id=client, firm_id=firm, organisation_number="556016-0680", name="K", created_at=now
            )
        )
        session.execute(
            sa.insert(ENGAGEMENTS).values(
                id=engagement,
                firm_id=firm,
                client_id=client,
                year_end=date(2025, 12, 31),
                data_source="fortnox",
                created_at=now,
                last_run=2,
            )
        )
        for voucher_id, amount_ore, since, until in ((1, 100_00, 1, 2), (2, 250_00, 2, None), (3, 7_00, 1, None)):
            session.execute(
                VOUCHERS.insert().values(
                    id=voucher_id,
                    firm_id=firm,
                    engagement_id=engagement,
                    year_from=date(2025, 1, 1),
                    series="A",
                    number=str(voucher_id),
                    date=day,
                    text="Köp",
                    content_hash=b"x" * 32,
                    since_run=since,
                    until_run=until,
                )
            )
            for position, (kind, ore) in enumerate((("booked", amount_ore), ("booked", -1_00), ("struck", 5)), 1):
                session.execute(
                    ROWS.insert().values(
                        firm_id=firm,
                        voucher_id=voucher_id,
                        position=position,
                        kind=kind,
                        account="1510",
                        amount_ore=ore,
                        date=day,
                        text="",
                        objects=[["1", "10"]],
                    )
                )
    upgrade(store)
    with store.read() as session:
        row = session.get_one(VoucherRowFact, (2, 1))
        assert (row.voucher_date, row.account) == (day, "1510")
        month = session.scalars(select(AccountMonth)).one()
        assert (month.id, month.engagement_id) == (row.account_month_id, engagement)
        assert (month.year_from, month.account, month.period) == (date(2025, 1, 1), "1510", "2025-03")
        assert (row.amount_ore, row.objects, row.date) == (250_00, [["1", "10"]], day)
        sums = session.scalars(select(PeriodSumFact).order_by(PeriodSumFact.since_run)).all()
        assert [(s.since_run, s.until_run, s.debit_ore, s.credit_ore, s.row_count) for s in sums] == [
            (1, 2, 107_00, 2_00, 4),
            (2, None, 257_00, 2_00, 4),
        ]
    downgrade(store, "0003")
    with store.read() as session:
        assert session.scalar(sa.text("SELECT sum(amount_ore) FROM voucher_rows WHERE voucher_id = 2")) == 249_05
    store.close()
