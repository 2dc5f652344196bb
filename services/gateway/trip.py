"""The trip of an accountant's browser to Fortnox and back: who may begin it, and whose answer is taken.

The upstream system asks for the trip and hands its address to the accountant. The browser that opens it is given a
cookie, and the `state` that goes to Fortnox and comes back is signed over the trip, the firm, the engagement, that
browser and the hour. So nobody can finish another one's trip, begin one in another one's name, or use one twice.

Whoever locks both a trip and a connection locks the trip first, several trips in the order of their ids: two that do it
the other way round would wait for each other.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.gateway import audit
from services.gateway.deps import GatewayDeps
from services.gateway.schemas.connection import AuthorizeUrl
from shared.connections.states import PENDING, SERVICE_ACCOUNT
from shared.errors import Rejected
from shared.fortnox import SCOPES
from shared.security.signing import Signer
from shared.store.connections import Authorization, Connection
from shared.store.engagements import Engagement
from shared.store.firms import Firm

BROWSER = "accountant's browser"
HOLDS_FOR = timedelta(minutes=10)
PURPOSE = "authorization-state"
UNFINISHED = "exchange-unfinished"
CONNECTED = "connected"
CANCELLED = "cancelled"
COOKIE = "fnp-trip-"  # one per trip, so that two tabs do not take each other's
MAX_COOKIES = 20
ID_HEX_CHARS = 32
EPOCH = datetime.fromtimestamp(0, UTC)
STATE = struct.Struct(">16s16s16s32sQ")  # trip, firm, engagement, hash of the browser's cookie, end in Unix seconds


@dataclass(frozen=True)
class Proposal:
    """What the accountant is asked to approve; `year_end` is the last day of the financial year."""

    firm: str
    client: str
    organisation_number: str
    year_end: date
    grant_type: str


@dataclass(frozen=True)
class Departure:
    """Where the browser goes, and the cookie by which it is known when it comes back."""

    url: str = field(repr=False)  # it holds the signed state
    cookie: str
    secret: str = field(repr=False)
    path: str
    is_https: bool


@dataclass(frozen=True)
class Return:
    """What a browser brought back: the trip it belongs to, None if that cannot be told, and why it is not taken."""

    trip: Authorization | None
    fault: Rejected | None


def begin(
    session: Session,
    deps: GatewayDeps,
    engagement: Engagement,
    grant_type: str,
    *,
    caller: str,
    requested_by: str | None = None,
) -> AuthorizeUrl:
    """Note a trip and return the address at which it begins.

    `caller` is the name of the API key, `requested_by` the accountant for whom it asks, if it says so. An engagement on
    files is connected like any other: before it changes to Fortnox, the two are compared.
    """
    now = deps.clock.now()
    token = secrets.token_urlsafe(32)
    trip = Authorization(
        firm_id=engagement.firm_id,
        engagement_id=engagement.id,
        grant_type=grant_type,
        requested_by=requested_by or caller,
        start_hash=_hash(token),
        created_at=now,
        expires_at=now + HOLDS_FOR,
    )
    session.add(trip)
    connection = connection_for(session, trip, engagement.client_id, now)
    _note(session, trip, caller, "connection-requested", connection.id, now)
    url = urljoin(deps.settings.fortnox_redirect_uri, f"start/{token}")
    return AuthorizeUrl(authorize_url=url, expires_at=trip.expires_at)


def proposal(session: Session, deps: GatewayDeps, token: str, cookies: Mapping[str, str]) -> Proposal:
    """Return what the link is for, without beginning anything: a mail program that looks at links does as much.

    Raises what `start` raises.
    """
    found = session.scalar(select(Authorization).where(Authorization.start_hash == _hash(token)))
    trip = _startable(found, cookies, deps.clock.now())
    engagement = session.get_one(Engagement, trip.engagement_id)
    return Proposal(
        firm=session.get_one(Firm, engagement.firm_id).name,
        client=engagement.client.name,
        organisation_number=engagement.client.organisation_number,
        year_end=engagement.year_end,
        grant_type=trip.grant_type,
    )


def start(session: Session, deps: GatewayDeps, token: str, cookies: Mapping[str, str]) -> Departure:
    """Bind the trip to the browser that begins it; the same browser may go back and begin it once more.

    Raises Rejected with start-unknown, start-used or start-expired.
    """
    now = deps.clock.now()
    found = session.scalar(select(Authorization).where(Authorization.start_hash == _hash(token)).with_for_update())
    trip = _startable(found, cookies, now)
    secret = cookies.get(_cookie_of(trip.id), "") if trip.browser_hash else secrets.token_urlsafe(32)
    trip.browser_hash, trip.expires_at = _hash(secret), now + HOLDS_FOR
    connection = connection_of(session, trip)
    _note(session, trip, BROWSER, "connection-begun", connection.id if connection else None, now)
    redirect_uri = deps.settings.fortnox_redirect_uri
    return Departure(
        url=deps.oauth.authorize_url(_state_of(deps, trip), SCOPES, service_account=trip.grant_type == SERVICE_ACCOUNT),
        cookie=_cookie_of(trip.id),
        secret=secret,
        path=urlsplit(urljoin(redirect_uri, ".")).path.rstrip("/"),
        is_https=urlsplit(redirect_uri).scheme == "https",
    )


def come_back(
    session: Session, deps: GatewayDeps, state: str | None, code: str | None, cookies: Mapping[str, str]
) -> Return:
    """Find the trip that this return belongs to; one whose state came back ends here, whatever the outcome.

    Without a state that was given out here, the browser's cookie tells to which trip it belongs, and that one may still
    come back. The fault has one of the codes account-locked, state-missing, state-unknown, state-used, state-expired,
    other-browser.
    """
    now = deps.clock.now()
    if not state:
        fault = (
            Rejected("state-missing", "Fortnox sent a code without the state of this trip")
            if code
            else Rejected("account-locked", "Fortnox sent the browser back without code and state")
        )
        return Return(_trip_of_browser(session, cookies), fault)
    trip, ends = _trip_of_state(session, deps, state)
    if trip is None:
        return Return(_trip_of_browser(session, cookies), Rejected("state-unknown", "the state was not given out here"))
    if trip.used_at is not None:
        return Return(trip, Rejected("state-used", "this trip to Fortnox has ended before"))
    trip.used_at = now
    if ends <= now:
        return Return(trip, Rejected("state-expired", "the browser did not come back in time"))
    if not _is_same_browser(trip, cookies):
        return Return(trip, Rejected("other-browser", "the trip was begun in another browser"))
    return Return(trip, None)


def connection_for(session: Session, trip: Authorization, client_id: UUID, now: datetime) -> Connection:
    """Return the client's connection, locked; a pending one is made, so that runs can wait for it."""
    connection = session.scalar(select(Connection).where(Connection.client_id == client_id).with_for_update())
    if connection is None:
        connection = Connection(
            firm_id=trip.firm_id,
            client_id=client_id,
            engagement_id=trip.engagement_id,
            state=PENDING,
            grant_type=trip.grant_type,
            scopes=[],
            created_at=now,
        )
        session.add(connection)
        session.flush()
    return connection


