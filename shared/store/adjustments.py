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
    files: Mapped[list[AdjustmentFile]] = relationship(order_by="AdjustmentFile.id")


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


class AdjustmentFile(OfFirm, Base):
    """A document that belongs to an adjustment; it goes to Fortnox with the voucher. `sha256` is over its bytes."""

    __tablename__ = "adjustment_files"
    __table_args__ = (UniqueConstraint("adjustment_id", "sha256"),)

    id: Mapped[Key]
    adjustment_id: Mapped[UUID] = mapped_column(ForeignKey("adjustments.id"))
    name: Mapped[Short]
    media_type: Mapped[Short]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    added_by: Mapped[Short]
    created_at: Mapped[datetime]


class Export(OfEngagement, Base):
    """One run that sends vouchers to Fortnox; `series` maps kind to series, {"V": "A", "S": "B"}.

    `state` is queued, running, waiting, completed or failed. A run with `undoes_id` sends the reversals of what that
    export has posted.
    """

    __tablename__ = "exports"
    __table_args__ = (Index(None, "engagement_id", "created_at"),)

    id: Mapped[Key]
    undoes_id: Mapped[UUID | None] = mapped_column(ForeignKey("exports.id"))
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
    """One adjustment's way into Fortnox, or with `reverses_id` the way of the voucher that takes another one back.

    `state` is planned, claimed, sending, posted, refused, unknown, reconciling, needs-human or reversed. `sending` is
    committed before the request leaves, so what is found there after a crash is unknown and never planned.
    An adjustment has at most one voucher that is neither refused nor reversed, and a voucher at most one reversal that
    is not refused.

    `posted_as` is what it said when it was posted (`shared.adjustments.booked`), because the adjustment may change once
    the voucher is taken back. `tenant_id` is the Fortnox company it was sent to. `in_ledger` says how
    the newest import that tells has seen it: as-posted, edited, missing, or null while no ledger has it;
    `in_ledger_reason` what differs.
    """

    __tablename__ = "export_vouchers"
    __table_args__ = (
        Index(
            "uq_export_vouchers_live",
            "adjustment_id",
            unique=True,
            postgresql_where=text("reverses_id IS NULL AND state NOT IN ('refused', 'reversed')"),
            sqlite_where=text("reverses_id IS NULL AND state NOT IN ('refused', 'reversed')"),
        ),
        Index(
            "uq_export_vouchers_reversal",
            "reverses_id",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
            sqlite_where=text("state <> 'refused'"),
        ),
        Index(None, "export_id"),
    )

    id: Mapped[Key]
    export_id: Mapped[UUID] = mapped_column(ForeignKey("exports.id"))
    adjustment_id: Mapped[UUID] = mapped_column(ForeignKey("adjustments.id"))
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("export_vouchers.id"))
    marker: Mapped[str] = mapped_column(String(21))
    series: Mapped[str] = mapped_column(String(10))
    state: Mapped[Code]
    attempts: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    posted_at: Mapped[datetime | None]
    posted_as: Mapped[dict[str, Any] | None]
    tenant_id: Mapped[int | None]
    fortnox_year: Mapped[int | None]
    fortnox_number: Mapped[int | None]
    in_ledger: Mapped[Code | None]
    in_ledger_reason: Mapped[str | None] = mapped_column(String(1000))
    in_ledger_import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id"))
    reason_code: Mapped[Code | None]
    reason: Mapped[str | None] = mapped_column(String(1000))
    updated_at: Mapped[datetime]

    adjustment: Mapped[Adjustment] = relationship()
    reverses: Mapped[ExportVoucher | None] = relationship(remote_side="ExportVoucher.id")
    files: Mapped[list[ExportFile]] = relationship(order_by="ExportFile.id")


class ExportFile(OfFirm, Base):
    """One file's way to its voucher in Fortnox: into the inbox, then connected.

    `state` is planned, uploading, uploaded, connecting, connected, refused, unknown or needs-human. `uploading` and
    `connecting` are committed before their requests leave. `fortnox_file_id` is known from `uploaded` on.
    """

    __tablename__ = "export_files"
    __table_args__ = (UniqueConstraint("voucher_id", "file_id"),)

    id: Mapped[Key]
    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("export_vouchers.id"))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("adjustment_files.id"))
    name: Mapped[Short]
    state: Mapped[Code]
    attempts: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    fortnox_file_id: Mapped[str | None] = mapped_column(String(64))
    reason_code: Mapped[Code | None]
    reason: Mapped[str | None] = mapped_column(String(1000))
    updated_at: Mapped[datetime]

    file: Mapped[AdjustmentFile] = relationship()


class ExportLease(Base):
    """Who may post vouchers to one Fortnox tenant just now: one worker at a time, over all exports and engagements.

    It carries no firm, like the tenant's pace: two firms may work in the same company.
    """

    __tablename__ = "export_leases"

    tenant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[UUID | None]
    until: Mapped[datetime | None]
