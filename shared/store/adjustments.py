"""Year-end adjustments (bokslutshändelser) and their way into Fortnox."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.store.base import Base, Code, Key, OfEngagement, OfFirm, Ore, Short


class Adjustment(OfEngagement, Base):
    """A voucher made in the closing program: kind V (by the user) or S (by the program).

    `status` is not_transferred, transferred, transferred_excluded, not_applicable, deleted, refused or unknown.
    """

    __tablename__ = "adjustments"
    __table_args__ = (UniqueConstraint("engagement_id", "kind", "number"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(1))
    number: Mapped[int]
    date: Mapped[date]
    text: Mapped[str] = mapped_column(String(200))
    status: Mapped[Code]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]

    rows: Mapped[list[AdjustmentRow]] = relationship(order_by="AdjustmentRow.position")


class AdjustmentRow(OfFirm, Base):
    __tablename__ = "adjustment_rows"

    adjustment_id: Mapped[UUID] = mapped_column(ForeignKey("adjustments.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(20))
    debit_ore: Mapped[Ore]
    credit_ore: Mapped[Ore]
    cost_center: Mapped[Code | None]
    project: Mapped[Code | None]
    text: Mapped[Short | None]


class Export(OfEngagement, Base):
    """One run that sends adjustments to Fortnox; `series` maps kind to series, {"V": "A", "S": "B"}.

    `state` is queued, running, waiting, completed or failed.
    """

    __tablename__ = "exports"
    __table_args__ = (Index(None, "engagement_id", "created_at"),)

    id: Mapped[Key]
    series: Mapped[dict[str, Any]]
    state: Mapped[Code]
    reason_code: Mapped[Code | None]
    reason: Mapped[str | None] = mapped_column(String(1000))
    waiting_until: Mapped[datetime | None]
    requests: Mapped[int] = mapped_column(default=0)
    requested_by: Mapped[Short]
    lease_owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    vouchers: Mapped[list[ExportVoucher]] = relationship(order_by="ExportVoucher.id")


class ExportVoucher(OfFirm, Base):
    """One adjustment's way into Fortnox.

    `state` is planned, claimed, sending, posted, refused, unknown, reconciling, needs_human or reversed. `sending` is
    committed before the request leaves, so what is found there after a crash is unknown and never planned.
    An adjustment has at most one voucher that is neither refused nor reversed.
    """

    __tablename__ = "export_vouchers"
    __table_args__ = (
        Index(
            "uq_export_vouchers_live",
            "adjustment_id",
            unique=True,
            postgresql_where=text("state NOT IN ('refused', 'reversed')"),
            sqlite_where=text("state NOT IN ('refused', 'reversed')"),
        ),
        Index(None, "export_id"),
    )

    id: Mapped[Key]
    export_id: Mapped[UUID] = mapped_column(ForeignKey("exports.id"))
    adjustment_id: Mapped[UUID] = mapped_column(ForeignKey("adjustments.id"))
    marker: Mapped[str] = mapped_column(String(20))
    series: Mapped[str] = mapped_column(String(10))
    state: Mapped[Code]
    attempts: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    fortnox_year: Mapped[int | None]
    fortnox_number: Mapped[int | None]
    reason_code: Mapped[Code | None]
    reason: Mapped[str | None] = mapped_column(String(1000))
    updated_at: Mapped[datetime]

    adjustment: Mapped[Adjustment] = relationship()


class ExportLease(Base):
    """Who may post vouchers to one Fortnox tenant just now: one worker at a time, over all exports and engagements.

    It carries no firm, like the tenant's pace: two firms may work in the same company.
    """

    __tablename__ = "export_leases"

    tenant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[UUID | None]
    until: Mapped[datetime | None]
