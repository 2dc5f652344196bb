"""Facts of ledger and sub-ledger, schedules, adjustments, exports.

Revision: 0002, after: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_leases",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_export_leases")),
    )
    op.create_table(
        "accounts",
        sa.Column("year_from", sa.Date(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sru", sa.String(length=20), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("since_run", sa.Integer(), nullable=False),
        sa.Column("until_run", sa.Integer(), nullable=True),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_accounts_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_accounts_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index(
        op.f("ix_accounts_engagement_id_year_from_number"),
        "accounts",
        ["engagement_id", "year_from", "number"],
        unique=False,
    )
    op.create_index(op.f("ix_accounts_firm_id"), "accounts", ["firm_id"], unique=False)
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_adjustments_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_adjustments_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
        sa.UniqueConstraint("engagement_id", "kind", "number", name=op.f("uq_adjustments_engagement_id_kind_number")),
    )
    op.create_index(op.f("ix_adjustments_firm_id"), "adjustments", ["firm_id"], unique=False)
    op.create_table(
        "balances",
        sa.Column("year_from", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("since_run", sa.Integer(), nullable=False),
        sa.Column("until_run", sa.Integer(), nullable=True),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_balances_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_balances_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balances")),
    )
    op.create_index(
        op.f("ix_balances_engagement_id_year_from_kind_account"),
        "balances",
        ["engagement_id", "year_from", "kind", "account"],
        unique=False,
    )
    op.create_index(op.f("ix_balances_firm_id"), "balances", ["firm_id"], unique=False)
    op.create_table(
        "documents",
        sa.Column("ledger", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("external_number", sa.String(length=100), nullable=True),
        sa.Column("counterparty_number", sa.String(length=40), nullable=False),
        sa.Column("counterparty_name", sa.String(length=1000), nullable=False),
        sa.Column("invoice_date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("final_pay_date", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rate", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("booked", sa.Boolean(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("credit_of", sa.String(length=40), nullable=True),
        sa.Column("vouchers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("listed_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("since_run", sa.Integer(), nullable=False),
        sa.Column("until_run", sa.Integer(), nullable=True),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_documents_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_documents_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(
        op.f("ix_documents_engagement_id_ledger_number"),
        "documents",
        ["engagement_id", "ledger", "number"],
        unique=False,
    )
    op.create_index(op.f("ix_documents_firm_id"), "documents", ["firm_id"], unique=False)
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("waiting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("lease_owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_exports_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_exports_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index(
        op.f("ix_exports_engagement_id_created_at"), "exports", ["engagement_id", "created_at"], unique=False
    )
    op.create_index(op.f("ix_exports_firm_id"), "exports", ["firm_id"], unique=False)
    op.create_table(
        "financial_years",
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("to_date", sa.Date(), nullable=False),
        sa.Column("fortnox_id", sa.Integer(), nullable=True),
        sa.Column("accounting_method", sa.String(length=40), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("since_run", sa.Integer(), nullable=False),
        sa.Column("until_run", sa.Integer(), nullable=True),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_financial_years_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_financial_years_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_financial_years")),
    )
    op.create_index(
        op.f("ix_financial_years_engagement_id_from_date"),
        "financial_years",
        ["engagement_id", "from_date"],
        unique=False,
    )
    op.create_index(op.f("ix_financial_years_firm_id"), "financial_years", ["firm_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("ledger", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("document_number", sa.String(length=40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("settled_minor", sa.BigInteger(), nullable=False),
        sa.Column("booked", sa.Boolean(), nullable=False),
        sa.Column("vouchers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("listed_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("since_run", sa.Integer(), nullable=False),
        sa.Column("until_run", sa.Integer(), nullable=True),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_payments_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_payments_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
    )
    op.create_index(
        op.f("ix_payments_engagement_id_ledger_document_number"),
        "payments",
        ["engagement_id", "ledger", "document_number"],
        unique=False,
    )
    op.create_index(op.f("ix_payments_firm_id"), "payments", ["firm_id"], unique=False)
    op.create_table(
        "schedules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("balance_date", sa.Date(), nullable=False),
        sa.Column("known_run", sa.Integer(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accounts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("total_ore", sa.BigInteger(), nullable=False),
        sa.Column("ledger_ore", sa.BigInteger(), nullable=False),
        sa.Column("difference_ore", sa.BigInteger(), nullable=False),
        sa.Column("ageing", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("faults", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_schedules_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_schedules_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint(
            "engagement_id",
            "kind",
            "balance_date",
            "known_run",
            name=op.f("uq_schedules_engagement_id_kind_balance_date_known_run"),
        ),
    )
    op.create_index(op.f("ix_schedules_firm_id"), "schedules", ["firm_id"], unique=False)
    op.create_table(
        "vouchers",
        sa.Column("year_from", sa.Date(), nullable=False),
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("registered", sa.Date(), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("since_run", sa.Integer(), nullable=False),
        sa.Column("until_run", sa.Integer(), nullable=True),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_vouchers_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_vouchers_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
    )
    op.create_index(
        op.f("ix_vouchers_engagement_id_year_from_series_number"),
        "vouchers",
        ["engagement_id", "year_from", "series", "number"],
        unique=False,
    )
    op.create_index(op.f("ix_vouchers_firm_id"), "vouchers", ["firm_id"], unique=False)
    op.create_table(
        "adjustment_rows",
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("debit_ore", sa.BigInteger(), nullable=False),
        sa.Column("credit_ore", sa.BigInteger(), nullable=False),
        sa.Column("cost_center", sa.String(length=40), nullable=True),
        sa.Column("project", sa.String(length=40), nullable=True),
        sa.Column("text", sa.String(length=100), nullable=True),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["adjustment_id"], ["adjustments.id"], name=op.f("fk_adjustment_rows_adjustment_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_adjustment_rows_firm_id")),
        sa.PrimaryKeyConstraint("adjustment_id", "position", name=op.f("pk_adjustment_rows")),
    )
    op.create_index(op.f("ix_adjustment_rows_firm_id"), "adjustment_rows", ["firm_id"], unique=False)
    op.create_table(
        "export_vouchers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("marker", sa.String(length=20), nullable=False),
        sa.Column("series", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fortnox_year", sa.Integer(), nullable=True),
        sa.Column("fortnox_number", sa.Integer(), nullable=True),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["adjustment_id"], ["adjustments.id"], name=op.f("fk_export_vouchers_adjustment_id")),
        sa.ForeignKeyConstraint(["export_id"], ["exports.id"], name=op.f("fk_export_vouchers_export_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_export_vouchers_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_vouchers")),
    )
    op.create_index(op.f("ix_export_vouchers_export_id"), "export_vouchers", ["export_id"], unique=False)
    op.create_index(op.f("ix_export_vouchers_firm_id"), "export_vouchers", ["firm_id"], unique=False)
    op.create_index(
        "uq_export_vouchers_live",
        "export_vouchers",
        ["adjustment_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('refused', 'reversed')"),
        sqlite_where=sa.text("state NOT IN ('refused', 'reversed')"),
    )
    op.create_table(
        "schedule_items",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document_number", sa.String(length=40), nullable=False),
        sa.Column("counterparty_number", sa.String(length=40), nullable=False),
        sa.Column("counterparty_name", sa.String(length=1000), nullable=False),
        sa.Column("invoice_date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("billed_ore", sa.BigInteger(), nullable=False),
        sa.Column("settled_ore", sa.BigInteger(), nullable=False),
        sa.Column("open_ore", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("days_past_due", sa.Integer(), nullable=True),
        sa.Column("flags", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_schedule_items_firm_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_items_schedule_id")),
        sa.PrimaryKeyConstraint("schedule_id", "position", name=op.f("pk_schedule_items")),
    )
    op.create_index(op.f("ix_schedule_items_firm_id"), "schedule_items", ["firm_id"], unique=False)
    op.create_table(
        "voucher_rows",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("voucher_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("quantity", sa.String(length=100), nullable=True),
        sa.Column("objects", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_voucher_rows_firm_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["vouchers.id"], name=op.f("fk_voucher_rows_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_rows")),
    )
    op.create_index(op.f("ix_voucher_rows_firm_id"), "voucher_rows", ["firm_id"], unique=False)
    op.create_index(op.f("ix_voucher_rows_voucher_id"), "voucher_rows", ["voucher_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_voucher_rows_voucher_id"), table_name="voucher_rows")
    op.drop_index(op.f("ix_voucher_rows_firm_id"), table_name="voucher_rows")
    op.drop_table("voucher_rows")
    op.drop_index(op.f("ix_schedule_items_firm_id"), table_name="schedule_items")
    op.drop_table("schedule_items")
    op.drop_index(
        "uq_export_vouchers_live",
        table_name="export_vouchers",
        postgresql_where=sa.text("state NOT IN ('refused', 'reversed')"),
        sqlite_where=sa.text("state NOT IN ('refused', 'reversed')"),
    )
    op.drop_index(op.f("ix_export_vouchers_firm_id"), table_name="export_vouchers")
    op.drop_index(op.f("ix_export_vouchers_export_id"), table_name="export_vouchers")
    op.drop_table("export_vouchers")
    op.drop_index(op.f("ix_adjustment_rows_firm_id"), table_name="adjustment_rows")
    op.drop_table("adjustment_rows")
    op.drop_index(op.f("ix_vouchers_firm_id"), table_name="vouchers")
    op.drop_index(op.f("ix_vouchers_engagement_id_year_from_series_number"), table_name="vouchers")
    op.drop_table("vouchers")
    op.drop_index(op.f("ix_schedules_firm_id"), table_name="schedules")
    op.drop_table("schedules")
    op.drop_index(op.f("ix_payments_firm_id"), table_name="payments")
    op.drop_index(op.f("ix_payments_engagement_id_ledger_document_number"), table_name="payments")
    op.drop_table("payments")
    op.drop_index(op.f("ix_financial_years_firm_id"), table_name="financial_years")
    op.drop_index(op.f("ix_financial_years_engagement_id_from_date"), table_name="financial_years")
    op.drop_table("financial_years")
    op.drop_index(op.f("ix_exports_firm_id"), table_name="exports")
    op.drop_index(op.f("ix_exports_engagement_id_created_at"), table_name="exports")
    op.drop_table("exports")
    op.drop_index(op.f("ix_documents_firm_id"), table_name="documents")
    op.drop_index(op.f("ix_documents_engagement_id_ledger_number"), table_name="documents")
    op.drop_table("documents")
    op.drop_index(op.f("ix_balances_firm_id"), table_name="balances")
    op.drop_index(op.f("ix_balances_engagement_id_year_from_kind_account"), table_name="balances")
    op.drop_table("balances")
    op.drop_index(op.f("ix_adjustments_firm_id"), table_name="adjustments")
    op.drop_table("adjustments")
    op.drop_index(op.f("ix_accounts_firm_id"), table_name="accounts")
    op.drop_index(op.f("ix_accounts_engagement_id_year_from_number"), table_name="accounts")
    op.drop_table("accounts")
    op.drop_table("export_leases")
