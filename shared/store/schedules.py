"""Schedules (bilagor): what was open on a balance-sheet item at a balance date, beside the ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.store.base import Base, Code, Key, OfEngagement, OfFirm, Ore


class Schedule(OfEngagement, Base):
    """One schedule, identified by its balance date and by the run that was known then.

    `accounts` begins with the one that Fortnox has as predefined. `known_at` is when the sub-ledger was read. `faults`
    are objects with document, code and reason: what could not be judged.
    """

    __tablename__ = "schedules"
    __table_args__ = (UniqueConstraint("engagement_id", "kind", "balance_date", "known_run"),)

    id: Mapped[Key]
    kind: Mapped[Code]
    balance_date: Mapped[date]
    known_run: Mapped[int]
    known_at: Mapped[datetime]
    accounts: Mapped[list[Any]]
    total_ore: Mapped[Ore]
    ledger_ore: Mapped[Ore]
    difference_ore: Mapped[Ore]
    ageing: Mapped[dict[str, Any]]
    faults: Mapped[list[Any]]
    content_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]

    items: Mapped[list[ScheduleItem]] = relationship(order_by="ScheduleItem.position")


class ScheduleItem(OfFirm, Base):
    """One open item; amounts in SEK öre and in hundredths of the document's currency."""

    __tablename__ = "schedule_items"

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    document_number: Mapped[Code]
    counterparty_number: Mapped[Code]
    counterparty_name: Mapped[str] = mapped_column(String(1000))
    invoice_date: Mapped[date]
    due_date: Mapped[date | None]
    currency: Mapped[str] = mapped_column(String(3))
    billed_ore: Mapped[Ore]
    settled_ore: Mapped[Ore]
    open_ore: Mapped[Ore]
    open_minor: Mapped[Ore]
    days_past_due: Mapped[int | None]
    flags: Mapped[list[Any]]
