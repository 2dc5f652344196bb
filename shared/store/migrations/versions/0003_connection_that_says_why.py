"""Connections say why they ended and what notice was given; trips to Fortnox are bound to a browser.

Revision: 0003, after: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("firms", sa.Column("keep_alive", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("connections", sa.Column("state_code", sa.String(length=40), nullable=True))
    op.add_column("connections", sa.Column("notified_days", sa.Integer(), nullable=True))
    # A trip lives ten minutes: those under way at the upgrade are begun again.
    _drop_authorizations()
    op.create_table(
        "authorizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_unchanged_columns(),
        sa.Column("start_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("outcome_reason", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorizations")),
        sa.UniqueConstraint("start_hash", name=op.f("uq_authorizations_start_hash")),
    )
    op.create_index(op.f("ix_authorizations_firm_id"), "authorizations", ["firm_id"])
    op.create_index(
        op.f("ix_authorizations_engagement_id_created_at"), "authorizations", ["engagement_id", "created_at"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_authorizations_engagement_id_created_at"), table_name="authorizations")
    _drop_authorizations()
    op.create_table(
        "authorizations",
        sa.Column("state_hash", sa.LargeBinary(length=32), nullable=False),
        *_unchanged_columns(),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_authorizations")),
    )
    op.create_index(op.f("ix_authorizations_firm_id"), "authorizations", ["firm_id"])
    op.drop_column("connections", "notified_days")
    op.drop_column("connections", "state_code")
    op.drop_column("firms", "keep_alive")


def _drop_authorizations() -> None:
    op.drop_index(op.f("ix_authorizations_firm_id"), table_name="authorizations")
    op.drop_table("authorizations")


def _unchanged_columns() -> list[sa.Column[object] | sa.ForeignKeyConstraint]:
    return [
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("grant_type", sa.String(length=40), nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_authorizations_engagement_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_authorizations_firm_id")),
    ]