def connection_of(session: Session, trip: Authorization) -> Connection | None:
    """Return the connection of the trip's client, locked."""
    client_id = session.get_one(Engagement, trip.engagement_id).client_id
    return session.scalar(select(Connection).where(Connection.client_id == client_id).with_for_update())


def open_trips(session: Session, client_id: UUID) -> Sequence[Authorization]:
    """Return the client's trips from which a connection can still come, locked: also when the code is on its way."""
    return session.scalars(
        select(Authorization)
        .join(Engagement, Engagement.id == Authorization.engagement_id)
        .where(
            Engagement.client_id == client_id,
            or_(Authorization.used_at.is_(None), Authorization.outcome == UNFINISHED),
        )
        .order_by(Authorization.id)
        .with_for_update(of=Authorization)
    ).all()


def _startable(trip: Authorization | None, cookies: Mapping[str, str], now: datetime) -> Authorization:
    if trip is None:
        raise Rejected("start-unknown", "no trip to Fortnox begins here")
    if trip.used_at is not None or (trip.browser_hash is not None and not _is_same_browser(trip, cookies)):
        raise Rejected("start-used", "this trip to Fortnox has begun already")
    if trip.expires_at <= now:
        raise Rejected("start-expired", "this trip to Fortnox was not begun in time")
    return trip


def _state_of(deps: GatewayDeps, trip: Authorization) -> str:
    content = STATE.pack(
        trip.id.bytes,
        trip.firm_id.bytes,
        trip.engagement_id.bytes,
        trip.browser_hash,
        int(trip.expires_at.timestamp()),
    )
    return Signer(deps.vault, PURPOSE).sign(content)


def _trip_of_state(session: Session, deps: GatewayDeps, state: str) -> tuple[Authorization | None, datetime]:
    """Return the trip for which this state was signed, locked, and the end of the state."""
    try:
        trip_id, firm_id, engagement_id, browser_hash, ends = STATE.unpack(Signer(deps.vault, PURPOSE).verify(state))
    except (Rejected, struct.error):
        return None, EPOCH
    trip = session.get(Authorization, UUID(bytes=trip_id), with_for_update=True)
    if trip is None or (trip.firm_id.bytes, trip.engagement_id.bytes, trip.browser_hash) != (
        firm_id,
        engagement_id,
        browser_hash,
    ):
        return None, EPOCH
    return trip, datetime.fromtimestamp(ends, UTC)


def _trip_of_browser(session: Session, cookies: Mapping[str, str]) -> Authorization | None:
    """Return the newest unfinished trip that this browser began, locked."""
    ids = (name.removeprefix(COOKIE) for name in cookies if name.startswith(COOKIE))
    for hex_id in sorted(filter(_is_hex_id, ids), reverse=True)[:MAX_COOKIES]:
        trip = session.get(Authorization, UUID(hex_id))
        if trip is not None and trip.used_at is None and _is_same_browser(trip, cookies):
            session.refresh(trip, with_for_update=True)
            return trip if trip.used_at is None else None
    return None


def _cookie_of(trip_id: UUID) -> str:
    return COOKIE + trip_id.hex


def _is_hex_id(text: str) -> bool:
    return len(text) == ID_HEX_CHARS and not set(text) - set("0123456789abcdef")


def _is_same_browser(trip: Authorization, cookies: Mapping[str, str]) -> bool:
    secret = cookies.get(_cookie_of(trip.id))
    if secret is None or trip.browser_hash is None:
        return False
    return hmac.compare_digest(_hash(secret), trip.browser_hash)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _note(session: Session, trip: Authorization, actor: str, action: str, subject: UUID | None, now: datetime) -> None:
    audit.note(
        session,
        firm_id=trip.firm_id,
        actor=actor,
        action=action,
        subject=subject,
        at=now,
        requested_by=trip.requested_by,
        engagement_id=str(trip.engagement_id),
        grant_type=trip.grant_type,
    )
