"""Fortnox tokens in the database: one renewal at a time per connection over all processes (P5).

A refresh token works once. So a renewal takes a lease in a short transaction and notes that a token is about to leave,
calls Fortnox outside any transaction, and stores the answer by compare-and-swap on the version before anything else is
done with it. Whoever comes second waits for the first and takes his token.

The times fit into each other. Fortnox is heard out for 42 s in all (`OAuthClient`), and saving is tried again for 4 s:
both are over before the lease ends at 48 s. A database that hangs instead of failing may take longer; the answer is on
disk by then. What a dead process leaves behind is found by the keeper, so that a lost answer is known within a minute.
Leases and dates are measured by the database's clock, which all machines share.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import Clock
from shared.connections.consent import is_used_elsewhere
from shared.connections.grants import accept, bound_to, keep_grant, settle_doubt
from shared.connections.journal import Entry, RenewalJournal
from shared.connections.refusal import REASON_CHARS, refuse
from shared.connections.states import (
    CONSENT_IN_DOUBT,
    CONSENT_REVOKED,
    DISCONNECTED,
    REFRESH_TOKEN_MISSING,
    REFRESH_TOKEN_REFUSED,
    RENEWAL_ANSWER_LOST,
    RENEWAL_REFUSED,
    SERVICE_ACCOUNT,
    TOKEN_UNREADABLE,
    USABLE,
    reconnect_needed,
)
from shared.errors import Later, PipelineError, Rejected, Unknown
from shared.fortnox import AccessToken, Advice, Grant, InvalidGrant, OAuthClient, Refused
from shared.observability.metrics import TOKEN_RENEWALS
from shared.security.vault import Vault
from shared.store.connections import Connection
from shared.store.database import Store

log = structlog.get_logger(__name__)

RENEW_MARGIN = timedelta(minutes=5)
LEASE = timedelta(seconds=48)
POLL_S = 0.1
LONGEST_WAIT_S = 60.0
SAVE_PAUSES_S = (0.1, 0.3, 0.6, 1.0, 2.0)
WINNER_SAVES_S = 2.0  # a renewal takes Fortnox 0.7 s: who is refused waits for the winner to store it
AFTER_LOST_ANSWER = timedelta(seconds=5)  # Fortnox may still be at it, and two at once break the chain
AFTER_OUR_FAULT = timedelta(minutes=1)  # a wrong client secret or a missing key, say: no verdict on this connection
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class _Turn:
    """The right to renew, with what Fortnox needs to hear."""

    version: int
    grant_type: str
    refresh_token: str | None = field(repr=False)
    tenant_id: int | None
    answer_lost_since: datetime | None
    consent_doubt: str | None


class _UnreadableError(Later):
    """A stored token opens with none of the keys that this process has; with the right key it still will."""


class ConnectionTokens:
    """The access token of one connection, renewed when it must be; implements shared.fortnox.Tokens.

    With `tenant_id` every use ends with Later "connection-changed" once the connection leads into another company.
    """

    def __init__(
        self,
        connection_id: UUID,
        *,
        store: Store,
        clock: Clock,
        vault: Vault,
        oauth: OAuthClient,
        journal: RenewalJournal,
        tenant_id: int | None = None,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._connection_id = connection_id
        self._store = store
        self._clock = clock
        self._vault = vault
        self._oauth = oauth
        self._journal = journal
        self._tenant_id = tenant_id
        self._owner = uuid4()
        self._pause = pause or threading.Event().wait

    def current(self) -> AccessToken:
        """Return a token that is good for some minutes yet; raises Later "reconnect-needed" and what renewing raises."""
        with self._store.read() as session:
            row = self._usable(session.get(Connection, self._connection_id))
            now = self._store.calendar_now(session)
        if row.access_expires_at and row.access_expires_at - RENEW_MARGIN > now:
            # Renewing heals a service account, and says what is wrong with another one.
            with suppress(_UnreadableError):
                return self._token_of(row)
        return self.renew(row.version)

    def renew_now(self) -> AccessToken:
        """Renew whatever the age of the token: every import and export does, which moves the 30 days ahead."""
        with self._store.read() as session:
            version = self._usable(session.get(Connection, self._connection_id)).version
        return self.renew(version)

    def renew(self, seen_version: int) -> AccessToken:
        """Return a token newer than the one seen; by renewing it, or by waiting for whoever does."""
        self._journal.replay(self._store)
        try:
            return self._renew_or_wait(seen_version)
        except _UnreadableError as error:
            self._note_unreadable(seen_version, error)
            raise

    def _renew_or_wait(self, seen_version: int) -> AccessToken:
        waited_s = 0.0
        while waited_s < LONGEST_WAIT_S:
            if not self._is_leased(seen_version):
                self._journal.replay(self._store)  # who held the lease may have died with the answer on this disk
                turn = self._take_turn(seen_version)
                if isinstance(turn, AccessToken):
                    return turn
                if turn is not None:
                    return self._renew(turn)
            self._pause(POLL_S)
            waited_s += POLL_S
        raise self._later("renewal-busy", "another process has been renewing this connection for too long", LEASE)

    def _is_leased(self, seen_version: int) -> bool:
        """Look without locking, so that many who wait do not hold up the one who works."""
        with self._store.read() as session:
            row = self._usable(session.get(Connection, self._connection_id))
            now = self._store.now(session)
            return row.version == seen_version and _is_held(row, now) and not _is_out_of_sight(row, now)

    def _take_turn(self, seen_version: int) -> AccessToken | _Turn | None:
        with self._store.write() as session:
            row = self._usable(session.get(Connection, self._connection_id, with_for_update=True))
            if row.version != seen_version:
                return self._token_of(row)
            now = self._store.now(session)
            if _is_held(row, now):
                if _is_out_of_sight(row, now):
                    row.lease_until = now + LEASE
                return None
            if row.lease_until is not None and now < row.lease_until <= now + LONGEST_PAUSE:
                why = row.state_reason or "the last renewal has failed just now"
                raise self._later("renewal-paused", why, row.lease_until - now)
            turn = _Turn(
                version=row.version,
                grant_type=row.grant_type,
                refresh_token=self._open(row, "refresh_token", row.refresh_token) if row.refresh_token else None,
                tenant_id=row.tenant_id,
                answer_lost_since=row.pending_since,
                consent_doubt=row.state_reason if row.state_code == CONSENT_IN_DOUBT else None,
            )
            row.lease_owner, row.lease_until = self._owner, now + LEASE
            if turn.refresh_token is not None:
                row.pending_since = row.pending_since or now
            return turn

    def _renew(self, turn: _Turn) -> AccessToken:
        try:
            grant = self._ask_fortnox(turn)
        except PipelineError as error:
            if _ends_it(turn, error):
                return self._refused(turn, *_verdict(turn, error))
            self._put_off(turn, error)
        return self._save(turn, grant)

    def _ask_fortnox(self, turn: _Turn) -> Grant:
        if turn.grant_type == SERVICE_ACCOUNT:
            if turn.tenant_id is None:
                raise Rejected("tenant-unknown", "the service account's tenant is not known")
            return self._oauth.client_credentials(str(turn.tenant_id))
        if turn.refresh_token is None:
            raise InvalidGrant(REFRESH_TOKEN_MISSING, "there is no refresh token to renew with", Advice.CONNECTION)
        return self._oauth.refresh(turn.refresh_token)

    def _save(self, turn: _Turn, grant: Grant) -> AccessToken:
        """Write the answer to disk and then into the database: that may hang, or die, without failing.

        Raises what the database raises when it has failed for some seconds; the answer stays on disk then.
        """
        entry = Entry(self._connection_id, turn.version, grant)
        try:
            self._journal.write(entry)
        except OSError as error:
            log.warning("renewal_journal_unwritable", connection_id=str(self._connection_id), error=str(error))
        token = self._store_answer(turn, grant)
        self._journal.remove(entry)
        if token is None:
            return self._unwanted(grant)
        TOKEN_RENEWALS.labels("renewed").inc()
        log.info("connection_renewed", connection_id=str(self._connection_id), version=token.version)
        return token

    def _store_answer(self, turn: _Turn, grant: Grant) -> AccessToken | None:
        for pause_s in (*SAVE_PAUSES_S, None):
            try:
                return self._try_to_store(turn, grant)
            except SQLAlchemyError as error:
                failure = error
            if pause_s is not None:
                self._pause(pause_s)
        TOKEN_RENEWALS.labels("not_saved").inc()
        log.error("renewal_not_saved", connection_id=str(self._connection_id), error=type(failure).__name__)
        raise failure

    def _try_to_store(self, turn: _Turn, grant: Grant) -> AccessToken | None:
        """Return the token as it is stored; None when the answer is not wanted any more."""
        with self._store.write() as session:
            now = self._store.calendar_now(session)
            row = accept(session, self._vault, self._connection_id, turn.version, grant, now)
            if row is None:
                return None
            if turn.consent_doubt is not None:
                settle_doubt(session, row, turn.consent_doubt, now)
            return self._token_of(row)

    def _unwanted(self, grant: Grant) -> AccessToken:
        """Return the token that has come into the place of this answer, if the connection still lives."""
        TOKEN_RENEWALS.labels("unwanted").inc()
        with self._store.read() as session:
            row = session.get(Connection, self._connection_id)
            is_ours_alone = row is not None and not is_used_elsewhere(session, row.tenant_id, besides=row.id)
        if row is not None and row.state_code == DISCONNECTED and is_ours_alone:
            self._take_back(grant)
        return self._token_of(self._usable(row))

    def _take_back(self, grant: Grant) -> None:
        """Revoke the answer to a renewal during which the client was disconnected: nobody knows its token any more."""
        if grant.refresh_token is None:
            return
        try:
            self._oauth.revoke(grant.refresh_token)
        except PipelineError as error:
            log.warning("consent_not_taken_back", connection_id=str(self._connection_id), code=error.code)

    def _refused(self, turn: _Turn, code: str, reason: str) -> AccessToken:
        """End the connection, unless somebody else has stored a newer token, or may be about to."""
        if turn.answer_lost_since is not None:
            self._await_winner(turn.version)
        with self._store.write() as session:
            row = self._usable(session.get(Connection, self._connection_id, with_for_update=True))
            if row.version != turn.version:
                return self._token_of(row)
            is_ours = row.lease_owner == self._owner
            if is_ours:
                refuse(session, row, code, reason, self._store.calendar_now(session))
        if not is_ours:
            return self.renew(turn.version)  # it took so long that another one has taken over: his is the last word
        TOKEN_RENEWALS.labels("refused").inc()
        raise reconnect_needed(self._connection_id, row.state, row.state_reason)

    def _await_winner(self, version: int) -> None:
        waited_s = 0.0
        while waited_s < WINNER_SAVES_S:
            with self._store.read() as session:
                row = session.get(Connection, self._connection_id)
                if row is None or row.version != version:
                    return
            self._pause(POLL_S)
            waited_s += POLL_S

    def _put_off(self, turn: _Turn, error: PipelineError) -> NoReturn:
        """Give the turn back, let nobody ask for a while, and raise: Retryable and Later as they came.

        Rejected becomes Later, because Fortnox does not take our program for what it should be, which says nothing
        about this connection. So does Unknown: in the middle of a POST it would be read as the POST's. The note of the
        pending answer then stays, and the next try finds out.
        """
        result, pause = _pause_after(turn, error, self._clock.now())
        TOKEN_RENEWALS.labels(result).inc()
        log.warning("renewal_put_off", connection_id=str(self._connection_id), code=error.code, reason=error.reason)
        with self._store.write() as session:
            row = session.get(Connection, self._connection_id, with_for_update=True)
            if row is not None and row.lease_owner == self._owner:
                row.lease_owner = None
                row.lease_until = self._store.now(session) + pause if pause else None
                if turn.answer_lost_since is None and not isinstance(error, Unknown):
                    row.pending_since = None
                if isinstance(error, Rejected):
                    _note_trouble(row, RENEWAL_REFUSED, error.reason)
        if isinstance(error, Unknown):
            raise self._later("renewal-answer-lost", "Fortnox' answer did not arrive", pause) from None
        if isinstance(error, Rejected):
            raise self._later(RENEWAL_REFUSED, error.reason, pause) from None
        raise error

    def _note_unreadable(self, seen_version: int, error: _UnreadableError) -> None:
        """Show it where people look, and let nobody try for a while; the tokens stay for the process with the key."""
        TOKEN_RENEWALS.labels("unreadable").inc()
        log.error("token_unreadable", connection_id=str(self._connection_id), reason=error.reason)
        with self._store.write() as session:
            row = session.get(Connection, self._connection_id, with_for_update=True)
            now = self._store.now(session)
            if row is None or row.state not in USABLE or row.version != seen_version or _is_held(row, now):
                return
            row.lease_owner, row.lease_until = None, now + AFTER_OUR_FAULT
            _note_trouble(row, TOKEN_UNREADABLE, error.reason)

    def _later(self, code: str, reason: str, pause: timedelta) -> Later:
        return Later(code, reason, until=self._clock.now() + pause)

    def _usable(self, row: Connection | None) -> Connection:
        if row is None:
            raise Rejected("not-connected", "the client has no connection to Fortnox")
        if row.state not in USABLE:
            raise reconnect_needed(row.id, row.state, row.state_reason)
        if self._tenant_id is not None and row.tenant_id != self._tenant_id:
            reason = "the client has been connected to another company meanwhile"
            raise self._later("connection-changed", reason, timedelta())
        return row

    def _token_of(self, row: Connection) -> AccessToken:
        if row.access_token is None:
            raise reconnect_needed(row.id, row.state, row.state_reason)
        return AccessToken(self._open(row, "access_token", row.access_token), row.version)

    def _open(self, row: Connection, column: str, sealed: bytes) -> str:
        """Raise Later "token-unreadable" rather than the vault's Rejected: a key may be missing in this process only."""
        try:
            return self._vault.open(sealed, bound_to(row.id, column))
        except Rejected as error:
            until = self._clock.now() + AFTER_OUR_FAULT
            raise _UnreadableError(TOKEN_UNREADABLE, error.reason, until=until) from None


