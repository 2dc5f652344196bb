"""What the end of a trip to Fortnox leaves in the database: a connection, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from time import monotonic
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.deps import GatewayDeps
from services.gateway.fortnox_answer import GRANT_INCOMPLETE, GRANT_NOT_STORED, FortnoxAnswer, as_outcome
from services.gateway.trip import (
    BROWSER,
    CANCELLED,
    CONNECTED,
    UNFINISHED,
    come_back,
    connection_for,
    connection_of,
)
from services.gateway.unkept_consent import Parting, let_go
from shared.connections.grants import bound_to, keep_grant
from shared.connections.states import PENDING, SERVICE_ACCOUNT, USABLE, WRONG_COMPANY, waiting_for_reconnect
from shared.errors import PipelineError, Rejected, Retryable
from shared.fortnox import Grant
from shared.messaging.events import ConnectionAuthorized, new_event
from shared.messaging.outbox import emit, release
from shared.store.connections import Authorization, Connection
from shared.store.engagements import Engagement

log = structlog.get_logger(__name__)

PAUSES_BEFORE_STORING_S = (0.0, 0.2, 0.6, 1.2)
STORED_WITHIN_S = 5.0  # a person is waiting; what locks the file for longer does so beyond another try
MAX_TENANT_DIGITS = 9  # what the column holds


@dataclass(frozen=True)
class _Replaced:
    """The grant that a new one took the place of; its refresh token is sealed."""

    connection_id: UUID
    firm_id: UUID
    tenant_id: int | None
    refresh_token: bytes = field(repr=False)


def finish(deps: GatewayDeps, answer: FortnoxAnswer, cookies: Mapping[str, str]) -> None:
    """Take the code, exchange it and keep the grant; what fails is noted where the upstream system looks.

    What Fortnox granted and nobody keeps is let go of. Raises PipelineError with the code of one of the pages in
    `callback_words`, and what the database raises before the code is on its way: then nothing has happened yet.
    """
    trip = _take(deps, answer, cookies)
    granted: Grant | None = None
    try:
        granted = deps.oauth.exchange_code(answer.code or "")
        replaced = _store(deps, trip, _lived_on(deps, trip, granted))
    except PipelineError as error:
        failure = as_outcome(error)
        parting = let_go(deps, _company_of(granted), granted.refresh_token) if granted else None
        _note_if_possible(deps, trip, failure, parting)
        raise failure from error
    if replaced is not None:
        _let_go_of_replaced(deps, replaced)


def _take(deps: GatewayDeps, answer: FortnoxAnswer, cookies: Mapping[str, str]) -> Authorization:
    """Return the trip whose code may leave for Fortnox; noted as unfinished, so that a crash there leaves a word."""
    with deps.store.write() as session:
        returned = come_back(session, deps, answer.state, answer.code, cookies)
        trip, fault = returned.trip, returned.fault or answer.refusal()
        if trip is not None and fault is not None:
            _note_failure(session, deps, trip, fault, None)
        elif trip is not None:
            trip.outcome, trip.outcome_reason = UNFINISHED, "the code was on its way to Fortnox"
    if trip is None or fault is not None:
        raise fault or Rejected("state-unknown", "the state is of no trip that is known here")
    return trip


def _lived_on(deps: GatewayDeps, trip: Authorization, granted: Grant) -> Grant:
    """Return the grant to keep; a service account's is tried out before it takes the place of another one."""
    if _company_of(granted) is None:
        raise Rejected(GRANT_INCOMPLETE, "the token does not say to which company it belongs")
    if trip.grant_type != SERVICE_ACCOUNT:
        if granted.refresh_token is None:
            raise Rejected(GRANT_INCOMPLETE, "Fortnox sent no refresh token")
        return granted
    try:
        own = deps.oauth.client_credentials(str(granted.tenant_id))
    except Rejected as error:
        raise Rejected(GRANT_INCOMPLETE, f"Fortnox gives the service account no token: {error.reason}") from error
    return replace(own, tenant_id=granted.tenant_id, refresh_token=granted.refresh_token)


def _store(deps: GatewayDeps, trip: Authorization, grant: Grant) -> _Replaced | None:
    """Keep the grant, trying again for a while when the database fails: the code that brought it is burnt.

    Raises Retryable "grant-not-stored", and what `_keep` raises.
    """
    deadline, failure = monotonic() + STORED_WITHIN_S, "no try was made"
    for pause_s in PAUSES_BEFORE_STORING_S:
        deps.pause(pause_s)
        try:
            with deps.store.write() as session:
                return _keep(session, deps, trip.id, grant)
        except SQLAlchemyError as error:
            failure = type(error).__name__
            log.warning("grant_not_stored_yet", error=failure, engagement_id=str(trip.engagement_id))
        if monotonic() > deadline:
            break
    raise Retryable(GRANT_NOT_STORED, f"the database did not take what Fortnox granted ({failure})")


