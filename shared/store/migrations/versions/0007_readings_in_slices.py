"""What the reading of a sub-ledger takes over all its slices.

Revision: 0007, after: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "subledger_readings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger", sa.String(length=40), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("requests", JSON, nullable=False),
        sa.Column("unreadable", JSON, nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("fk_subledger_readings_engagement_id")
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_subledger_readings_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subledger_readings")),
        sa.UniqueConstraint(
            "engagement_id", "ledger", "run", name=op.f("uq_subledger_readings_engagement_id_ledger_run")
        ),
    )
    op.create_index(op.f("ix_subledger_readings_firm_id"), "subledger_readings", ["firm_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_subledger_readings_firm_id"), table_name="subledger_readings")
    op.drop_table("subledger_readings")
