"""What was done to a connection, for the audit log; written in the transaction of the deed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from shared.store.connections import Connection
from shared.store.firms import AuditEntry

SYSTEM = "fortnox-pipeline"


def note(
    session: Session, connection: Connection, action: str, now: datetime, *, actor: str = SYSTEM, **details: object
) -> None:
    """Write who did what to the connection, with the Fortnox company that it leads to."""
    session.add(
        AuditEntry(
            firm_id=connection.firm_id,
            at=now,
            actor=actor,
            action=action,
            subject=connection.id,
            details=details | {"tenant_id": connection.tenant_id},
        )
    )
