"""Who did what, when; written in the transaction of the deed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared.store.firms import AuditEntry


def note(
    session: Session, *, firm_id: UUID, actor: str, action: str, subject: UUID | None, at: datetime, **details: Any
) -> None:
    session.add(AuditEntry(firm_id=firm_id, actor=actor, action=action, subject=subject, at=at, details=details))
