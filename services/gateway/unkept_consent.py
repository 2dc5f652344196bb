"""A consent given at Fortnox that nothing here lives on: it is taken back there, or only forgotten."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.gateway.deps import GatewayDeps
from shared.connections.consent import MAY_BE_SHARED, NO_REFRESH_TOKEN, NOT_NEEDED, is_used_elsewhere
from shared.errors import PipelineError

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Parting:
    """Whether the consent was taken back at Fortnox, and why or why not; both stand in the audit log."""

    revoked_at_fortnox: bool
    why: str


def let_go(deps: GatewayDeps, tenant_id: int | None, refresh_token: str | None) -> Parting:
    """Take the consent back at Fortnox, unless somebody may be living on it: that would end his connection too.

    The audit log says "may-be-shared" and not with whom: it can be another firm that works in the same company. Where
    that cannot be found out, because the company or the database is out of reach, the consent is only forgotten:
    nobody has its token, and it ends by itself after 45 days. Raises nothing of Fortnox' or the database's.
    """
    if refresh_token is None:
        return Parting(revoked_at_fortnox=False, why=NO_REFRESH_TOKEN)
    if _may_be_shared(deps, tenant_id):
        log.warning("consent_not_taken_back", code=MAY_BE_SHARED, tenant_id=tenant_id)
        return Parting(revoked_at_fortnox=False, why=MAY_BE_SHARED)
    try:
        deps.oauth.revoke(refresh_token)
    except PipelineError as error:
        log.warning("consent_not_taken_back", code=error.code, reason=error.reason, tenant_id=tenant_id)
        return Parting(revoked_at_fortnox=False, why=error.code)
    return Parting(revoked_at_fortnox=True, why=NOT_NEEDED)


def _may_be_shared(deps: GatewayDeps, tenant_id: int | None) -> bool:
    if tenant_id is None:
        return True
    try:
        with deps.store.read() as session:
            return is_used_elsewhere(session, tenant_id, besides=None)
    except SQLAlchemyError as error:
        log.warning("shared_consent_not_looked_up", error=type(error).__name__)
        return True
