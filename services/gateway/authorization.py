"""What the end of a trip to Fortnox leaves in the database: a connection, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.deps import GatewayDeps
from services.gateway.trip import BROWSER, come_back, connection_for, connection_of
from shared.connections.consent import take_back
from shared.connections.grants import keep_grant
from shared.connections.states import (
    PENDING,
    SERVICE_ACCOUNT,
    USABLE,
    WRONG_COMPANY,
    waiting_for_reconnect,
)
from shared.errors import PipelineError, Rejected, Unknown
from shared.fortnox import Grant, InvalidClient, InvalidGrant
from shared.messaging.events import ConnectionAuthorized, new_event
from shared.messaging.outbox import emit, release
from shared.store.connections import Authorization, Connection
from shared.store.engagements import Engagement

log = structlog.get_logger(__name__)

MAX_SAID = 300  # anybody can write into an address
UNFINISHED = "exchange-unfinished"
CONNECTED = "connected"


@dataclass(frozen=True)
class FortnoxAnswer:
    """The parameters of the callback's address."""

    state: str | None = field(repr=False)
    code: str | None = field(repr=False)
    error: str | None
    error_description: str | None

    def refusal(self) -> Rejected | None:
        """Say why there is no code to exchange; the reasons are Fortnox' own words."""
        if self.error:
            return _denial(self.error, _printable(f"{self.error}: {self.error_description or ''}"))
        return None if self.code else Rejected("code-missing", "Fortnox sent neither a code nor an error")


@dataclass(frozen=True)
class _Replaced:
    """The refresh token of the grant that a new one took the place of."""

    connection_id: UUID
    firm_id: UUID
    refresh_token: bytes


def finish(deps: GatewayDeps, answer: FortnoxAnswer, cookies: Mapping[str, str]) -> None:
    """Take the code, exchange it and keep the grant; what fails is noted where the upstream system looks.

    Raises PipelineError with the code of one of the pages in `callback_words`.
    """
    with deps.store.write() as session:
        returned = come_back(session, deps, answer.state, answer.code, cookies)
        trip, fault = returned.trip, returned.fault or answer.refusal()
        if trip is not None and fault is not None:
            _note_failure(session, deps, trip, fault)
        elif trip is not None:
            trip.outcome, trip.outcome_reason = UNFINISHED, "the code was on its way to Fortnox"
    if trip is None or fault is not None:
        raise fault or Rejected("state-unknown", "the state is of no trip that is known here")
    try:
        replaced = _connect(deps, trip, answer.code or "")
    except PipelineError as error:
        failure = _as_outcome(error)
        with deps.store.write() as session:
            _note_failure(session, deps, session.get_one(Authorization, trip.id), failure)
        raise failure from error
    if replaced is not None:
        _take_back_replaced(deps, replaced)


def _connect(deps: GatewayDeps, trip: Authorization, code: str) -> _Replaced | None:
    grant = granted = deps.oauth.exchange_code(code)
    if granted.tenant_id is None or not granted.tenant_id.isdecimal():
        raise Rejected("grant-incomplete", "the token does not say to which company it belongs")
    if trip.grant_type == SERVICE_ACCOUNT:
        # The grant that will be lived on is tried out before it takes the place of another one. The refresh token of
        # the exchange is forgotten, not revoked: that would take the consent with it.
        own = deps.oauth.client_credentials(granted.tenant_id)
        grant = replace(own, tenant_id=granted.tenant_id, refresh_token=None)
    elif granted.refresh_token is None:
        raise Rejected("grant-incomplete", "Fortnox sent no refresh token")
    try:
        with deps.store.write() as session:
            return _keep(session, deps, session.get_one(Authorization, trip.id), grant)
    except Rejected as error:
        if error.code == WRONG_COMPANY and granted.refresh_token is not None:
            _revoke_unwanted(deps, granted.refresh_token)
        raise


def _keep(session: Session, deps: GatewayDeps, trip: Authorization, grant: Grant) -> _Replaced | None:
    """Store what Fortnox granted as a new version of the connection; return the grant to take back at Fortnox.

    What waits goes on at once when the importer has seen that this company is the client's, else when it sees it.
    """
    now = deps.clock.now()
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
    if connection.company_name is not None:
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


