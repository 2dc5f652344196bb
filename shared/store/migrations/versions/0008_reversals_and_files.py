"""Vouchers that take other vouchers back, files that go along, and what later imports say of what was posted.

Revision: 0008, after: 0007

Going back forgets the reversals themselves; what they took back stays reversed, so nothing is sent twice.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LIVE = "state NOT IN ('refused', 'reversed')"
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "reverses_id": sa.Uuid(),
    "posted_at": sa.DateTime(timezone=True),
    "posted_as": sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
    "tenant_id": sa.Integer(),
    "in_ledger": sa.String(length=40),
    "in_ledger_reason": sa.String(length=1000),
    "in_ledger_import_id": sa.Uuid(),
}


def upgrade() -> None:
    op.create_table(
        "adjustment_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_of_firm("adjustment_files", "id"),
        _foreign_key("adjustment_files", "adjustment_id", "adjustments"),
        sa.UniqueConstraint("adjustment_id", "sha256", name=op.f("uq_adjustment_files_adjustment_id_sha256")),
    )
    op.create_index(op.f("ix_adjustment_files_firm_id"), "adjustment_files", ["firm_id"])
    with op.batch_alter_table("imports") as imports:
        imports.add_column(sa.Column("covers_until", sa.DateTime(timezone=True), nullable=True))
        imports.add_column(sa.Column("covers_all", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("exports") as exports:
        exports.add_column(sa.Column("undoes_id", sa.Uuid(), nullable=True))
        exports.create_foreign_key(op.f("fk_exports_undoes_id"), "exports", ["undoes_id"], ["id"])
    _drop_live_index(LIVE)
    with op.batch_alter_table("export_vouchers") as vouchers:
        for name, kind in COLUMNS.items():
            vouchers.add_column(sa.Column(name, kind, nullable=True))
        # The marker of a reversal has one letter more.
        vouchers.alter_column("marker", existing_type=sa.String(length=20), type_=sa.String(length=21))
        vouchers.create_foreign_key(op.f("fk_export_vouchers_reverses_id"), "export_vouchers", ["reverses_id"], ["id"])
        vouchers.create_foreign_key(
            op.f("fk_export_vouchers_in_ledger_import_id"), "imports", ["in_ledger_import_id"], ["id"]
        )
    op.execute("UPDATE export_vouchers SET posted_at = updated_at WHERE state = 'posted'")
    _unique_index("uq_export_vouchers_live", "adjustment_id", f"reverses_id IS NULL AND {LIVE}")
    _unique_index("uq_export_vouchers_reversal", "reverses_id", "state <> 'refused'")
    op.create_table(
        "export_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fortnox_file_id", sa.String(length=64), nullable=True),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        *_of_firm("export_files", "id"),
        _foreign_key("export_files", "voucher_id", "export_vouchers"),
        _foreign_key("export_files", "file_id", "adjustment_files"),
        sa.UniqueConstraint("voucher_id", "file_id", name=op.f("uq_export_files_voucher_id_file_id")),
    )
    op.create_index(op.f("ix_export_files_firm_id"), "export_files", ["firm_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_export_files_firm_id"), table_name="export_files")
    op.drop_table("export_files")
    _drop_live_index(f"reverses_id IS NULL AND {LIVE}")
    op.drop_index("uq_export_vouchers_reversal", table_name="export_vouchers")
    op.execute("DELETE FROM export_vouchers WHERE reverses_id IS NOT NULL")
    with op.batch_alter_table("export_vouchers") as vouchers:
        vouchers.drop_constraint(op.f("fk_export_vouchers_in_ledger_import_id"), type_="foreignkey")
        vouchers.drop_constraint(op.f("fk_export_vouchers_reverses_id"), type_="foreignkey")
        vouchers.alter_column("marker", existing_type=sa.String(length=21), type_=sa.String(length=20))
        for name in reversed(COLUMNS):
            vouchers.drop_column(name)
    _unique_index("uq_export_vouchers_live", "adjustment_id", LIVE)
    with op.batch_alter_table("imports") as imports:
        imports.drop_column("covers_all")
        imports.drop_column("covers_until")
    with op.batch_alter_table("exports") as exports:
        exports.drop_constraint(op.f("fk_exports_undoes_id"), type_="foreignkey")
        exports.drop_column("undoes_id")
    op.drop_index(op.f("ix_adjustment_files_firm_id"), table_name="adjustment_files")
    op.drop_table("adjustment_files")


def _of_firm(table: str, key: str) -> list[sa.Column[object] | sa.Constraint]:
    return [
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        _foreign_key(table, "firm_id", "firms"),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    ]


def _foreign_key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _unique_index(name: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "export_vouchers", [column], unique=True, postgresql_where=where, sqlite_where=where)


def _drop_live_index(condition: str) -> None:
    where = sa.text(condition)
    op.drop_index("uq_export_vouchers_live", table_name="export_vouchers", postgresql_where=where, sqlite_where=where)
