"""Schedules that explain their difference and are signed; payments keep the rate at which they were read.

Revision: 0006, after: 0005

Schedules of before say nothing of their difference, and nobody could sign them: they go, and are built anew at the next
import or on request, from facts that are all still there.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _drop_schedules()
    _create_schedules(
        [
            sa.Column("terms", JSON, nullable=False),
            sa.Column("terms_hash", sa.String(length=64), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("company_name", sa.String(length=100), nullable=False),
            sa.Column("organisation_number", sa.String(length=13), nullable=False),
            sa.Column("year_from", sa.Date(), nullable=False),
            sa.Column("year_to", sa.Date(), nullable=False),
            sa.Column("bridge", JSON, nullable=False),
            sa.Column("parted_on", sa.Date(), nullable=True),
            sa.Column("revaluations", JSON, nullable=False),
            sa.Column("reclassifications", JSON, nullable=False),
            sa.Column("complete", sa.Boolean(), nullable=False),
            sa.Column("source", JSON, nullable=False),
            sa.Column("figures_hash", sa.String(length=64), nullable=False),
            sa.UniqueConstraint(
                "engagement_id", "kind", "balance_date", "known_run", "terms_hash", name="uq_schedules_identity"
            ),
            sa.UniqueConstraint(
                "engagement_id",
                "kind",
                "balance_date",
                "version",
                name=op.f("uq_schedules_engagement_id_kind_balance_date_version"),
            ),
        ],
        [
            sa.Column("external_number", sa.String(length=100), nullable=True),
            sa.Column("accounting_date", sa.Date(), nullable=True),
            sa.Column("currency", sa.String(length=40), nullable=False),
            sa.Column("rate", sa.String(length=40), nullable=True),
            sa.Column("unit", sa.Integer(), nullable=False),
            sa.Column("credited_ore", sa.BigInteger(), nullable=False),
            sa.Column("bucket", sa.String(length=40), nullable=False),
            sa.Column("paid_after_ore", sa.BigInteger(), nullable=False),
            sa.Column("paid_after_on", sa.Date(), nullable=True),
        ],
    )
    op.create_table(
        "schedule_sign_offs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_with", sa.String(length=100), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=100), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=2000), nullable=True),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_schedule_sign_offs_firm_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_sign_offs_schedule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_sign_offs")),
    )
    op.create_index(op.f("ix_schedule_sign_offs_firm_id"), "schedule_sign_offs", ["firm_id"])
    op.create_index(
        "uq_schedule_sign_offs_standing",
        "schedule_sign_offs",
        ["schedule_id", "role"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )
    op.add_column("clients", sa.Column("schedule_accounts", JSON, server_default=sa.text("'{}'"), nullable=False))
    with op.batch_alter_table("documents") as documents:
        documents.alter_column("currency", existing_type=sa.String(length=3), type_=sa.String(length=40))
    op.add_column("payments", sa.Column("currency", sa.String(length=40), server_default="SEK", nullable=False))
    op.add_column("payments", sa.Column("rate", sa.String(length=40), server_default="1", nullable=False))
    op.add_column("payments", sa.Column("unit", sa.Integer(), server_default="1", nullable=False))
    op.add_column("payments", sa.Column("has_write_offs", sa.Boolean(), nullable=True))


def downgrade() -> None:
    for column in ("has_write_offs", "unit", "rate", "currency"):
        op.drop_column("payments", column)
    with op.batch_alter_table("documents") as documents:
        documents.alter_column("currency", existing_type=sa.String(length=40), type_=sa.String(length=3))
    op.drop_column("clients", "schedule_accounts")
    op.drop_index("uq_schedule_sign_offs_standing", table_name="schedule_sign_offs")
    op.drop_index(op.f("ix_schedule_sign_offs_firm_id"), table_name="schedule_sign_offs")
    op.drop_table("schedule_sign_offs")
    _drop_schedules()
    _create_schedules(
        [
            sa.UniqueConstraint(
                "engagement_id",
                "kind",
                "balance_date",
                "known_run",
                name=op.f("uq_schedules_engagement_id_kind_balance_date_known_run"),
            )
        ],
        [sa.Column("currency", sa.String(length=3), nullable=False)],
    )


def _drop_schedules() -> None:
    op.drop_index(op.f("ix_schedule_items_firm_id"), table_name="schedule_items")
    op.drop_table("schedule_items")
    op.drop_index(op.f("ix_schedules_firm_id"), table_name="schedules")
    op.drop_table("schedules")


def _create_schedules(more: list[sa.schema.SchemaItem], more_of_items: list[sa.schema.SchemaItem]) -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("balance_date", sa.Date(), nullable=False),
        sa.Column("known_run", sa.Integer(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accounts", JSON, nullable=False),
        sa.Column("total_ore", sa.BigInteger(), nullable=False),
        sa.Column("ledger_ore", sa.BigInteger(), nullable=False),
        sa.Column("difference_ore", sa.BigInteger(), nullable=False),
        sa.Column("ageing", JSON, nullable=False),
        sa.Column("faults", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        *more,
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_schedules_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_schedules_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    op.create_index(op.f("ix_schedules_firm_id"), "schedules", ["firm_id"])
    op.create_table(
        "schedule_items",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document_number", sa.String(length=40), nullable=False),
        sa.Column("counterparty_number", sa.String(length=40), nullable=False),
        sa.Column("counterparty_name", sa.String(length=1000), nullable=False),
        sa.Column("invoice_date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("billed_ore", sa.BigInteger(), nullable=False),
        sa.Column("settled_ore", sa.BigInteger(), nullable=False),
        sa.Column("open_ore", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("days_past_due", sa.Integer(), nullable=True),
        sa.Column("flags", JSON, nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        *more_of_items,
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_schedule_items_firm_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_items_schedule_id")),
        sa.PrimaryKeyConstraint("schedule_id", "position", name=op.f("pk_schedule_items")),
    )
    op.create_index(op.f("ix_schedule_items_firm_id"), "schedule_items", ["firm_id"])
