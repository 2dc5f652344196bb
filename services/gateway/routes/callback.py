"""The two addresses that an accountant's browser opens: where the trip to Fortnox begins, and where it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from services.gateway import authorization, callback_page, start_page, trip
from services.gateway.deps import Deps
from services.gateway.fortnox_answer import FortnoxAnswer
from services.gateway.language import language_of
from services.gateway.routes.router import refusals
from shared.errors import PipelineError, Retryable
from shared.store.database import is_away

log = structlog.get_logger(__name__)
router = APIRouter(tags=["connection"])

_PAGE: dict[str, Any] = {"description": "A page that says what went wrong.", "content": {"text/html": {}}}
START = "/oauth/fortnox/start/{token}"
OF_THE_PAGE = {"same-origin", "none"}  # "none": the person typed it; who sends no such header has no pages to forge it
Token = Annotated[str, Path(max_length=100)]
Parameter = Annotated[str | None, Query()]


@router.get(START, response_class=HTMLResponse, responses={400: _PAGE, 503: _PAGE, **refusals(422)})
def show_start_for_fortnox(token: Token, request: Request, deps: Deps) -> Response:
    """Show what the trip is for, and a button that begins it; looking at it changes nothing."""
    try:
        with _database_named(), deps.store.read() as session:
            proposal = trip.proposal(session, deps, token, request.cookies)
    except PipelineError as failure:
        return _not_begun(failure, request)
    return start_page.offered(proposal, language_of(request))


@router.post(
    START,
    status_code=303,
    response_class=RedirectResponse,
    responses={200: {**_PAGE, "description": "The page with the button."}, 400: _PAGE, 503: _PAGE, **refusals(422)},
)
def start_for_fortnox(token: Token, request: Request, deps: Deps) -> Response:
    """Bind the trip to this browser and send it to Fortnox; each address works once, for ten minutes.

    A form of another site only leads to the page: nobody is sent to Fortnox without having read it.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in OF_THE_PAGE:
        return show_start_for_fortnox(token, request, deps)
    try:
        with _database_named(), deps.store.write() as session:
            departure = trip.start(session, deps, token, request.cookies)
    except PipelineError as failure:
        return _not_begun(failure, request)
    # The address holds the token: nothing may keep it or pass it on.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    answer = RedirectResponse(departure.url, 303, headers)
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
    responses={400: _PAGE, 502: _PAGE, 503: _PAGE, **refusals(422)},
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
        with _database_named():
            authorization.finish(deps, FortnoxAnswer(state, code, error, error_description), request.cookies)
    except PipelineError as failure:
        log.warning("authorization_failed", reason_code=failure.code, reason=failure.reason)
        return callback_page.failed(failure, language_of(request))
    return callback_page.connected(language_of(request))


def _not_begun(failure: PipelineError, request: Request) -> HTMLResponse:
    log.warning("authorization_not_begun", reason_code=failure.code)
    return callback_page.failed(failure, language_of(request))


@contextmanager
def _database_named() -> Iterator[None]:
    """Raise Retryable "database-away" for what the database raises then, which has a page."""
    try:
        yield
    except SQLAlchemyError as error:
        if not is_away(error):
            raise
        raise Retryable("database-away", f"the database does not answer ({type(error).__name__})") from error
