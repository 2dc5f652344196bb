"""Registers beside the vouchers, files handed over, and imports that say how far they are and what was odd in the files.

Revision: 0005, after: 0004
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
YEAR_FROM = ("year_from", sa.Date(), False)
FACTS: dict[str, tuple[list[str], list[tuple[str, sa.types.TypeEngine[Any], bool]]]] = {
    "voucher_series": (
        ["engagement_id", "year_from", "code"],
        [
            YEAR_FROM,
            ("code", sa.String(length=20), False),
            ("description", sa.String(length=200), False),
            ("manual", sa.Boolean(), False),
            ("next_number", sa.Integer(), True),
        ],
    ),
    "predefined_accounts": (
        ["engagement_id", "name"],
        [("name", sa.String(length=100), False), ("account", sa.String(length=20), True)],
    ),
    "period_locks": (["engagement_id"], [("locked_until", sa.Date(), False)]),
    "dimensions": (
        ["engagement_id", "year_from", "number"],
        [
            YEAR_FROM,
            ("number", sa.Text(), False),
            ("name", sa.String(length=200), False),
            ("parent", sa.Text(), True),
        ],
    ),
    "objects": (
        ["engagement_id", "year_from", "dimension", "code"],
        [
            YEAR_FROM,
            ("dimension", sa.Text(), False),
            ("code", sa.Text(), False),
            ("name", sa.String(length=200), False),
        ],
    ),
}


def upgrade() -> None:
    for table, (key, columns) in FACTS.items():
        _create(
            table,
            key,
            *(sa.Column(name, type_, nullable=nullable) for name, type_, nullable in columns),
            sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
            sa.Column("since_run", sa.Integer(), nullable=False),
            sa.Column("until_run", sa.Integer(), nullable=True),
        )
    _create(
        "uploads",
        ["engagement_id", "created_at"],
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("year_from", sa.Date(), nullable=True),
        sa.Column("uploaded_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "upload_parts",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_upload_parts_firm_id")),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_upload_parts_upload_id")),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_upload_parts")),
    )
    op.create_index(op.f("ix_upload_parts_firm_id"), "upload_parts", ["firm_id"])
    with op.batch_alter_table("imports") as imports:
        imports.add_column(sa.Column("purpose", sa.String(length=40), server_default="ledger", nullable=False))
        imports.add_column(sa.Column("upload_id", sa.Uuid(), nullable=True))
        imports.add_column(sa.Column("years", sa.Integer(), nullable=True))
        imports.add_column(sa.Column("share_done", sa.Double(), server_default="0", nullable=False))
        imports.add_column(sa.Column("fault_count", sa.Integer(), server_default="0", nullable=False))
        imports.add_column(sa.Column("faults", JSON, server_default="[]", nullable=False))
        imports.create_foreign_key(op.f("fk_imports_upload_id"), "uploads", ["upload_id"], ["id"])
    op.execute("UPDATE imports SET share_done = 1 WHERE state IN ('completed', 'incomplete')")


def downgrade() -> None:
    with op.batch_alter_table("imports") as imports:
        imports.drop_constraint(op.f("fk_imports_upload_id"), type_="foreignkey")
        for column in ("faults", "fault_count", "share_done", "years", "upload_id", "purpose"):
            imports.drop_column(column)
    op.drop_index(op.f("ix_upload_parts_firm_id"), table_name="upload_parts")
    op.drop_table("upload_parts")
    _drop("uploads", ["engagement_id", "created_at"])
    for table, (key, _) in reversed(FACTS.items()):
        _drop(table, key)


def _create(table: str, key: list[str], *columns: sa.Column[object]) -> None:
    """Create a table of rows that belong to an engagement."""
    op.create_table(
        table,
        *columns,
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f(f"fk_{table}_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f(f"fk_{table}_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_{'_'.join(key)}"), table, key)
    op.create_index(op.f(f"ix_{table}_firm_id"), table, ["firm_id"])


def _drop(table: str, key: list[str]) -> None:
    op.drop_index(op.f(f"ix_{table}_firm_id"), table_name=table)
    op.drop_index(op.f(f"ix_{table}_{'_'.join(key)}"), table_name=table)
    op.drop_table(table)
