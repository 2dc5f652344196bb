"""Fortnox' own notices about the integration: what an administrator did to it inside Fortnox.

A notice may be late, or come twice, and the client may have been connected anew since. So it ends nothing: it puts the
consent in doubt, and the keeper tries it. The names and the signature are known from one client of Fortnox only
(integration events of the developer portal), so everything that is not understood is taken and left alone: a connection
whose consent is gone is found out by its next renewal at the latest.
"""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import structlog
from sqlalchemy import select

from services.gateway.deps import GatewayDeps
from shared.connections.audit import note
from shared.connections.states import CONSENT_IN_DOUBT, SERVICE_ACCOUNT, USABLE
from shared.errors import Rejected
from shared.store.connections import Connection

log = structlog.get_logger(__name__)

FORTNOX = "Fortnox"
REVOKED_EVENT = "client_credentials_consent_revoked"
DEACTIVATED_EVENT = "deactivation"


def verify(deps: GatewayDeps, body: bytes, signature: str) -> None:
    """Check the header X-Signature: base64 of HMAC-SHA256 over the body with the client secret.

    Raises Rejected "notice-signature-invalid", always where no client secret is set.
    """
    secret = deps.settings.fortnox_client_secret.get_secret_value()
    expected = base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))
    if not secret or not hmac.compare_digest(expected, signature.encode()):
        raise Rejected("notice-signature-invalid", "the signature is not that of the body")


def take(deps: GatewayDeps, body: bytes) -> None:
    """Put in doubt what a signed notice says is gone: one try of the grant ends the connection, or the doubt.

    A revoked consent concerns the tenant's service accounts, a deactivation all of the tenant's connections. Raises
    Rejected "malformed-json".
    """
    try:
        notice = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected("malformed-json", "the notice cannot be read as JSON") from None
    event, tenant_id = _read(notice)
    if tenant_id is None or event not in (REVOKED_EVENT, DEACTIVATED_EVENT):
        log.info("fortnox_notice_ignored", notice=event, tenant_id=tenant_id)
        return
    doubted = select(Connection).where(Connection.tenant_id == tenant_id, Connection.state.in_(USABLE))
    if event == REVOKED_EVENT:
        doubted = doubted.where(Connection.grant_type == SERVICE_ACCOUNT)
    with deps.store.write() as session:
        connections = session.scalars(doubted.order_by(Connection.id).with_for_update()).all()
        for connection in connections:
            if connection.state_code == CONSENT_IN_DOUBT:
                continue  # the same notice again, before the first was followed up
            connection.state_code, connection.state_reason = CONSENT_IN_DOUBT, _reason(event)
            note(session, connection, "connection-consent-doubted", deps.clock.now(), actor=FORTNOX, notice=event)
    log.info("fortnox_notice_taken", notice=event, tenant_id=tenant_id, connections=len(connections))


def _read(notice: Any) -> tuple[str, int | None]:
    """Return the event's name and the tenant, None when the notice does not name one."""
    if not isinstance(notice, dict):
        return "", None
    tenant = str(notice.get("tenant_id", ""))
    is_id = tenant.isascii() and tenant.isdecimal() and len(tenant) < 10  # what the column holds
    return str(notice.get("event", ""))[:100], int(tenant) if is_id else None


def _reason(event: str) -> str:
    if event == REVOKED_EVENT:
        return "the consent for the service account was taken back in Fortnox"
    return "the integration was deactivated in Fortnox"
