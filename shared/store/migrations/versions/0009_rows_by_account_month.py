"""Rows are found by one number for an account in a month, where engagement, year, month and account stood.

Revision: 0009, after: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

BY_NUMBER = "ix_vouchers_engagement_id_year_from_series_number"  # nothing is looked up by it

NAME_MONTHS = """
INSERT INTO account_months (firm_id, engagement_id, year_from, account, period)
SELECT DISTINCT firm_id, engagement_id, year_from, account, period FROM voucher_rows
ORDER BY engagement_id, year_from, account, period
"""
SAID = "voucher_id, position, firm_id, voucher_date, kind, account, amount_ore, date, text, quantity, objects"
OF_ROW = ", ".join(f"r.{name}" for name in SAID.split(", "))
KEEP_ROWS = f"""
CREATE TABLE voucher_rows_kept AS
SELECT {OF_ROW}, m.id AS account_month_id
FROM voucher_rows r JOIN account_months m ON m.engagement_id = r.engagement_id AND m.year_from = r.year_from
                                         AND m.account = r.account AND m.period = r.period
"""  # noqa: S608 - names of ours
KEEP_ROWS_SPELLED_OUT = f"""
CREATE TABLE voucher_rows_kept AS
SELECT {OF_ROW}, m.engagement_id, m.year_from, m.period
FROM voucher_rows r JOIN account_months m ON m.id = r.account_month_id
"""  # noqa: S608


def upgrade() -> None:
    op.drop_index(BY_NUMBER, table_name="vouchers")
    op.create_table(
        "account_months",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("year_from", sa.Date(), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_months")),
        sa.UniqueConstraint(
            "engagement_id",
            "year_from",
            "account",
            "period",
            name=op.f("uq_account_months_engagement_id_year_from_account_period"),
        ),
    )
    op.execute(NAME_MONTHS)
    op.execute(KEEP_ROWS)
    op.drop_table("voucher_rows")
    _create_rows(sa.Column("account_month_id", sa.BigInteger(), nullable=False))
    _bring_back(f"{SAID}, account_month_id")
    op.create_index(op.f("ix_voucher_rows_account_month_id"), "voucher_rows", ["account_month_id"])


def downgrade() -> None:
    op.create_index(BY_NUMBER, "vouchers", ["engagement_id", "year_from", "series", "number"])
    op.execute(KEEP_ROWS_SPELLED_OUT)
    op.drop_table("voucher_rows")
    op.drop_table("account_months")
    _create_rows(
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("year_from", sa.Date(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
    )
    _bring_back(f"{SAID}, engagement_id, year_from, period")
    op.create_index("ix_voucher_rows_period", "voucher_rows", ["engagement_id", "year_from", "period", "account"])


def _create_rows(*found_by: sa.Column[object]) -> None:
    op.create_table(
        "voucher_rows",
        sa.Column("voucher_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        *found_by,
        sa.Column("voucher_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("quantity", sa.String(length=100), nullable=True),
        sa.Column("objects", JSON, nullable=False),
        sa.PrimaryKeyConstraint("voucher_id", "position", name=op.f("pk_voucher_rows")),
    )


def _bring_back(columns: str) -> None:
    op.execute(
        f"INSERT INTO voucher_rows ({columns}) SELECT {columns} FROM voucher_rows_kept "  # noqa: S608
        "ORDER BY voucher_id, position"
    )
    op.drop_table("voucher_rows_kept")
