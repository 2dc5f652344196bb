"""How long a connection is in doubt after a renewal went wrong, with a keeper at work as in the relay's process."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from sqlalchemy import select

from shared.connections.access import FortnoxAccess
from shared.connections.keeper import INTERVAL_S, Keeper
from shared.connections.states import ACTIVE
from shared.errors import PipelineError
from shared.store.connections import Connection
from shared.store.messages import OutboxMessage
from tests.chaos.renewing import Fleet
from tests.waiting import wait_for

REPORTED_WITHIN_S = 60.0
SURVIVED, REPORTED_LOST, SILENTLY_DEAD, NO_NEED = "survived", "reported lost", "silently dead", "given up without need"


@contextmanager
def keeper(access: FortnoxAccess, interval_s: float = INTERVAL_S) -> Iterator[None]:
    """Look after the connections until the block ends."""
    kept = Keeper(access, interval_s)
    thread = threading.Thread(target=kept.run)
    thread.start()
    try:
        yield
    finally:
        kept.stop()
        thread.join()


class Lookout:
    """Notes when each connection in doubt is so no longer."""

    def __init__(self, ships: Fleet) -> None:
        self._ships = ships
        self._since: dict[UUID, float] = {}
        self.waits_s: dict[UUID, float] = {}

    def watch(self, connection_id: UUID, since: float) -> None:
        """Begin when nobody but the keeper writes the row any more, or when the renewal's request is on its way."""
        self._since[connection_id] = since
        self.waits_s[connection_id] = math.inf if self._is_in_doubt(connection_id) else 0.0

    def look(self) -> bool:
        """Say whether nothing is in doubt any more."""
        open_ones = [connection_id for connection_id, wait_s in self.waits_s.items() if wait_s == math.inf]
        with self._ships.access.store.read() as session:
            settled = session.scalars(
                select(Connection.id).where(
                    Connection.id.in_(open_ones), Connection.pending_since.is_(None), Connection.lease_owner.is_(None)
                )
            ).all()
        for connection_id in settled:
            self.waits_s[connection_id] = time.monotonic() - self._since[connection_id]
        return len(settled) == len(open_ones)

    def wait(self) -> None:
        """Wait until nothing is in doubt, or until the time for it is well over: then the counts tell."""
        with suppress(AssertionError):
            wait_for(self.look, seconds=REPORTED_WITHIN_S + 10, what="the end of every doubt")

    def _is_in_doubt(self, connection_id: UUID) -> bool:
        """Look under the row's lock: what a process that died had under way in the database has ended by then."""
        with self._ships.access.store.write() as session:
            row = session.get_one(Connection, connection_id, with_for_update=True)
            return row.pending_since is not None or row.lease_owner is not None


def end_of(ships: Fleet, connection_id: UUID) -> str:
    """Say how the connection ended, measured at what Fortnox says about it and not at what we think."""
    row = ships.row(connection_id)
    if row.state == ACTIVE:
        try:
            ships.access.tokens(connection_id).renew_now()
        except PipelineError:
            return SILENTLY_DEAD
        return SURVIVED
    with ships.access.store.read() as session:
        said = session.scalars(
            select(OutboxMessage).where(
                OutboxMessage.name == "connection-lost",
                OutboxMessage.body["data"]["connection_id"].as_string() == str(connection_id),
            )
        ).all()
    codes = [message.body["data"]["reason_code"] for message in said]
    if codes != ["renewal-answer-lost"] or row.state_code != "renewal-answer-lost":
        return SILENTLY_DEAD
    return REPORTED_LOST if _was_burnt(ships, connection_id) else NO_NEED


def _was_burnt(ships: Fleet, connection_id: UUID) -> bool:
    """Compare with the order in which the consents were given: the stored token is forgotten by now."""
    first = list(ships.state.grants._by_refresh.values())[: len(ships.connection_ids)]
    return first[ships.connection_ids.index(connection_id)].burnt
