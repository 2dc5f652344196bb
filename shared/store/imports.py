"""Runs that read the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.store.base import Base, Code, Key, OfEngagement, Short

LEDGER: Final = "ledger"
COMPARISON: Final = "comparison"
NOT_ACCEPTED: Final = "differences-not-accepted"  # why a comparison waits, when it has read everything


class Import(OfEngagement, Base):
    """One run; `state` is queued, running, waiting, completed, incomplete, failed or cancelled.

    A run whose `purpose` is COMPARISON reads another data source than the engagement's and, before readers see it, waits
    until somebody accepts what it changes. `upload_id` is the file that is read, where the source is a file.
    `run` is the run's number in its engagement, given when facts are first written. `cursor` says what has been read
    and stored, so that a killed run goes on where it stood, and `share_done` (0 to 1) how far it has come. `requests`
    counts the calls to Fortnox. `years` is how many financial years were asked for in all, null for those that the
    engagement has. `faults` are the first of the `fault_count` faults in files that were taken all the same.

    `covers_until` says that what was booked in the engagement's own year before that instant was in what the run read of
    it, null when it did not read that year; `covers_all` that nothing of it got lost on the way: then a voucher that is
    not there was deleted.
    """

    __tablename__ = "imports"
    __table_args__ = (UniqueConstraint("engagement_id", "run"), Index(None, "engagement_id", "created_at"))

    id: Mapped[Key]
    run: Mapped[int | None]
    source: Mapped[Code]
    purpose: Mapped[Code] = mapped_column(default=LEDGER)
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("uploads.id"))
    lane: Mapped[Code]
    state: Mapped[Code]
    stage: Mapped[Code | None]
    years: Mapped[int | None]
    cursor: Mapped[dict[str, Any]]
    share_done: Mapped[float] = mapped_column(default=0.0)
    counts: Mapped[dict[str, Any]]
    completeness: Mapped[list[Any]]
    fault_count: Mapped[int] = mapped_column(default=0)
    faults: Mapped[list[Any]] = mapped_column(default=list)
    covers_until: Mapped[datetime | None]
    covers_all: Mapped[bool] = mapped_column(default=False)
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
