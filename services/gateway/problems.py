"""Every error as an RFC 9457 problem document, with a stable code and a title in the caller's language."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from services.gateway.deps import deps_of
from services.gateway.language import language_of
from shared.errors import Later, PipelineError, Rejected, Retryable, Unknown

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:fortnox-pipeline:problem:"
NO_INSTANT_RETRY_S = 60


class Entry(NamedTuple):
    status: int
    title_en: str
    title_sv: str


PROBLEMS: dict[str, Entry] = {
    # The request
    "malformed-json": Entry(400, "The body is not JSON", "Innehållet är inte JSON"),
    "unauthorized": Entry(401, "A valid API key is needed", "En giltig API-nyckel behövs"),
    "not-found": Entry(404, "Not found", "Hittades inte"),
    "method-not-allowed": Entry(405, "Not possible with this method", "Inte möjligt med den metoden"),
    "body-too-large": Entry(413, "The body is too large", "Innehållet är för stort"),
    "file-too-large": Entry(413, "The file is too large", "Filen är för stor"),
    "unsupported-media-type": Entry(415, "This content type is not read here", "Innehållstypen stöds inte"),
    "invalid-request": Entry(422, "The request is not valid", "Anropet är inte giltigt"),
    "cursor-invalid": Entry(422, "The cursor is not one of ours", "Markören är ogiltig"),
    "idempotency-key-reused": Entry(
        409, "The idempotency key was used for another request", "Idempotensnyckeln är använd för ett annat anrop"
    ),
    # Clients and engagements
    "client-exists": Entry(409, "The client exists already", "Klienten finns redan"),
    "engagement-exists": Entry(409, "The engagement exists already", "Uppdraget finns redan"),
    "not-imported": Entry(409, "Nothing has been imported yet", "Bokföringen är inte hämtad än"),
    "year-not-imported": Entry(404, "The financial year has not been imported", "Räkenskapsåret är inte hämtat"),
    # The connection
    "data-source-not-fortnox": Entry(409, "The data source is not Fortnox", "Datakällan är inte Fortnox"),
    "data-source-not-sie": Entry(409, "The data source is not SIE files", "Datakällan är inte SIE-filer"),
    "nothing-to-compare": Entry(
        409, "SIE files are the data source already", "SIE-filer är redan uppdragets datakälla"
    ),
    "file-needed": Entry(409, "Upload a file to compare with first", "Ladda först upp en fil att jämföra med"),
    "differences-not-accepted": Entry(
        409, "The other data source differs", "Den andra datakällan skiljer sig från bokföringen"
    ),
    "not-connected": Entry(409, "The client is not connected to Fortnox", "Klienten är inte ansluten till Fortnox"),
    "reconnect-needed": Entry(
        409, "The client must be connected to Fortnox again", "Klienten måste anslutas till Fortnox igen"
    ),
    "company-unchecked": Entry(
        409,
        "The company behind the new connection is being checked",
        "Företaget bakom den nya anslutningen kontrolleras",
    ),
    "notice-signature-invalid": Entry(401, "The signature is not valid", "Signaturen är inte giltig"),
    # Runs
    "import-finished": Entry(409, "The import has ended", "Hämtningen är avslutad"),
    "import-not-read": Entry(409, "The import has not read everything", "Hämtningen är inte färdigläst"),
    "too-many-streams": Entry(503, "Too many streams are open", "För många strömmar är öppna"),
    "year-missing": Entry(409, "Fortnox has no such financial year", "Räkenskapsåret finns inte i Fortnox"),
    # Adjustments
    "series-invalid": Entry(422, "No voucher series is named", "Ingen verifikationsserie är angiven"),
    "series-missing": Entry(422, "A voucher series is missing", "En verifikationsserie saknas"),
    "nothing-to-export": Entry(409, "There is nothing to export", "Det finns inget att exportera"),
    "adjustment-not-found": Entry(404, "No such adjustment", "Bokslutshändelsen finns inte"),
    "adjustment-not-exportable": Entry(
        409, "The adjustment cannot be exported", "Bokslutshändelsen kan inte exporteras"
    ),
    "adjustment-in-export": Entry(
        409, "The adjustment is in an export already", "Bokslutshändelsen är redan med i en export"
    ),
    "adjustment-transferred": Entry(
        409, "The adjustment is in Fortnox: undo it first", "Bokslutshändelsen finns i Fortnox: återför den först"
    ),
    "adjustment-deleted": Entry(409, "The adjustment is deleted", "Bokslutshändelsen är borttagen"),
    "adjustment-not-applicable": Entry(
        409, "The adjustment is not applicable", "Bokslutshändelsen är inte aktuell för överföring"
    ),
    "adjustment-not-changeable": Entry(409, "The adjustment cannot be changed", "Bokslutshändelsen kan inte ändras"),
    "adjustment-not-posted": Entry(409, "The adjustment is not in Fortnox", "Bokslutshändelsen finns inte i Fortnox"),
    "file-name-missing": Entry(422, "The file has no name", "Filen saknar namn"),
    "file-empty": Entry(422, "The file is empty", "Filen är tom"),
    "file-sent": Entry(409, "The file is in Fortnox or may be", "Filen finns eller kan finnas i Fortnox"),
    "too-many-files": Entry(409, "The adjustment has as many files as it may", "Bokslutshändelsen har för många filer"),
    "adjustments-refused": Entry(422, "The adjustments were refused", "Bokslutshändelserna avvisades"),
    # Exports
    "export-not-finished": Entry(409, "The export has not ended", "Exporten är inte avslutad"),
    "export-is-undo": Entry(
        409, "It is a reversal itself: export again", "Den är själv en återföring: exportera på nytt"
    ),
    "nothing-to-undo": Entry(409, "There is nothing to take back", "Det finns inget att återföra"),
    "undo-in-progress": Entry(409, "It is being taken back already", "Den återförs redan"),
    "decision-not-possible": Entry(409, "There is nothing to decide", "Det finns inget att avgöra"),
    "voucher-not-in-fortnox": Entry(404, "Fortnox has no such voucher", "Verifikationen finns inte i Fortnox"),
    "voucher-of-other-adjustment": Entry(
        409, "The voucher belongs to another adjustment", "Verifikationen hör till en annan bokslutshändelse"
    ),
    "voucher-in-other-company": Entry(
        409, "The voucher was sent to another company", "Verifikationen skickades till ett annat företag"
    ),
    # Schedules
    "subledger-not-read": Entry(
        409, "The sub-ledgers were not read at that time", "Reskontran lästes inte vid den tidpunkten"
    ),
    "sign-off-exists": Entry(409, "It is signed in that role already", "Bilagan är redan signerad i den rollen"),
    "preparer-missing": Entry(409, "The preparer has not signed yet", "Upprättaren har inte signerat än"),
    "reviewer-is-preparer": Entry(
        409, "Another person than the preparer reviews", "Granskaren måste vara någon annan än upprättaren"
    ),
    "sign-off-reviewed": Entry(409, "It has been reviewed", "Bilagan är granskad"),
    "unexplained-difference": Entry(
        409, "An unexplained difference needs a comment", "En oförklarad differens kräver en kommentar"
    ),
    "schedule-incomplete": Entry(
        409, "An incomplete schedule needs a comment", "En ofullständig bilaga kräver en kommentar"
    ),
    "schedule-not-compared": Entry(
        409, "It has not been built as known now", "Bilagan är inte byggd med dagens uppgifter"
    ),
    # Events
    "event-invalid": Entry(422, "The event is not valid", "Händelsen är inte giltig"),
    "event-type-unknown": Entry(422, "The event type is unknown", "Händelsetypen är okänd"),
    "event-type-not-accepted": Entry(
        422, "Events of this type are not taken from outside", "Händelsetypen tas inte emot utifrån"
    ),
    "event-id-reused": Entry(409, "The id was used for another event", "Id:t är använt för en annan händelse"),
    # Dead letters
    "dead-letter-decided": Entry(409, "The dead letter is decided already", "Meddelandet är redan avgjort"),
    "dead-letter-unreadable": Entry(
        409, "The dead letter is no event that can be replayed", "Meddelandet går inte att spela upp"
    ),
    # What is not the caller's doing
    "internal-error": Entry(500, "Something went wrong here", "Något gick fel hos oss"),
}

# By family, for codes that come from deeper down and have no entry of their own.
REFUSED = Entry(422, "The request was refused", "Begäran avvisades")
NOT_NOW = Entry(503, "Not possible right now", "Inte möjligt just nu")
OUTCOME_UNKNOWN = Entry(502, "The outcome at Fortnox is not known", "Utfallet hos Fortnox är okänt")
HTTP_CODES = {
    400: "malformed-json",
    401: "unauthorized",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
}


class RejectedShowing(Rejected):
    """A refusal with members of its own in the problem document (RFC 9457, section 3.2), as JSON."""

    def __init__(self, code: str, reason: str, **members: Any) -> None:
        super().__init__(code, reason)
        self.members = members


class RejectedWithErrors(Rejected):
    """A refusal that names each fault; `errors` are JSON objects with at least `detail`."""

    def __init__(self, code: str, reason: str, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__(code, reason)
        self.errors = list(errors)


def problem(
    request: Request,
    code: str,
    detail: str | None = None,
    *,
    entry: Entry | None = None,
    errors: Sequence[dict[str, Any]] | None = None,
    members: Mapping[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    entry = entry or PROBLEMS[code]
    swedish = language_of(request) == "sv"
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + code,
        "title": entry.title_sv if swedish else entry.title_en,
        "status": entry.status,
        "code": code,
    }
    if detail is not None:
        body["detail"] = detail
    if errors is not None:
        body["errors"] = list(errors)
    body |= members or {}
    headers = {"Content-Language": "sv" if swedish else "en", "Vary": "Accept-Language"} | (headers or {})
    return JSONResponse(body, entry.status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    app.add_exception_handler(PipelineError, _on_pipeline_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)


def entry_of(error: PipelineError) -> Entry:
    """Return the code's own entry, else that of the error's family."""
    family = {Rejected: REFUSED, Retryable: NOT_NOW, Later: NOT_NOW, Unknown: OUTCOME_UNKNOWN}
    return PROBLEMS.get(error.code) or next(entry for kind, entry in family.items() if isinstance(error, kind))


def _on_pipeline_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, PipelineError):
        raise error
    entry = entry_of(error)
    headers: dict[str, str] = {}
    if entry.status == NOT_NOW.status:
        until = error.until if isinstance(error, Later) else None
        headers["Retry-After"] = str(_wait_s(until, deps_of(request).clock.now()))
    errors = error.errors if isinstance(error, RejectedWithErrors) else None
    members = error.members if isinstance(error, RejectedShowing) else None
    log.info("request_refused", code=error.code, reason=error.reason)
    return problem(request, error.code, error.reason, entry=entry, errors=errors, members=members, headers=headers)


def _on_invalid_request(request: Request, error: Exception) -> Response:
    """Name each fault without repeating the input, which may hold anything."""
    if not isinstance(error, RequestValidationError):
        raise error
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(request, "malformed-json", "the body cannot be read as JSON")
    errors = [
        {"location": [part if isinstance(part, int) else str(part) for part in fault["loc"]], "detail": fault["msg"]}
        for fault in faults
    ]
    return problem(request, "invalid-request", f"{len(errors)} faults, see errors", errors=errors)


def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = HTTP_CODES[error.status_code]
    headers = dict(error.headers) if error.headers else None
    detail = None if code in {"not-found", "method-not-allowed"} else error.detail
    return problem(request, code, detail, headers=headers)


def _wait_s(until: datetime | None, now: datetime) -> int:
    return NO_INSTANT_RETRY_S if until is None else max(1, math.ceil((until - now).total_seconds()))
