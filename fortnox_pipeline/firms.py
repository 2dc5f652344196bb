"""Firms and their API keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from shared.clock import Clock
from shared.errors import Rejected
from shared.security.keys import hash_key, hint_of, new_key
from shared.store.database import Store
from shared.store.firms import ApiKey, AuditEntry, Firm


@dataclass(frozen=True)
class CreatedKey:
    firm_id: UUID
    key: str = field(repr=False)


def create_key(store: Store, clock: Clock, *, firm_name: str, key_name: str) -> CreatedKey:
    """Make an API key for the firm with this name, and the firm itself when there is none."""
    key = new_key()
    now = clock.now()
    with store.write() as session:
        firm = session.scalar(select(Firm).where(Firm.name == firm_name))
        if firm is None:
            firm = Firm(name=firm_name, created_at=now)
            session.add(firm)
            session.flush()
        row = ApiKey(firm_id=firm.id, name=key_name, hint=hint_of(key), key_hash=hash_key(key), created_at=now)
        session.add(row)
        session.flush()
        session.add(
            AuditEntry(
                firm_id=firm.id,
                at=now,
                actor="operator",
                action="key-created",
                subject=row.id,
                details={"name": key_name},
            )
        )
        return CreatedKey(firm.id, key)


def set_keep_alive(store: Store, clock: Clock, *, firm_name: str, on: bool) -> None:
    """Let the firm's connections be renewed without use, or no longer; raises Rejected "not-found"."""
    with store.write() as session:
        firm = session.scalar(select(Firm).where(Firm.name == firm_name).with_for_update())
        if firm is None:
            raise Rejected("not-found", f"there is no firm {firm_name!r}")
        firm.keep_alive = on
        session.add(
            AuditEntry(
                firm_id=firm.id,
                at=clock.now(),
                actor="operator",
                action="keep-alive-set",
                subject=firm.id,
                details={"on": on},
            )
        )
