"""Taking a consent back at Fortnox, for whoever ends a connection."""

from __future__ import annotations

from uuid import UUID

import structlog

from shared.connections.access import FortnoxAccess
from shared.connections.tokens import bound_to
from shared.errors import Rejected

log = structlog.get_logger(__name__)


def take_back(access: FortnoxAccess, connection_id: UUID, refresh_token: bytes | None) -> bool:
    """Revoke what the sealed refresh token stands for; False when there is none, or Fortnox refused.

    A service account has none: only an administrator inside Fortnox ends its consent. Raises Retryable, Later and
    Unknown when Fortnox is away; repeating it does no harm.
    """
    if refresh_token is None:
        return False
    try:
        access.oauth.revoke(access.vault.open(refresh_token, bound_to(connection_id, "refresh_token")))
    except Rejected as error:
        log.warning("consent_not_taken_back", connection_id=str(connection_id), code=error.code, reason=error.reason)
        return False
    return True
