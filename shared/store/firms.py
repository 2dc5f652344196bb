"""Who may use the system, and what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from shared.store.base import Base, Code, Key, OfFirm, Short


class Firm(Base):
    """The accounting firm (byrå): the tenant of this system.

    With `keep_alive` its connections are renewed before their 30 days run out, also when nobody works with them.
    """

    __tablename__ = "firms"

    id: Mapped[Key]
    name: Mapped[Short]
    keep_alive: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]


class ApiKey(OfFirm, Base):
    """A key of an upstream system; only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[Key]
    name: Mapped[Short]
    hint: Mapped[str] = mapped_column(String(12))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(OfFirm, Base):
    """Who did what, when, to which thing; rows are only ever added."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "firm_id", "at"),)

    id: Mapped[Key]
    at: Mapped[datetime]
    actor: Mapped[Short]
    action: Mapped[Code]
    subject: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
