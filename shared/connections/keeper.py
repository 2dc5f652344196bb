"""Looks after the connections that nobody works with just now: what a dead renewal left behind, and the last days.

Any number of keepers may run beside each other. What one of them announces or ends is decided anew under the row's
lock, and renewals take their turns like everybody else's.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final
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
    """Runs until it is stopped."""

    def __init__(self, access: FortnoxAccess, interval_s: float = INTERVAL_S) -> None:
        self._access = access
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self.is_healthy = True

    def run(self) -> None:
        while not self._stopping.wait(self._interval_s):
            try:
                keep(self._access, self._access.clock.now())
            except SQLAlchemyError as error:
                self.is_healthy = False
                log.warning("keeper_without_database", error=type(error).__name__)
            except Exception:
                self.is_healthy = False
                log.exception("keeper_failed")  # and looks again: one connection must not end the care for the others
            else:
                self.is_healthy = True

    def stop(self) -> None:
        """Ask it to end; a renewal that is under way is finished first."""
        self._stopping.set()


def keep(access: FortnoxAccess, now: datetime) -> None:
    """Do once what is due at this moment; raises what the database raises."""
    access.journal.replay(access.store, access.clock)
    _resolve_doubtful(access)
    _keep_alive(access, now)
    _announce(access, now)
    _expire(access, now)
    _wake_waiting(access, now)
    _measure(access)


def _resolve_doubtful(access: FortnoxAccess) -> None:
    """Find out about renewals whose answer may have been lost, and consents that Fortnox says are gone: try them."""
    with access.store.read() as session:
        in_doubt = or_(Connection.pending_since.is_not(None), Connection.state_code == CONSENT_IN_DOUBT)
        doubtful = session.execute(
            select(Connection.id, Connection.version)
            .where(Connection.state.in_(USABLE), in_doubt, _is_free(access, session))
            .limit(BATCH)
        ).all()
    if not doubtful:
        return
    with ThreadPoolExecutor(min(AT_ONCE, len(doubtful)), thread_name_prefix="keeper") as pool:
        for outcome in [pool.submit(_renew, access, connection_id, version) for connection_id, version in doubtful]:
            outcome.result()


def _keep_alive(access: FortnoxAccess, now: datetime) -> None:
    with access.store.read() as session:
        due = session.execute(
            select(Connection.id, Connection.version)
            .join(Firm, Firm.id == Connection.firm_id)
            .where(
                Firm.keep_alive,
                Connection.state.in_(USABLE),
                Connection.active_until < now + KEEP_ALIVE_BEFORE,
                _is_free(access, session),
            )
            # Those with something amiss come last: they must not take the turns of those that can be renewed.
            .order_by(Connection.state_code.is_not(None), Connection.active_until)
            .limit(KEPT_ALIVE_AT_ONCE)
        ).all()
    for connection_id, version in due:
        _renew(access, connection_id, version)


def _renew(access: FortnoxAccess, connection_id: UUID, version: int) -> None:
    """Renew, and leave what cannot be done now to a later step; the tokens have said in the log why."""
    try:
        access.tokens(connection_id).renew(version)
    except PipelineError as error:
        log.info("keeper_did_not_renew", connection_id=str(connection_id), error_code=error.code)


def _announce(access: FortnoxAccess, now: datetime) -> None:
    """Give notice 7, 3 and 1 day ahead, each once."""
    with access.store.write() as session:
        for row in session.scalars(_ending_before(now + timedelta(days=max(NOTICE_DAYS))).where(_is_unannounced(now))):
            days = notice_due(row.active_until, row.notified_days, now)
            if days is None:
                continue
            row.state, row.notified_days = EXPIRING, days
            changed = ConnectionChanged(connection_id=row.id, active_until=row.active_until)
            event = new_event("connection-expiring", row.engagement_id, changed, now)
            emit(session, event, firm_id=row.firm_id, now=now)
            log.info("connection_expiring", connection_id=str(row.id), days=days)


def _expire(access: FortnoxAccess, now: datetime) -> None:
    with access.store.write() as session:
        ended = _ending_before(now).where(Connection.pending_since.is_(None), _is_free(access, session))
        for row in session.scalars(ended):
            refuse(session, row, EXPIRED, _ENDED_REASON, now)


def _wake_waiting(access: FortnoxAccess, now: datetime) -> None:
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