def _require_same_company(connection: Connection, grant: Grant, *, is_same_company: bool) -> None:
    """Keep a connection that works from being replaced by one into another company: raise Rejected "wrong-company"."""
    if connection.state in USABLE and connection.company_name is not None and not is_same_company:
        raise Rejected(
            WRONG_COMPANY,
            f"the client is connected to {connection.company_name} (company {connection.tenant_id} in Fortnox), "
            f"company {grant.tenant_id} was approved; disconnect the client first if it has moved",
        )


def _replaced_by(trip: Authorization, connection: Connection, *, is_same_company: bool) -> _Replaced | None:
    """Return the old grant if it is another consent than the new one.

    The same approval given once more is not taken back: Fortnox does not say whether revoking the older refresh token
    would leave the newer one alone. Overwritten, it is nobody's, and ends by itself after 45 days.
    """
    is_same_consent = is_same_company and connection.grant_type == trip.grant_type
    if connection.refresh_token is None or is_same_consent:
        return None
    return _Replaced(connection.id, connection.firm_id, connection.refresh_token)


def _revoke_unwanted(deps: GatewayDeps, refresh_token: str) -> None:
    try:
        deps.oauth.revoke(refresh_token)
    except PipelineError as error:  # it was never stored, so nobody has it
        log.warning("unwanted_consent_not_taken_back", code=error.code, reason=error.reason)


def _take_back_replaced(deps: GatewayDeps, replaced: _Replaced) -> None:
    try:
        is_revoked = take_back(deps.access, replaced.connection_id, replaced.refresh_token)
    except PipelineError as error:  # the new connection stands; the old token is forgotten either way
        log.warning("replaced_consent_not_taken_back", code=error.code, reason=error.reason)
        is_revoked = False
    with deps.store.write() as session:
        audit.note(
            session,
            firm_id=replaced.firm_id,
            actor=BROWSER,
            action="connection-grant-replaced",
            subject=replaced.connection_id,
            at=deps.clock.now(),
            revoked_at_fortnox=is_revoked,
        )


def _note_failure(session: Session, deps: GatewayDeps, trip: Authorization, failure: PipelineError) -> None:
    """Note how the trip ended; a connection that never was shows it as its reason, a working one is left alone."""
    reason = failure.reason[:500]
    is_first = failure.code != "state-used"  # a trip keeps its own outcome when its state is tried once more
    if is_first:
        trip.outcome, trip.outcome_reason = failure.code, reason
    connection = connection_of(session, trip)
    if connection is not None and connection.state == PENDING and is_first:
        connection.state_code, connection.state_reason = failure.code, reason
    audit.note(
        session,
        firm_id=trip.firm_id,
        actor=BROWSER,
        action="connection-failed",
        subject=connection.id if connection else None,
        at=deps.clock.now(),
        requested_by=trip.requested_by,
        engagement_id=str(trip.engagement_id),
        grant_type=trip.grant_type,
        code=failure.code,
        reason=reason,
    )


def _denial(error: str, said: str) -> Rejected:
    """Return Fortnox' refusal by its cause (developer pages: authorization; the licence's code is not documented)."""
    match error:
        case "access_denied":
            return Rejected("consent-denied", said)
        case "invalid_scope":
            return Rejected("scope-invalid", said)
        case "error_client_not_allow_service_account":
            return Rejected("service-account-not-allowed", said)
    return Rejected("licence-missing" if "licen" in said.lower() else "consent-failed", said)


def _as_outcome(error: PipelineError) -> PipelineError:
    """Return the failure of an exchange as one of the outcomes that have a page."""
    if error.code in (WRONG_COMPANY, "grant-incomplete"):
        return error
    if isinstance(error, InvalidGrant):
        return Rejected("code-refused", error.reason)
    if isinstance(error, InvalidClient):
        return Rejected("client-refused", error.reason)
    if isinstance(error, Unknown):
        return Unknown("exchange-answer-lost", error.reason)
    return Rejected("exchange-refused" if isinstance(error, Rejected) else "fortnox-unavailable", error.reason)


def _printable(said: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in said)[:MAX_SAID].rstrip(": ")
