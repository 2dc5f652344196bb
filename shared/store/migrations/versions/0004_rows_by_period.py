"""Rows are found by account and period, sums of each period are facts, and what a year's bytes were is remembered.

Revision: 0004, after: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# The rows of earlier imports, with what they now repeat of their voucher.
KEEP_ROWS = """
CREATE TABLE voucher_rows_kept AS
SELECT r.voucher_id, r.position, r.firm_id, v.engagement_id, v.year_from, v.date AS voucher_date,
       substr(CAST(v.date AS VARCHAR), 1, 7) AS period,
       r.kind, r.account, r.amount_ore, r.date, r.text, r.quantity, r.objects
FROM voucher_rows r JOIN vouchers v ON v.id = r.voucher_id
"""
COLUMNS = "voucher_id, position, firm_id, kind, account, amount_ore, date, text, quantity, objects"
NEW_COLUMNS = f"{COLUMNS}, engagement_id, year_from, voucher_date, period"

# Each run that began or ended a voucher begins a new sum, known until the next such run.
SUM_PERIODS = """
INSERT INTO period_sums (firm_id, engagement_id, year_from, account, period, debit_ore, credit_ore, row_count,
                         since_run, until_run)
SELECT v.firm_id, v.engagement_id, v.year_from, r.account, r.period,
       sum(CASE WHEN r.amount_ore > 0 THEN r.amount_ore ELSE 0 END),
       sum(CASE WHEN r.amount_ore < 0 THEN -r.amount_ore ELSE 0 END),
       count(*), b.run, b.next_run
FROM (SELECT engagement_id, run, lead(run) OVER (PARTITION BY engagement_id ORDER BY run) AS next_run
      FROM (SELECT engagement_id, since_run AS run FROM vouchers
            UNION SELECT engagement_id, until_run FROM vouchers WHERE until_run IS NOT NULL) AS runs) AS b
JOIN vouchers v ON v.engagement_id = b.engagement_id AND v.since_run <= b.run
               AND (v.until_run IS NULL OR v.until_run > b.run)
JOIN voucher_rows r ON r.voucher_id = v.id AND r.kind = 'booked'
GROUP BY v.firm_id, v.engagement_id, v.year_from, r.account, r.period, b.run, b.next_run
"""


def upgrade() -> None:
    op.execute(KEEP_ROWS)
    op.drop_table("voucher_rows")
    with op.batch_alter_table("vouchers") as vouchers:
        vouchers.drop_constraint(op.f("fk_vouchers_engagement_id"), type_="foreignkey")
        vouchers.drop_constraint(op.f("fk_vouchers_firm_id"), type_="foreignkey")
        vouchers.drop_index(op.f("ix_vouchers_firm_id"))
        vouchers.create_index("ix_vouchers_engagement_id_year_from_date", ["engagement_id", "year_from", "date"])
    op.create_table(
        "voucher_rows",
        *_row_columns(),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("year_from", sa.Date(), nullable=False),
        sa.Column("voucher_date", sa.Date(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("voucher_id", "position", name=op.f("pk_voucher_rows")),
    )
    _bring_back(NEW_COLUMNS)
    op.create_index("ix_voucher_rows_period", "voucher_rows", ["engagement_id", "year_from", "period", "account"])
    _create_facts(
        "period_sums",
        ["engagement_id", "year_from", "account", "period"],
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("debit_ore", sa.BigInteger(), nullable=False),
        sa.Column("credit_ore", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
    )
    op.execute(SUM_PERIODS)
    _create_facts(
        "year_readings",
        ["engagement_id", "year_from"],
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("found", JSON, nullable=False),
    )


def downgrade() -> None:
    for table, key in (("year_readings", "year_from"), ("period_sums", "year_from_account_period")):
        op.drop_index(op.f(f"ix_{table}_engagement_id_{key}"), table_name=table)
        op.drop_index(op.f(f"ix_{table}_firm_id"), table_name=table)
        op.drop_table(table)
    op.execute(f"CREATE TABLE voucher_rows_kept AS SELECT {COLUMNS} FROM voucher_rows")  # noqa: S608
    op.drop_table("voucher_rows")
    with op.batch_alter_table("vouchers") as vouchers:
        vouchers.drop_index("ix_vouchers_engagement_id_year_from_date")
        vouchers.create_index(op.f("ix_vouchers_firm_id"), ["firm_id"])
        vouchers.create_foreign_key(op.f("fk_vouchers_firm_id"), "firms", ["firm_id"], ["id"])
        vouchers.create_foreign_key(op.f("fk_vouchers_engagement_id"), "engagements", ["engagement_id"], ["id"])
    op.create_table(
        "voucher_rows",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        *_row_columns(),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_voucher_rows_firm_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["vouchers.id"], name=op.f("fk_voucher_rows_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_rows")),
    )
    _bring_back(COLUMNS)
    op.create_index(op.f("ix_voucher_rows_firm_id"), "voucher_rows", ["firm_id"])
    op.create_index(op.f("ix_voucher_rows_voucher_id"), "voucher_rows", ["voucher_id"])


def _row_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("voucher_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("quantity", sa.String(length=100), nullable=True),
        sa.Column("objects", JSON, nullable=False),
    ]


def _bring_back(columns: str) -> None:
    op.execute(f"INSERT INTO voucher_rows ({columns}) SELECT {columns} FROM voucher_rows_kept")  # noqa: S608
    op.drop_table("voucher_rows_kept")


def _create_facts(table: str, key: list[str], *columns: sa.Column[object]) -> None:
    op.create_table(
        table,
        sa.Column("year_from", sa.Date(), nullable=False),
        *columns,
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("since_run", sa.Integer(), nullable=False),
        sa.Column("until_run", sa.Integer(), nullable=True),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f(f"fk_{table}_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f(f"fk_{table}_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_{'_'.join(key)}"), table, key)
    op.create_index(op.f(f"ix_{table}_firm_id"), table, ["firm_id"])