def _pause_after(turn: _Turn, error: PipelineError, now: datetime) -> tuple[str, timedelta]:
    """Return the word for the metric, and how long nobody asks again."""
    match error:
        case Unknown():
            return "answer_lost", AFTER_LOST_ANSWER
        case Rejected():
            return "our_fault", AFTER_OUR_FAULT
        case Later(until=datetime() as until):
            return "later", min(until - now, LONGEST_PAUSE)
        case _:  # nothing left this machine; whoever wanted the token knows when to come back, the keeper does not
            is_kept = turn.answer_lost_since is not None or turn.consent_doubt is not None
            return "later", AFTER_LOST_ANSWER if is_kept else timedelta()


def _ends_it(turn: _Turn, error: PipelineError) -> bool:
    """Say whether Fortnox refuses this grant, rather than our program or nothing at all.

    After its notice that the consent is gone, any refusal of the grant confirms it: nobody knows with which word a
    service account's is refused.
    """
    if turn.consent_doubt is not None and isinstance(error, Refused):
        return error.advice == Advice.CONNECTION
    return isinstance(error, InvalidGrant)


def _verdict(turn: _Turn, error: PipelineError) -> tuple[str, str]:
    """Return the code and the reason with which a refused grant ends."""
    if turn.answer_lost_since is not None:
        return RENEWAL_ANSWER_LOST, (
            f"an earlier renewal's answer was lost ({turn.answer_lost_since:%Y-%m-%d %H:%M:%S} UTC), "
            "and Fortnox does not take its token again"
        )
    if turn.consent_doubt is not None:
        return CONSENT_REVOKED, f"{turn.consent_doubt}: {error.reason}"
    if turn.grant_type == SERVICE_ACCOUNT:
        return CONSENT_REVOKED, f"the consent for the service account is gone: {error.reason}"
    return REFRESH_TOKEN_REFUSED if turn.refresh_token else REFRESH_TOKEN_MISSING, error.reason


def _note_trouble(row: Connection, code: str, reason: str) -> None:
    """Show what keeps a living connection from being renewed; a doubt about its consent is not written over."""
    if row.state_code != CONSENT_IN_DOUBT:
        row.state_code, row.state_reason = code, reason[:REASON_CHARS]


def _is_held(row: Connection, now: datetime) -> bool:
    return row.lease_owner is not None and row.lease_until is not None and row.lease_until > now


def _is_out_of_sight(row: Connection, now: datetime) -> bool:
    """Say whether a lease ends later than any lease can: then the clock was set back, and nobody waits that long."""
    return row.lease_until is not None and row.lease_until > now + LEASE


__all__ = ["ConnectionTokens", "bound_to", "keep_grant"]
