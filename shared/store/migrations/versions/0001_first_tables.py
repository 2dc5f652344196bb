"""first tables

Revision: 0001, after: None
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
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
        "firms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firms")),
    )
    op.create_table(
        "tenant_pace",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sent_at", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant_pace")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_api_keys_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_firm_id"), "api_keys", ["firm_id"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_audit_log_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_firm_id"), "audit_log", ["firm_id"], unique=False)
    op.create_index(op.f("ix_audit_log_firm_id_at"), "audit_log", ["firm_id", "at"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_number", sa.String(length=13), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_clients_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("firm_id", "organisation_number", name=op.f("uq_clients_firm_id_organisation_number")),
    )
    op.create_index(op.f("ix_clients_firm_id"), "clients", ["firm_id"], unique=False)
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=True),
        sa.Column("consumer", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("event_id", sa.String(length=200), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason_code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_dead_letters_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
    )
    op.create_index(op.f("ix_dead_letters_firm_id_created_at"), "dead_letters", ["firm_id", "created_at"], unique=False)
    op.create_index(op.f("ix_dead_letters_source_event_id"), "dead_letters", ["source", "event_id"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("effect", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_inbox_firm_id")),
        sa.PrimaryKeyConstraint("consumer", "source", "event_id", name=op.f("pk_inbox")),
    )
    op.create_index(op.f("ix_inbox_received_at"), "inbox", ["received_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("lane", sa.String(length=100), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_for", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_outbox_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
        sqlite_where=sa.text("sent_at IS NULL"),
    )
    op.create_index(op.f("ix_outbox_source_event_id"), "outbox", ["source", "event_id"], unique=False)
    op.create_index(op.f("ix_outbox_waiting_for"), "outbox", ["waiting_for"], unique=False)
    op.create_table(
        "engagements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("year_end", sa.Date(), nullable=False),
        sa.Column("data_source", sa.String(length=40), nullable=False),
        sa.Column("last_run", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_engagements_client_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_engagements_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagements")),
        sa.UniqueConstraint("client_id", "year_end", name=op.f("uq_engagements_client_id_year_end")),
    )
    op.create_index(op.f("ix_engagements_firm_id"), "engagements", ["firm_id"], unique=False)
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
        "authorizations",
        sa.Column("state_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("grant_type", sa.String(length=40), nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_authorizations_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_authorizations_firm_id")),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_authorizations")),
    )
    op.create_index(op.f("ix_authorizations_firm_id"), "authorizations", ["firm_id"], unique=False)
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
        "connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("state_reason", sa.String(length=500), nullable=True),
        sa.Column("grant_type", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("company_name", sa.String(length=100), nullable=True),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("granted_by", sa.String(length=100), nullable=True),
        sa.Column("access_token", sa.LargeBinary(), nullable=True),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=True),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_connections_client_id")),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_connections_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_connections_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("client_id", name=op.f("uq_connections_client_id")),
    )
    op.create_index(op.f("ix_connections_firm_id"), "connections", ["firm_id"], unique=False)
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
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=True),
        sa.Column("cursor", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("completeness", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("waiting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("lease_owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_imports_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_imports_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("engagement_id", "run", name=op.f("uq_imports_engagement_id_run")),
    )
    op.create_index(
        op.f("ix_imports_engagement_id_created_at"), "imports", ["engagement_id", "created_at"], unique=False
    )
    op.create_index(op.f("ix_imports_firm_id"), "imports", ["firm_id"], unique=False)
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
    op.drop_index(op.f("ix_imports_firm_id"), table_name="imports")
    op.drop_index(op.f("ix_imports_engagement_id_created_at"), table_name="imports")
    op.drop_table("imports")
    op.drop_index(op.f("ix_financial_years_firm_id"), table_name="financial_years")
    op.drop_index(op.f("ix_financial_years_engagement_id_from_date"), table_name="financial_years")
    op.drop_table("financial_years")
    op.drop_index(op.f("ix_exports_firm_id"), table_name="exports")
    op.drop_index(op.f("ix_exports_engagement_id_created_at"), table_name="exports")
    op.drop_table("exports")
    op.drop_index(op.f("ix_documents_firm_id"), table_name="documents")
    op.drop_index(op.f("ix_documents_engagement_id_ledger_number"), table_name="documents")
    op.drop_table("documents")
    op.drop_index(op.f("ix_connections_firm_id"), table_name="connections")
    op.drop_table("connections")
    op.drop_index(op.f("ix_balances_firm_id"), table_name="balances")
    op.drop_index(op.f("ix_balances_engagement_id_year_from_kind_account"), table_name="balances")
    op.drop_table("balances")
    op.drop_index(op.f("ix_authorizations_firm_id"), table_name="authorizations")
    op.drop_table("authorizations")
    op.drop_index(op.f("ix_adjustments_firm_id"), table_name="adjustments")
    op.drop_table("adjustments")
    op.drop_index(op.f("ix_accounts_firm_id"), table_name="accounts")
    op.drop_index(op.f("ix_accounts_engagement_id_year_from_number"), table_name="accounts")
    op.drop_table("accounts")
    op.drop_index(op.f("ix_engagements_firm_id"), table_name="engagements")
    op.drop_table("engagements")
    op.drop_index(op.f("ix_outbox_waiting_for"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_source_event_id"), table_name="outbox")
    op.drop_index(
        "ix_outbox_due",
        table_name="outbox",
        postgresql_where=sa.text("sent_at IS NULL"),
        sqlite_where=sa.text("sent_at IS NULL"),
    )
    op.drop_table("outbox")
    op.drop_index(op.f("ix_inbox_received_at"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_index(op.f("ix_dead_letters_source_event_id"), table_name="dead_letters")
    op.drop_index(op.f("ix_dead_letters_firm_id_created_at"), table_name="dead_letters")
    op.drop_table("dead_letters")
    op.drop_index(op.f("ix_clients_firm_id"), table_name="clients")
    op.drop_table("clients")
    op.drop_index(op.f("ix_audit_log_firm_id_at"), table_name="audit_log")
    op.drop_index(op.f("ix_audit_log_firm_id"), table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_index(op.f("ix_api_keys_firm_id"), table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_table("tenant_pace")
    op.drop_table("firms")
    op.drop_table("export_leases")
