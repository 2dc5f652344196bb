"""The firm's clients and the work of closing their years."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.store.base import Base, Code, Key, OfFirm, Short

FORTNOX: Final = "fortnox"
SIE: Final = "sie"


class Client(OfFirm, Base):
    """A client company of the firm.

    `schedule_accounts` are the accounts that its schedules show beside those that follow from the books, by kind.
    """

    __tablename__ = "clients"
    __table_args__ = (UniqueConstraint("firm_id", "organisation_number"),)

    id: Mapped[Key]
    organisation_number: Mapped[str] = mapped_column(String(13))
    name: Mapped[Short]
    schedule_accounts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    created_at: Mapped[datetime]


class Engagement(OfFirm, Base):
    """The work of closing one financial year of one client (uppdrag), with one data source: FORTNOX or SIE."""

    __tablename__ = "engagements"
    __table_args__ = (UniqueConstraint("client_id", "year_end"),)

    id: Mapped[Key]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"))
    year_end: Mapped[date]
    data_source: Mapped[Code]
    last_run: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    client: Mapped[Client] = relationship()