def _keep(session: Session, deps: GatewayDeps, trip_id: UUID, grant: Grant) -> _Replaced | None:
    """Store what Fortnox granted as a new version of the connection; return the grant to take back at Fortnox.

    What waits goes on at once when the importer has seen that this company is the client's, else when it sees it. Raises
    Rejected "wrong-company", and "cancelled" when the client was disconnected while the code was on its way.
    """
    now = deps.store.calendar_now(session)
    trip = session.get_one(Authorization, trip_id, with_for_update=True)
    if trip.outcome == CONNECTED:
        return None  # the try before was committed, and only its answer was lost
    if trip.outcome != UNFINISHED:
        raise Rejected(CANCELLED, trip.outcome_reason or "the trip has ended meanwhile")
    engagement = session.get_one(Engagement, trip.engagement_id)
    connection = connection_for(session, trip, engagement.client_id, now)
    is_same_company = connection.tenant_id is not None and str(connection.tenant_id) == grant.tenant_id
    _require_same_company(connection, grant, is_same_company=is_same_company)
    replaced = _replaced_by(trip, connection, is_same_company=is_same_company)
    connection.engagement_id = engagement.id
    connection.grant_type, connection.granted_by = trip.grant_type, trip.requested_by
    connection.refresh_token = None
    connection.company_name = connection.company_name if is_same_company else None
    keep_grant(connection, grant, deps.vault, now)
    if connection.company_name is None:
        _keep_until_checked(connection, grant, deps)
    else:
        release(session, waiting_for_reconnect(connection.id), now)
    authorized = ConnectionAuthorized(connection_id=connection.id)
    event = new_event("connection-authorized", engagement.id, authorized, now)
    emit(session, event, firm_id=trip.firm_id, now=now)
    trip.outcome, trip.outcome_reason = CONNECTED, None
    audit.note(
        session,
        firm_id=trip.firm_id,
        actor=BROWSER,
        action="connection-authorized",
        subject=connection.id,
        at=now,
        requested_by=trip.requested_by,
        engagement_id=str(engagement.id),
        grant_type=trip.grant_type,
        tenant_id=connection.tenant_id,
        scopes=list(grant.scopes),
    )
    return replaced


def _keep_until_checked(connection: Connection, grant: Grant, deps: GatewayDeps) -> None:
    """Keep a service account's refresh token, with which its consent can be taken back, until the company is known.

    The importer revokes it in the wrong company, and in the right one forgets it: revoking would take the consent along.
    """
    if connection.grant_type == SERVICE_ACCOUNT and grant.refresh_token is not None:
        connection.refresh_token = deps.vault.seal(grant.refresh_token, bound_to(connection.id, "refresh_token"))


def _require_same_company(connection: Connection, grant: Grant, *, is_same_company: bool) -> None:
    """Keep a connection that works from being replaced by one into another company: raise Rejected "wrong-company"."""
    if connection.state in USABLE and connection.company_name is not None and not is_same_company:
        raise Rejected(
            WRONG_COMPANY,
            f"the client is connected to {connection.company_name} (company {connection.tenant_id} in Fortnox), "
            f"company {grant.tenant_id} was approved; disconnect the client first if it has moved",
        )


def _replaced_by(trip: Authorization, connection: Connection, *, is_same_company: bool) -> _Replaced | None:
    """Return the old grant if it is another consent than the new one; the same one given again is just overwritten."""
    is_same_consent = is_same_company and connection.grant_type == trip.grant_type
    if connection.refresh_token is None or is_same_consent:
        return None
    return _Replaced(connection.id, connection.firm_id, connection.tenant_id, connection.refresh_token)


def _let_go_of_replaced(deps: GatewayDeps, replaced: _Replaced) -> None:
    """Let go of the old grant; the new connection stands whatever becomes of it."""
    try:
        token = deps.vault.open(replaced.refresh_token, bound_to(replaced.connection_id, "refresh_token"))
    except Rejected as error:
        log.warning("replaced_token_unreadable", connection_id=str(replaced.connection_id), code=error.code)
        token = None
    parting = let_go(deps, replaced.tenant_id, token)
    try:
        with deps.store.write() as session:
            audit.note(
                session,
                firm_id=replaced.firm_id,
                actor=BROWSER,
                action="connection-grant-replaced",
                subject=replaced.connection_id,
                at=deps.clock.now(),
                **asdict(parting),
            )
    except SQLAlchemyError as error:
        log.warning("replaced_grant_not_noted", connection_id=str(replaced.connection_id), error=type(error).__name__)


def _note_if_possible(deps: GatewayDeps, trip: Authorization, failure: PipelineError, parting: Parting | None) -> None:
    """Note how the trip ended; while the database is away, it stays noted as unfinished."""
    try:
        with deps.store.write() as session:
            row = session.get_one(Authorization, trip.id, with_for_update=True)
            _note_failure(session, deps, row, failure, parting)
    except SQLAlchemyError as error:
        log.warning(
            "authorization_failure_not_noted",
            reason_code=failure.code,
            error=type(error).__name__,
            engagement_id=str(trip.engagement_id),
            **(asdict(parting) if parting else {}),
        )


def _note_failure(
    session: Session, deps: GatewayDeps, trip: Authorization, failure: PipelineError, parting: Parting | None
) -> None:
    """Note how the trip ended; a connection that never was shows it as its reason, a working one is left alone."""
    reason = failure.reason[:500]
    # A trip keeps its own outcome when its state is tried once more, or when it was stored and nobody heard of it.
    is_first = failure.code != "state-used" and trip.outcome != CONNECTED
    if is_first:
        trip.outcome, trip.outcome_reason = failure.code, reason
    connection = connection_of(session, trip)
    if connection is not None and connection.state == PENDING and is_first:
        connection.state_code, connection.state_reason = failure.code, reason

    def note(action: str, **details: object) -> None:
        audit.note(
            session,
            firm_id=trip.firm_id,
            actor=BROWSER,
            action=action,
            subject=connection.id if connection else None,
            at=deps.clock.now(),
            requested_by=trip.requested_by,
            engagement_id=str(trip.engagement_id),
            grant_type=trip.grant_type,
            code=failure.code,
            **details,
        )

    if parting is not None:
        note("connection-consent-unkept", **asdict(parting))
    note("connection-failed", reason=reason)


def _company_of(granted: Grant) -> int | None:
    """Return the tenant for which Fortnox issued the token, None when it does not say."""
    said = granted.tenant_id or ""
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= MAX_TENANT_DIGITS else None
