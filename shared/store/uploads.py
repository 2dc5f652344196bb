"""Files that somebody handed over, in parts: the workers run on other machines, and the database is what they share."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from shared.store.base import Base, Key, OfEngagement, OfFirm, Short


class Upload(OfEngagement, Base):
    """One SIE file; `year_from` is known when it has been read. The row stays when the content is deleted."""

    __tablename__ = "uploads"
    __table_args__ = (Index(None, "engagement_id", "created_at"),)

    id: Mapped[Key]
    name: Mapped[Short]
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    size_bytes: Mapped[int]
    year_from: Mapped[date | None]
    uploaded_by: Mapped[Short]
    created_at: Mapped[datetime]


class UploadPart(OfFirm, Base):
    """The bytes of a file from `position` parts on; no part is larger than `shared.uploads.PART_BYTES`."""

    __tablename__ = "upload_parts"

    upload_id: Mapped[UUID] = mapped_column(ForeignKey("uploads.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
