"""Outbox, inbox and dead letters: the database is the truth, the message is a hint."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.store.base import Base, BigId, Key, Short


class OutboxMessage(Base):
    """An event to publish, committed together with the change it follows from.

    A wait is the same row with `not_before` in the future; what happens under the name in `waiting_for` ends it earlier.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "not_before",
            postgresql_where=text("sent_at IS NULL"),
            sqlite_where=text("sent_at IS NULL"),
        ),
        Index(None, "waiting_for"),
        Index(None, "source", "event_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firms.id"))
    source: Mapped[str] = mapped_column(String(200))
    event_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[Short]
    lane: Mapped[Short]
    body: Mapped[dict[str, Any]]
    not_before: Mapped[datetime]
    waiting_for: Mapped[Short | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class InboxMessage(Base):
    """An event that a consumer has dealt with, written in the transaction of its effect (kept 90 days).

    `effect` is the row that came of it, where a sender who asks again is told its id.
    """

    __tablename__ = "inbox"
    __table_args__ = (Index(None, "received_at"),)

    consumer: Mapped[str] = mapped_column(String(40), primary_key=True)
    source: Mapped[str] = mapped_column(String(200), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firms.id"))
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    effect: Mapped[UUID | None]
    received_at: Mapped[datetime]


class DeadLetter(Base):
    """A message that could not be dealt with, kept until a person decides.

    `firm_id` is null when the message does not say whose it is.
    """

    __tablename__ = "dead_letters"
    __table_args__ = (Index(None, "firm_id", "created_at"), Index(None, "source", "event_id"))

    id: Mapped[Key]
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firms.id"))
    consumer: Mapped[Short]
    source: Mapped[str | None] = mapped_column(String(200))
    event_id: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    reason_code: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    traceback: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decision: Mapped[Short | None]
