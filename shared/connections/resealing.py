"""Brings every stored token under the current key, batch by batch, while renewals go on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from shared.connections.grants import bound_to
from shared.errors import Rejected
from shared.security.vault import Vault
from shared.store.connections import Connection
from shared.store.database import Store, rows_changed

BATCH = 100
COLUMNS = ("access_token", "refresh_token")


@dataclass
class Resealed:
    """How many connections were done, and how many cannot be because no key opens their tokens."""

    done: int = 0
    unreadable: int = 0


def reseal_tokens(store: Store, vault: Vault, batch: int = BATCH) -> Resealed:
    """Seal again what other keys sealed.

    A row is written only when its tokens are still the ones that were read: a renewal in between wins, and the row is
    looked at again. Processes that still seal with another key keep this from ending well, so they come first.
    """
    result = Resealed()
    last: UUID | None = None
    while True:
        with store.read() as session:
            query = select(Connection).order_by(Connection.id).limit(batch)
            rows = session.scalars(query if last is None else query.where(Connection.id > last)).all()
        if not rows:
            return result
        for row in rows:
            _reseal_row(store, vault, row, result)
        last = rows[-1].id


def _reseal_row(store: Store, vault: Vault, row: Connection | None, result: Resealed) -> None:
    while row is not None:
        read = {column: sealed for column in COLUMNS if (sealed := getattr(row, column)) is not None}
        if not any(vault.needs_resealing(sealed) for sealed in read.values()):
            return
        try:
            written = {
                column: vault.seal(vault.open(sealed, bound_to(row.id, column)), bound_to(row.id, column))
                for column, sealed in read.items()
            }
        except Rejected:
            result.unreadable += 1
            return
        if _swap(store, row.id, read, written):
            result.done += 1
            return
        with store.read() as session:
            row = session.get(Connection, row.id)


def _swap(store: Store, connection_id: UUID, read: dict[str, bytes], written: dict[str, bytes]) -> bool:
    unchanged = [getattr(Connection, column) == sealed for column, sealed in read.items()]
    with store.write() as session:
        swapped = session.execute(update(Connection).where(Connection.id == connection_id, *unchanged).values(written))
        return rows_changed(swapped) > 0
