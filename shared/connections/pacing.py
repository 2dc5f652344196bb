"""The pace of calls to one Fortnox tenant: one row in the database, shared by all workers (P6)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.errors import Later
from shared.fortnox.pacing import USUAL_PACE, Pace, earliest_turn
from shared.messaging.events import Lane
from shared.store.connections import TenantPace
from shared.store.database import Store

LONGEST_SLEEP_S = 10.0  # above that the worker's thread is worth more than the wait


class TenantPacer:
    """Grants turns to call one tenant; implements shared.fortnox.Pacer.

    `on_turn` writes into the transaction that grants a turn, so that a call costs one commit; if it raises, none is granted.
    """

    def __init__(
        self,
        tenant_id: int,
        lane: Lane,
        *,
        store: Store,
        pace: Pace = USUAL_PACE,
        on_turn: Callable[[Session], object] | None = None,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._tenant_id = tenant_id
        self._pace = pace
        self._limit = self._pace.bulk_limit if lane == "bulk" else self._pace.limit
        self._store = store
        self._on_turn = on_turn
        self._pause = pause or threading.Event().wait

    def take_turn(self) -> None:
        """Return when a call may leave now; raises Later "rate-limited" when that takes longer than a short sleep."""
        while True:
            with self._store.write() as session:
                row, now = self._row(session), self._store.now(session)
                sent = [datetime.fromtimestamp(stamp, UTC) for stamp in row.sent_at]
                turn = earliest_turn(sent, now, limit=self._limit, window_s=self._pace.window_s)
                turn = max(turn, row.paused_until or now)
                if turn <= now:
                    row.sent_at = [*(stamp.timestamp() for stamp in sent[-self._pace.limit :]), now.timestamp()]
                    if self._on_turn is not None:
                        self._on_turn(session)
                    return
            wait_s = (turn - now).total_seconds()
            if wait_s > LONGEST_SLEEP_S:
                raise Later("rate-limited", f"Fortnox allows the next call in {wait_s:.0f} s", until=turn)
            self._pause(wait_s)

    def pause_until(self, until: datetime) -> None:
        """Let nobody call this tenant before then, after a 429."""
        with self._store.write() as session:
            row = self._row(session)
            row.paused_until = max(until, row.paused_until or until)

    def _row(self, session: Session) -> TenantPace:
        """Return the tenant's row, locked."""
        dialect = sqlite if self._store.is_sqlite else postgresql
        session.execute(
            dialect.insert(TenantPace).values(tenant_id=self._tenant_id, sent_at=[]).on_conflict_do_nothing()
        )
        return session.get_one(TenantPace, self._tenant_id, with_for_update=True)
