"""Where Fortnox sends the accountant's browser back to; the only page of the gateway that people see."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.gateway import authorization, callback_page
from services.gateway.deps import Deps, GatewayDeps
from services.gateway.language import language_of
from services.gateway.routes.router import refusals
from shared.errors import PipelineError, Rejected
from shared.fortnox import InvalidGrant

log = structlog.get_logger(__name__)
router = APIRouter(tags=["connection"])

_PAGE: dict[str, Any] = {"description": "A page that says what went wrong.", "content": {"text/html": {}}}
MAX_SAID = 300  # anybody can write into an address
Parameter = Annotated[str | None, Query()]


@router.get(
    "/oauth/fortnox/callback",
    response_class=HTMLResponse,
    responses={400: _PAGE, 502: _PAGE, **refusals(422)},
)
def return_from_fortnox(
    request: Request,
    deps: Deps,
    state: Parameter = None,
    code: Parameter = None,
    error: Parameter = None,
    error_description: Parameter = None,
) -> HTMLResponse:
    """Take the authorisation code, exchange it, and tell the accountant in a small page what became of it."""
    try:
        _finish(deps, state, code, f"{error}: {error_description}"[:MAX_SAID] if error else None)
    except PipelineError as failure:
        log.warning("authorization_failed", reason_code=failure.code, reason=failure.reason)
        return callback_page.failed(failure, language_of(request))
    return callback_page.connected(language_of(request))


def _finish(deps: GatewayDeps, state: str | None, code: str | None, error: str | None) -> None:
    """Connect, or raise Rejected with one of the page's codes, or what the exchange raises without a verdict."""
    if not state:
        # A Fortnox account that is locked for unpaid invoices comes back with neither code nor state.
        raise Rejected("state-missing", "Fortnox sent no state")
    with deps.store.write() as session:
        trip = authorization.use_up(session, state, deps.clock.now())
    if error is not None:
        raise Rejected("approval-denied" if error.startswith("access_denied:") else "approval-failed", error)
    if not code:
        raise Rejected("code-missing", "Fortnox sent no code")
    try:
        grant = deps.oauth.exchange_code(code)
    except InvalidGrant as refusal:
        raise Rejected("code-refused", refusal.reason) from None
    if grant.tenant_id is None:
        raise Rejected("tenant-unknown", "the token does not say to which company it belongs")
    with deps.store.write() as session:
        authorization.keep(session, deps, trip, grant)
