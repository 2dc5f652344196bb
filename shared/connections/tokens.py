"""Fortnox tokens in the database: one renewal at a time per connection over all processes (P5).

A refresh token works once. So the renewal takes a lease in a short transaction and notes that a request is about to
leave, calls Fortnox outside any transaction, and stores the answer by compare-and-swap on the version before anything
else is done with it. Whoever comes second waits for the first and takes his token.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog

from shared.clock import Clock
from shared.connections.states import ACTIVE, ACTIVE_FOR, LOST, SERVICE_ACCOUNT, USABLE, reconnect_needed
from shared.errors import Later, PipelineError, Rejected, Unknown
from shared.fortnox import AccessToken, Grant, OAuthClient
from shared.messaging.events import ConnectionChanged, new_event
from shared.messaging.outbox import emit
from shared.observability.metrics import TOKEN_RENEWALS
from shared.security.vault import Vault
from shared.store.connections import Connection
from shared.store.database import Store

log = structlog.get_logger(__name__)

RENEW_MARGIN = timedelta(minutes=5)
LEASE = timedelta(seconds=60)  # longer than the HTTP deadline of a renewal and the commit after it
POLL_S = 0.1
LONGEST_WAIT_S = 75.0


@dataclass(frozen=True)
class _Turn:
    """The right to renew, with what Fortnox needs to hear."""

    version: int
    grant_type: str
    refresh_token: str | None
    tenant_id: int | None
    answer_was_pending: bool


class ConnectionTokens:
    """The access token of one connection, renewed when it must be; implements shared.fortnox.Tokens."""

    def __init__(
        self,
        connection_id: UUID,
        *,
        store: Store,
        clock: Clock,
        vault: Vault,
        oauth: OAuthClient,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._connection_id = connection_id
        self._store = store
        self._clock = clock
        self._vault = vault
        self._oauth = oauth
        self._owner = uuid4()
        self._pause = pause or threading.Event().wait

    def current(self) -> AccessToken:
        """Return a token that is good for some minutes yet; raises Later "reconnect-needed" and what renewing raises."""
        with self._store.read() as session:
            row = self._usable(session.get(Connection, self._connection_id))
            if row.access_expires_at and row.access_expires_at - RENEW_MARGIN > self._clock.now():
                return self._token_of(row)
            version = row.version
        return self.renew(version)

    def renew(self, seen_version: int) -> AccessToken:
        """Return a token newer than the one seen; by renewing it, or by waiting for whoever does."""
        waited_s = 0.0
        while waited_s < LONGEST_WAIT_S:
            turn = self._take_turn(seen_version)
            if isinstance(turn, AccessToken):
                return turn
            if turn is not None:
                return self._renew(turn)
            self._pause(POLL_S)
            waited_s += POLL_S
        raise Later(
            "renewal-busy",
            "another process has been renewing this connection for too long",
            until=self._clock.now() + LEASE,
        )

    def renew_now(self) -> AccessToken:
        """Renew whatever the age of the token: every import and export does, which moves the 30 days ahead."""
        with self._store.read() as session:
            version = self._usable(session.get(Connection, self._connection_id)).version
        return self.renew(version)

    def _take_turn(self, seen_version: int) -> AccessToken | _Turn | None:
        now = self._clock.now()
        with self._store.write() as session:
            row = self._usable(session.get(Connection, self._connection_id, with_for_update=True))
            if row.version != seen_version:
                return self._token_of(row)
            if row.lease_until is not None and row.lease_until > now:
                return None
            turn = _Turn(
                version=row.version,
                grant_type=row.grant_type,
                refresh_token=self._open(row, "refresh_token", row.refresh_token) if row.refresh_token else None,
                tenant_id=row.tenant_id,
                answer_was_pending=row.pending_since is not None,
            )
            row.lease_owner, row.lease_until = self._owner, now + LEASE
            row.pending_since = row.pending_since or now
            return turn

    def _renew(self, turn: _Turn) -> AccessToken:
        try:
            grant = self._ask_fortnox(turn)
        except Unknown:
            # The refresh token may be burnt. The note of the pending answer stays; the next try finds out.
            TOKEN_RENEWALS.labels("answer_lost").inc()
            self._let_go(keep_pending=True)
            raise Later(
                "renewal-answer-lost", "Fortnox' answer did not arrive", until=self._clock.now() + timedelta(seconds=5)
            ) from None
        except Rejected as error:
            return self._refused(turn, error)
        except PipelineError:
            TOKEN_RENEWALS.labels("later").inc()
            self._let_go(keep_pending=turn.answer_was_pending)
            raise
        return self._store_answer(turn, grant)

    def _ask_fortnox(self, turn: _Turn) -> Grant:
        if turn.grant_type == SERVICE_ACCOUNT:
            if turn.tenant_id is None:
                raise Rejected("tenant-unknown", "the service account's tenant is not known")
            return self._oauth.client_credentials(str(turn.tenant_id))
        if turn.refresh_token is None:
            raise Rejected("refresh-token-missing", "there is no refresh token to renew with")
        return self._oauth.refresh(turn.refresh_token)

    def _store_answer(self, turn: _Turn, grant: Grant) -> AccessToken:
        with self._store.write() as session:
            row = self._usable(session.get(Connection, self._connection_id, with_for_update=True))
            if row.version != turn.version:
                return self._token_of(row)
            now = self._clock.now()
            keep_grant(row, grant, self._vault, now)
            row.state, row.state_reason = ACTIVE, None
            changed = ConnectionChanged(connection_id=row.id, active_until=row.active_until)
            emit(
                session, new_event("connection-renewed", row.engagement_id, changed, now), firm_id=row.firm_id, now=now
            )
            token = self._token_of(row)
        TOKEN_RENEWALS.labels("renewed").inc()
        log.info("connection_renewed", connection_id=str(self._connection_id), version=token.version)
        return token

    def _refused(self, turn: _Turn, error: Rejected) -> AccessToken:
        """Mark the connection lost, unless somebody else has stored a newer token in the meantime."""
        with self._store.write() as session:
            row = self._usable(session.get(Connection, self._connection_id, with_for_update=True))
            if row.version != turn.version:
                return self._token_of(row)
            now = self._clock.now()
            why = "an earlier renewal's answer was lost" if turn.answer_was_pending else error.reason
            row.state, row.state_reason = LOST, why
            row.access_token = row.refresh_token = row.access_expires_at = None
            row.lease_owner = row.lease_until = row.pending_since = None
            lost = ConnectionChanged(connection_id=row.id, reason=why)
            emit(session, new_event("connection-lost", row.engagement_id, lost, now), firm_id=row.firm_id, now=now)
        TOKEN_RENEWALS.labels("refused").inc()
        log.error("connection_lost", connection_id=str(self._connection_id), reason=why)
        raise reconnect_needed(self._connection_id, LOST, why)

    def _let_go(self, *, keep_pending: bool) -> None:
        with self._store.write() as session:
            row = session.get(Connection, self._connection_id, with_for_update=True)
            if row is not None and row.lease_owner == self._owner:
                row.lease_owner = row.lease_until = None
                if not keep_pending:
                    row.pending_since = None

    def _usable(self, row: Connection | None) -> Connection:
        if row is None:
            raise Rejected("not-connected", "the client has no connection to Fortnox")
        if row.state not in USABLE:
            raise reconnect_needed(row.id, row.state, row.state_reason)
        return row

    def _token_of(self, row: Connection) -> AccessToken:
        if row.access_token is None:
            raise reconnect_needed(row.id, row.state, row.state_reason)
        return AccessToken(self._open(row, "access_token", row.access_token), row.version)

    def _open(self, row: Connection, column: str, sealed: bytes) -> str:
        return self._vault.open(sealed, bound_to(row.id, column))


def bound_to(connection_id: UUID, column: str) -> str:
    return f"connections|{connection_id}|{column}"


def keep_grant(row: Connection, grant: Grant, vault: Vault, now: datetime) -> None:
    """Put Fortnox' answer into the row: sealed tokens, a new version, 30 more days, no lease."""
    row.access_token = vault.seal(grant.access_token, bound_to(row.id, "access_token"))
    row.access_expires_at = now + timedelta(seconds=grant.expires_in_s)
    if grant.refresh_token is not None:
        row.refresh_token = vault.seal(grant.refresh_token, bound_to(row.id, "refresh_token"))
    if grant.tenant_id is not None:
        row.tenant_id = int(grant.tenant_id)
    row.scopes = list(grant.scopes) or row.scopes
    row.version += 1
    row.renewed_at, row.active_until = now, now + ACTIVE_FOR
    row.lease_owner = row.lease_until = row.pending_since = None
