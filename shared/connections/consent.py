"""Taking a consent back at Fortnox, for whoever ends a connection, and the question whether that may be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from shared.connections.grants import bound_to
from shared.connections.states import USABLE
from shared.errors import Rejected
from shared.store.connections import Connection

if TYPE_CHECKING:
    from shared.connections.access import FortnoxAccess

log = structlog.get_logger(__name__)

# Why a consent was taken back, or was not: in the audit log beside `revoked_at_fortnox`.
NOT_NEEDED: Final = "not-needed"
MAY_BE_SHARED: Final = "may-be-shared"
NO_REFRESH_TOKEN: Final = "no-refresh-token"  # noqa: S105 - a reason
REFUSED: Final = "refused"


def is_used_elsewhere(session: Session, tenant_id: int | None, *, besides: UUID | None) -> bool:
    """Say whether another connection, of any client and any firm, lives on a consent of the same Fortnox company.

    One company's consents to one integration are not known to be independent of each other (developer pages: revoke
    access token), so none of them is taken back while another is lived on; it is only forgotten.
    """
    if tenant_id is None:
        return False
    others = exists().where(Connection.tenant_id == tenant_id, Connection.state.in_(USABLE))
    if besides is not None:
        others = others.where(Connection.id != besides)
    return bool(session.scalar(select(others)))


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
