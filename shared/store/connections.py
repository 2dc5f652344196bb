"""The right to act in a Fortnox company, and the pace that Fortnox allows there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from shared.store.base import Base, Code, Key, OfFirm, Short


class Connection(OfFirm, Base):
    """One client's connection with its grant; tokens are encrypted and bound to this row.

    `engagement_id` is the engagement from which it was last authorised: its events speak of that one.
    `state` is one of pending, active, expiring, expired, revoked, lost; `state_code` and `state_reason` say why a
    connection ended, or what is in doubt about one in use. `company_name` is empty until the importer has seen that the
    company is the client's, and so long nobody else reads it. `notified_days` is the shortest notice of its end that was given since the last renewal.
    `version` counts renewals and endings; it is what a renewal compares before it writes. `pending_since` is set before a refresh token leaves and cleared with the
    answer: found set under an expired lease, it says that the answer may have been lost.
    """

    __tablename__ = "connections"

    id: Mapped[Key]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), unique=True)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    state: Mapped[Code]
    state_code: Mapped[Code | None]
    state_reason: Mapped[str | None] = mapped_column(String(500))
    grant_type: Mapped[Code]
    tenant_id: Mapped[int | None]
    company_name: Mapped[Short | None]
    scopes: Mapped[list[Any]]
    granted_by: Mapped[Short | None]
    access_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    refresh_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    access_expires_at: Mapped[datetime | None]
    active_until: Mapped[datetime | None]
    notified_days: Mapped[int | None]
    renewed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    pending_since: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Authorization(OfFirm, Base):
    """One trip of a browser to Fortnox and back.

    `start_hash` is the hash of the token in the address at which the trip begins, `browser_hash` that of the cookie
    of the browser that began it. `used_at` is when the trip ended, `outcome` the code of how; "exchange-unfinished" is
    written before the code leaves for Fortnox, so that a crash there leaves a word.
    """

    __tablename__ = "authorizations"
    __table_args__ = (Index(None, "engagement_id", "created_at"),)

    id: Mapped[Key]
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    grant_type: Mapped[Code]
    requested_by: Mapped[Short]
    start_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    browser_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    outcome: Mapped[Code | None]
    outcome_reason: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class TenantPace(Base):
    """When calls to one Fortnox tenant left, as far back as the limit looks.

    It carries no firm: Fortnox counts per tenant, also when two firms work in the same company.
    """

    __tablename__ = "tenant_pace"

    tenant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sent_at: Mapped[list[Any]]
    paused_until: Mapped[datetime | None]
