"""Looks after the connections that nobody works with just now: what a dead renewal left behind, and the last days.

Any number of keepers may run beside each other. What one of them announces or ends is decided anew under the row's
lock, and renewals take their turns like everybody else's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.connections.access import FortnoxAccess
from shared.connections.refusal import refuse
from shared.connections.states import (
    ALL,
    CONSENT_IN_DOUBT,
    EXPIRED,
    EXPIRING,
    NOTICE_DAYS,
    USABLE,
    connection_waited_for,
    notice_due,
    waiting_for_reconnect,
)
from shared.connections.tokens import LEASE, LONGEST_PAUSE
from shared.errors import PipelineError
from shared.messaging.events import ConnectionChanged, new_event
from shared.messaging.outbox import emit, release
from shared.observability.metrics import CONNECTIONS, RENEWALS_OLDEST_PENDING_S
from shared.store.connections import Connection
from shared.store.firms import Firm
from shared.store.messages import OutboxMessage

log = structlog.get_logger(__name__)

INTERVAL_S = 2.0
AT_ONCE = 8  # doubtful renewals that are looked into side by side: a worker that dies can leave several
BATCH = 200
KEPT_ALIVE_AT_ONCE = 2  # of thousands that may fall due together: they must not hold up the doubtful ones
KEEP_ALIVE_BEFORE = timedelta(days=10)
_ENDED_REASON: Final = "no import or export has renewed it for 30 days"


class Keeper:
    """Runs until it is stopped; what is kept alive has a thread of its own, so that it holds up nothing in doubt."""

    def __init__(self, access: FortnoxAccess, interval_s: float = INTERVAL_S) -> None:
        self._access = access
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._failing: set[str] = set()

    @property
    def is_healthy(self) -> bool:
        return not self._failing

    def run(self) -> None:
        keeping_alive = threading.Thread(
            target=self._repeat, args=("keep-alive", lambda: keep_alive(self._access)), name="keep-alive"
        )
        keeping_alive.start()
        with _Doubts(self._access) as doubts:
            self._repeat("keeper", lambda: _look(self._access, doubts))
        keeping_alive.join()

    def stop(self) -> None:
        """Ask it to end; a renewal that is under way is finished first."""
        self._stopping.set()

    def _repeat(self, name: str, step: Callable[[], None]) -> None:
        while not self._stopping.wait(self._interval_s):
            try:
                step()
            except SQLAlchemyError as error:
                self._failing.add(name)
                log.warning("keeper_without_database", error=type(error).__name__)
            except Exception:
                self._failing.add(name)
                log.exception("keeper_failed")  # and looks again: one connection must not end the care for the others
            else:
                self._failing.discard(name)


def keep(access: FortnoxAccess) -> None:
    """Do once what is due by the store's calendar, keeping alive excepted; raises what the database raises."""
    with _Doubts(access) as doubts:
        _look(access, doubts)


def keep_alive(access: FortnoxAccess) -> None:
    """Renew a few connections whose last days have come, of firms that want it; raises what the database raises."""
    with access.store.read() as session:
        before = access.store.calendar_now(session) + KEEP_ALIVE_BEFORE
        due = session.execute(
            select(Connection.id, Connection.version)
            .join(Firm, Firm.id == Connection.firm_id)
            .where(
                Firm.keep_alive,
                Connection.state.in_(USABLE),
                Connection.active_until < before,
                _is_free(access, session),
            )
            # Those with something amiss come last: they must not take the turns of those that can be renewed.
            .order_by(Connection.state_code.is_not(None), Connection.active_until)
            .limit(KEPT_ALIVE_AT_ONCE)
        ).all()
    for connection_id, version in due:
        _renew(access, connection_id, version)


def _look(access: FortnoxAccess, doubts: _Doubts) -> None:
    access.journal.replay(access.store)
    doubts.look()
    _announce(access)
    _expire(access)
    _wake_waiting(access)
    _measure(access)


