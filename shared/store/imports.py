"""Runs that read the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.store.base import Base, Code, Key, OfEngagement, Short


class Import(OfEngagement, Base):
    """One run; `state` is queued, running, waiting, completed, incomplete, failed or cancelled.

    `run` is the run's number in its engagement, given when facts are first written. `cursor` says what has been read
    and stored, so that a killed run goes on where it stood. `requests` counts the calls to Fortnox.
    """

    __tablename__ = "imports"
    __table_args__ = (UniqueConstraint("engagement_id", "run"), Index(None, "engagement_id", "created_at"))

    id: Mapped[Key]
    run: Mapped[int | None]
    source: Mapped[Code]
    lane: Mapped[Code]
    state: Mapped[Code]
    stage: Mapped[Code | None]
    cursor: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any]]
    completeness: Mapped[list[Any]]
    reason_code: Mapped[Code | None]
    reason: Mapped[str | None] = mapped_column(String(1000))
    waiting_until: Mapped[datetime | None]
    requests: Mapped[int] = mapped_column(default=0)
    requested_by: Mapped[Short]
    lease_owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
