"""The two addresses that an accountant's browser opens: where the trip to Fortnox begins, and where it ends."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.gateway import authorization, callback_page, trip
from services.gateway.authorization import FortnoxAnswer
from services.gateway.deps import Deps
from services.gateway.language import language_of
from services.gateway.routes.router import refusals
from shared.errors import PipelineError, Rejected

log = structlog.get_logger(__name__)
router = APIRouter(tags=["connection"])

_PAGE: dict[str, Any] = {"description": "A page that says what went wrong.", "content": {"text/html": {}}}
Parameter = Annotated[str | None, Query()]


@router.get(
    "/oauth/fortnox/start/{token}",
    status_code=302,
    response_class=RedirectResponse,
    responses={400: _PAGE, **refusals(422)},
)
def start_for_fortnox(token: Annotated[str, Path(max_length=100)], request: Request, deps: Deps) -> Response:
    """Bind the trip to this browser and send it to Fortnox; each address works once, for ten minutes."""
    try:
        with deps.store.write() as session:
            departure = trip.start(session, deps, token, request.cookies)
    except Rejected as failure:
        log.warning("authorization_not_begun", reason_code=failure.code)
        return callback_page.failed(failure, language_of(request))
    # The address holds the token: nothing may keep it or pass it on.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    answer = RedirectResponse(departure.url, 302, headers)
    answer.set_cookie(
        departure.cookie,
        departure.secret,
        max_age=int(trip.HOLDS_FOR.total_seconds()),
        path=departure.path,
        secure=departure.is_https,
        httponly=True,
        samesite="lax",  # Fortnox sends the browser back from another site
    )
    return answer


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
        authorization.finish(deps, FortnoxAnswer(state, code, error, error_description), request.cookies)
    except PipelineError as failure:
        log.warning("authorization_failed", reason_code=failure.code, reason=failure.reason)
        return callback_page.failed(failure, language_of(request))
    return callback_page.connected(language_of(request))