class _Doubts:
    """Finds out about renewals whose answer may have been lost, and consents that Fortnox says are gone: tries them.

    A look does not wait for the tries, because one of them can take Fortnox 42 s.
    """

    def __init__(self, access: FortnoxAccess) -> None:
        self._access = access
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="keeper")
        self._tries: dict[UUID, Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Return when all tries are over."""
        self._pool.shutdown()

    def look(self) -> None:
        self._tries = {connection_id: tried for connection_id, tried in self._tries.items() if not tried.done()}
        with self._access.store.read() as session:
            in_doubt = or_(Connection.pending_since.is_not(None), Connection.state_code == CONSENT_IN_DOUBT)
            doubtful = session.execute(
                select(Connection.id, Connection.version)
                .where(Connection.state.in_(USABLE), in_doubt, _is_free(self._access, session))
                .where(Connection.id.not_in(self._tries))
                .limit(BATCH)
            ).all()
        for connection_id, version in doubtful:
            self._tries[connection_id] = self._pool.submit(self._try, connection_id, version)

    def _try(self, connection_id: UUID, version: int) -> None:
        try:
            _renew(self._access, connection_id, version)
        except SQLAlchemyError as error:  # the next look finds it in doubt again
            log.warning("keeper_without_database", connection_id=str(connection_id), error=type(error).__name__)
        except Exception:  # nobody waits for a try: only the log can tell
            log.exception("keeper_failed", connection_id=str(connection_id))


def _renew(access: FortnoxAccess, connection_id: UUID, version: int) -> None:
    """Renew, and leave what cannot be done now to a later step; the tokens have said in the log why."""
    try:
        access.tokens(connection_id).renew(version)
    except PipelineError as error:
        log.info("keeper_did_not_renew", connection_id=str(connection_id), error_code=error.code)


def _announce(access: FortnoxAccess) -> None:
    """Give notice 7, 3 and 1 day ahead, each once."""
    with access.store.write() as session:
        now = access.store.calendar_now(session)
        for row in session.scalars(_ending_before(now + timedelta(days=max(NOTICE_DAYS))).where(_is_unannounced(now))):
            days = notice_due(row.active_until, row.notified_days, now)
            if days is None:
                continue
            row.state, row.notified_days = EXPIRING, days
            changed = ConnectionChanged(connection_id=row.id, active_until=row.active_until)
            event = new_event("connection-expiring", row.engagement_id, changed, now)
            emit(session, event, firm_id=row.firm_id, now=now)
            log.info("connection_expiring", connection_id=str(row.id), days=days)


def _expire(access: FortnoxAccess) -> None:
    with access.store.write() as session:
        now = access.store.calendar_now(session)
        ended = _ending_before(now).where(Connection.pending_since.is_(None), _is_free(access, session))
        for row in session.scalars(ended):
            refuse(session, row, EXPIRED, _ENDED_REASON, now)


def _wake_waiting(access: FortnoxAccess) -> None:
    """Let go what began to wait just when the connection was made anew, and so missed the signal."""
    with access.store.read() as session:
        waited_for = session.scalars(
            select(OutboxMessage.waiting_for)
            .where(OutboxMessage.sent_at.is_(None), OutboxMessage.waiting_for.startswith(waiting_for_reconnect("")))
            .distinct()
        ).all()
        ids = [connection_waited_for(waiting) for waiting in waited_for if waiting is not None]
        verified = select(Connection.id).where(
            Connection.id.in_(ids),
            Connection.state.in_(USABLE),
            Connection.company_name.is_not(None),  # before the importer has seen the company, nothing goes into it
        )
        missed = list(session.scalars(verified))
    if missed:
        with access.store.write() as session:
            now = access.store.calendar_now(session)
            for connection_id in missed:
                release(session, waiting_for_reconnect(connection_id), now)


def _measure(access: FortnoxAccess) -> None:
    with access.store.read() as session:
        count = func.count(Connection.id)
        by_state = dict(session.execute(select(Connection.state, count).group_by(Connection.state)).all())
        oldest = session.scalar(select(func.min(Connection.pending_since)).where(Connection.state.in_(USABLE)))
        age_s = (access.store.now(session) - oldest).total_seconds() if oldest else 0.0
    for state in ALL:
        CONNECTIONS.labels(state).set(by_state.get(state, 0))
    RENEWALS_OLDEST_PENDING_S.set(max(age_s, 0.0))


def _ending_before(instant: datetime) -> Select[Connection]:
    """Select the connections with fewer days left, those locked by another keeper excepted."""
    return (
        select(Connection)
        .where(Connection.state.in_(USABLE), Connection.active_until <= instant)
        .order_by(Connection.active_until)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


def _is_unannounced(now: datetime) -> ColumnElement[bool]:
    """Select where a notice is due: those that have had theirs must not fill the batch, or others are never told."""
    due = (
        and_(
            Connection.active_until <= now + timedelta(days=days),
            or_(Connection.notified_days.is_(None), Connection.notified_days > days),
        )
        for days in NOTICE_DAYS
    )
    return and_(Connection.active_until > now, or_(*due))


def _is_free(access: FortnoxAccess, session: Session) -> ColumnElement[bool]:
    """Nobody renews it just now, and no pause after a failure holds.

    A lease or a pause that ends later than any can (the clock was set back) holds nobody.
    """
    now = access.store.now(session)
    is_out_of_sight = or_(
        and_(Connection.lease_owner.is_not(None), Connection.lease_until > now + LEASE),
        Connection.lease_until > now + LONGEST_PAUSE,
    )
    return or_(Connection.lease_until.is_(None), Connection.lease_until <= now, is_out_of_sight)
