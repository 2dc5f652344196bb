"""Schedules (bilagor): what was open on a balance-sheet item at a balance date, beside the ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.store.base import Base, Code, Key, OfEngagement, OfFirm, Ore, Short


class Schedule(OfEngagement, Base):
    """One schedule; a row is never changed once it is written.

    It is identified by its balance date, the run that was known then, and its `terms`: what people had chosen, namely
    accounts beside those of Fortnox and closing rates. `version` counts the schedules of the same kind and balance
    date. `known_at` is when the sub-ledger was read. `content_hash` is over all that the schedule says, `figures_hash`
    over what may not change with what happens after the balance date: see `shared.schedules.hashing`. The JSON columns
    hold the parts of `shared.schedules.content` of the same names; `accounts` are triples of number, name and balance
    in öre, the first is Fortnox' predefined one.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        UniqueConstraint(
            "engagement_id", "kind", "balance_date", "known_run", "terms_hash", name="uq_schedules_identity"
        ),
        UniqueConstraint("engagement_id", "kind", "balance_date", "version"),
    )

    id: Mapped[Key]
    kind: Mapped[Code]
    balance_date: Mapped[date]
    known_run: Mapped[int]
    known_at: Mapped[datetime]
    terms: Mapped[dict[str, Any]]
    terms_hash: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    company_name: Mapped[Short]
    organisation_number: Mapped[str] = mapped_column(String(13))
    year_from: Mapped[date]
    year_to: Mapped[date]
    accounts: Mapped[list[Any]]
    total_ore: Mapped[Ore]
    ledger_ore: Mapped[Ore]
    difference_ore: Mapped[Ore]
    ageing: Mapped[dict[str, Any]]
    bridge: Mapped[list[Any]]
    parted_on: Mapped[date | None]
    revaluations: Mapped[list[Any]]
    reclassifications: Mapped[list[Any]]
    faults: Mapped[list[Any]]
    complete: Mapped[bool]
    source: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(String(64))
    figures_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]

    items: Mapped[list[ScheduleItem]] = relationship(order_by="ScheduleItem.position")
    sign_offs: Mapped[list[ScheduleSignOff]] = relationship(order_by="ScheduleSignOff.id")

    @property
    def standing_sign_offs(self) -> list[ScheduleSignOff]:
        """Those that were not withdrawn, in the order in which they were made."""
        return [sign_off for sign_off in self.sign_offs if sign_off.withdrawn_at is None]


class ScheduleItem(OfFirm, Base):
    """One open item; the columns are those of `shared.schedules.content.Item`, `rate` a decimal string."""

    __tablename__ = "schedule_items"

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    document_number: Mapped[Code]
    external_number: Mapped[Short | None]
    counterparty_number: Mapped[Code]
    counterparty_name: Mapped[str] = mapped_column(String(1000))
    invoice_date: Mapped[date]
    accounting_date: Mapped[date | None]
    due_date: Mapped[date | None]
    currency: Mapped[Code]
    rate: Mapped[Code | None]
    unit: Mapped[int]
    billed_ore: Mapped[Ore]
    settled_ore: Mapped[Ore]
    credited_ore: Mapped[Ore]
    open_ore: Mapped[Ore]
    open_minor: Mapped[Ore]
    days_past_due: Mapped[int | None]
    bucket: Mapped[Code]
    paid_after_ore: Mapped[Ore]
    paid_after_on: Mapped[date | None]
    flags: Mapped[list[Any]]


class ScheduleSignOff(OfFirm, Base):
    """A person stands behind a schedule: `role` is preparer or reviewer, each once until it is withdrawn.

    What was signed stays: withdrawing says when, by whom and why. `signed_with` and `withdrawn_by` are names of keys.
    """

    __tablename__ = "schedule_sign_offs"
    __table_args__ = (
        Index(
            "uq_schedule_sign_offs_standing",
            "schedule_id",
            "role",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id"))
    role: Mapped[Code]
    name: Mapped[Short]
    comment: Mapped[str] = mapped_column(String(2000))
    at: Mapped[datetime]
    signed_with: Mapped[Short]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[Short | None]
    withdrawn_reason: Mapped[str | None] = mapped_column(String(2000))
