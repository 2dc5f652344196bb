"""What can come back from Fortnox, each in exactly one family of `shared.errors`.

FortnoxError (also one of the four families)
├── FortnoxUnavailable       Outage (Retryable): nothing was sent, or a read failed on the way or at Fortnox
├── AnswerUnusable           Retryable: a read was answered with a success that does not hold what it should
├── RateLimited              Later: 429, with the instant from which calls are welcome
├── Refused                  Rejected: Fortnox' verdict, with advice where the cure is
│   ├── ConnectionUnauthorized   401 after a renewal, or a login error: connect again
│   │   └── InvalidGrant         the code or the refresh token is used, expired or unknown
│   ├── InvalidClient            client id or secret is wrong
│   ├── PermissionMissing        scope, licence or user right
│   ├── NotFound                 404
│   └── UnreadableDocument       a document whose money or identity does not parse
└── OutcomeUnknown           Unknown: a write may or may not have happened
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import httpx

from shared.errors import Later, Outage, PipelineError, Rejected, Retryable, Unknown
from shared.fortnox.answers import Answer
from shared.fortnox.error_codes import MEANINGS, Advice
from shared.fortnox.pacing import FORTNOX_WINDOW_S

_BODY_KEPT_CHARS = 2_000  # enough for any error body that was ever recorded, and for the top of an HTML page
_MESSAGE_KEPT_CHARS = 300
_LONGEST_PAUSE = timedelta(hours=1)  # whoever means longer says so again to the next call


@dataclass(frozen=True)
class Evidence:
    """What Fortnox answered; `uid` is what its support asks for (header X-Uid)."""

    status: int | None = None
    fortnox_code: int | None = None
    message: str = ""
    uid: str = ""
    body: str = field(default="", repr=False)


class FortnoxError(PipelineError):
    evidence: Evidence = Evidence()
    advice: Advice = Advice.WAIT


class FortnoxUnavailable(FortnoxError, Outage):
    pass


class AnswerUnusable(FortnoxError, Retryable):
    """Fortnox is there: if the same again is not soon better, it never will be."""


class RateLimited(FortnoxError, Later):
    until: datetime


class Refused(FortnoxError, Rejected):
    def __init__(self, code: str, reason: str, advice: Advice) -> None:
        super().__init__(code, reason)
        self.advice = advice


class ConnectionUnauthorized(Refused):
    pass


class InvalidGrant(ConnectionUnauthorized):
    pass


class InvalidClient(Refused):
    pass


UNUSABLE_CONNECTION = (ConnectionUnauthorized, InvalidClient)
"""What is said of one request and holds for every other of the connection too."""


class PermissionMissing(Refused):
    pass


class NotFound(Refused):
    pass


class UnreadableDocument(Refused):
    """Names the document and its first unreadable field; never replaced by a zero."""

    def __init__(self, document: str, field_name: str, problem: str) -> None:
        super().__init__("fortnox-document-unreadable", f"{document}: {field_name}: {problem}", Advice.INPUT)
        self.document = document
        self.field_name = field_name


class OutcomeUnknown(FortnoxError, Unknown):
    pass


def failed_on_the_way(code: str, reason: str, *, repeatable: bool, evidence: Evidence | None = None) -> FortnoxError:
    """Return the error of a call that ended without a verdict: safe to repeat, or of unknown outcome."""
    error = FortnoxUnavailable(code, reason) if repeatable else OutcomeUnknown(code, reason)
    error.evidence = evidence or Evidence()
    return error


def is_repeatable(method: str) -> bool:
    """Say whether the same call twice has the effect of one."""
    return method.upper() in {"GET", "HEAD"}


class Sent(Enum):
    """How far a request came when the transport failed."""

    NO = "nothing was sent"
    PERHAPS = "the request may have reached Fortnox"
    NEVER = "the address cannot be used"


TRANSPORT: dict[type[httpx.RequestError], Sent] = {
    httpx.ConnectError: Sent.NO,
    httpx.ConnectTimeout: Sent.NO,
    httpx.PoolTimeout: Sent.NO,
    httpx.ProxyError: Sent.NO,  # raised while the tunnel is set up, before the request
    httpx.UnsupportedProtocol: Sent.NEVER,
    httpx.ReadTimeout: Sent.PERHAPS,
    httpx.WriteTimeout: Sent.PERHAPS,
    httpx.ReadError: Sent.PERHAPS,
    httpx.WriteError: Sent.PERHAPS,
    httpx.CloseError: Sent.PERHAPS,
    httpx.LocalProtocolError: Sent.PERHAPS,  # may also strike when the headers have left
    httpx.RemoteProtocolError: Sent.PERHAPS,
    httpx.DecodingError: Sent.PERHAPS,
    httpx.TooManyRedirects: Sent.PERHAPS,
}


def error_from_transport(method: str, exc: httpx.RequestError) -> FortnoxError:
    """Return the error for an exchange that the transport broke off; only a proof that nothing left clears a POST."""
    return transport_error(exc, repeatable=is_repeatable(method))


def transport_error(exc: httpx.RequestError, *, repeatable: bool) -> FortnoxError:
    """Return the error for a broken exchange; the exception's own text stays out, it can quote a header."""
    name = type(exc).__name__
    match TRANSPORT.get(type(exc), Sent.PERHAPS):
        case Sent.NEVER:
            return Refused("fortnox-address-invalid", f"Fortnox' address cannot be used ({name})", Advice.PROGRAM)
        case Sent.NO:
            return FortnoxUnavailable("fortnox-unreachable", f"Fortnox could not be reached ({name})")
        case Sent.PERHAPS:
            return failed_on_the_way(
                "fortnox-answer-lost", f"Fortnox' answer did not arrive ({name})", repeatable=repeatable
            )


def error_from_response(method: str, answer: Answer, *, now: datetime, scope: str = "") -> FortnoxError:
    """Return the error for any answer that is not a success; `scope` is the one that the call needs.

    The HTTP status decides first, then Fortnox' code, because missing rights have been seen as 400. A 429 was not
    processed, so it is Later for a POST too.
    """
    evidence = evidence_from(answer)
    if answer.status == 429:
        return rate_limited(answer, now=now)
    if answer.status >= 500 or answer.status == 408 or answer.status < 400:
        return _no_verdict(answer, evidence, repeatable=is_repeatable(method))
    error = _verdict(answer.status, evidence, scope, repeatable=is_repeatable(method))
    error.evidence = evidence
    return error


def rate_limited(answer: Answer, *, now: datetime) -> RateLimited:
    """Return Later for a 429: from `Retry-After` on (seconds or a date), else after one window."""
    error = RateLimited(
        "fortnox-rate-limited", "Fortnox' rate limit was hit", until=now + _pause(answer.headers, now=now)
    )
    error.evidence = evidence_from(answer)
    return error


def unreadable_answer(method: str, answer: Answer, problem: str) -> FortnoxError:
    """Return the error for a success whose content is missing: a write may well have happened.

    An HTML page in place of an answer is some gateway's or a notice of maintenance, so an outage.
    """
    code = "fortnox-answer-unreadable"
    if answer.is_html:
        code, problem = "fortnox-answer-html", "an HTML page"
    elif not answer.body.strip():
        code, problem = "fortnox-answer-empty", "nothing"
    reason, evidence = f"Fortnox answered {answer.status} with {problem}", evidence_from(answer)
    if answer.is_html or not is_repeatable(method):
        return failed_on_the_way(code, reason, repeatable=is_repeatable(method), evidence=evidence)
    error = AnswerUnusable(code, reason)
    error.evidence = evidence
    return error


def answer_too_large(method: str, max_bytes: int) -> FortnoxError:
    """Return the error for an answer beyond its size limit."""
    code, reason = "fortnox-answer-too-large", f"Fortnox' answer exceeds {max_bytes} bytes"
    return Refused(code, reason, Advice.PROGRAM) if is_repeatable(method) else OutcomeUnknown(code, reason)


def evidence_from(answer: Answer) -> Evidence:
    """Read any of the four error shapes, keys in any case: ErrorInformation twice, OAuth, gateway."""
    content = _lower_keys(answer.json_object() or {})
    information = content.get("errorinformation")
    fields = _lower_keys(information) if isinstance(information, dict) else content
    message = fields.get("message") or fields.get("error_description") or fields.get("error") or ""
    code = str(fields.get("code", ""))
    return Evidence(
        status=answer.status,
        fortnox_code=int(code) if code.isascii() and code.isdecimal() and len(code) < 10 else None,
        message=str(message)[:_MESSAGE_KEPT_CHARS],
        uid=answer.headers.get("X-Uid", "")[:64],
        body=answer.body[: _BODY_KEPT_CHARS * 4].decode("utf-8", "replace")[:_BODY_KEPT_CHARS],
    )


def _no_verdict(answer: Answer, evidence: Evidence, *, repeatable: bool) -> FortnoxError:
    code = "fortnox-server-error" if answer.status >= 400 else "fortnox-answer-unexpected"
    what = "an HTML page" if answer.is_html else evidence.message or "no message"
    return failed_on_the_way(
        code, _reason(evidence, f"Fortnox answered {answer.status}: {what}"), repeatable=repeatable, evidence=evidence
    )


def _verdict(status: int, evidence: Evidence, scope: str, *, repeatable: bool) -> FortnoxError:
    said = _reason(evidence, f"Fortnox answered {status}: {evidence.message or 'no message'}")
    meaning = MEANINGS.get(evidence.fortnox_code or 0)
    if meaning is not None and meaning.family == "passing":
        return failed_on_the_way(meaning.code, said, repeatable=repeatable)
    if status == 401 or (meaning is not None and meaning.advice is Advice.CONNECTION):
        return ConnectionUnauthorized("connection-unauthorized", said, Advice.CONNECTION)
    if (meaning is None and status == 403) or (meaning is not None and meaning.advice is Advice.SCOPE):
        code = meaning.code if meaning else "permission-missing"
        return PermissionMissing(code, f"{said}; needs scope {scope}" if scope else said, Advice.SCOPE)
    if status == 404:
        return NotFound(meaning.code if meaning else "fortnox-not-found", said, Advice.INPUT)
    if meaning is not None:
        return Refused(meaning.code, said, meaning.advice)
    return Refused("fortnox-refused", said, Advice.INPUT)


def _reason(evidence: Evidence, said: str) -> str:
    marks = [str(evidence.fortnox_code)] if evidence.fortnox_code else []
    marks += [f"X-Uid {evidence.uid}"] if evidence.uid else []
    return f"{said} ({', '.join(marks)})" if marks else said


def _pause(headers: httpx.Headers, *, now: datetime) -> timedelta:
    stated = headers.get("Retry-After", "").strip()
    try:
        if stated.isdecimal():
            pause = timedelta(seconds=min(int(stated), _LONGEST_PAUSE.total_seconds()))
        else:
            at = parsedate_to_datetime(stated)
            pause = min((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, _LONGEST_PAUSE)
    except (ValueError, OverflowError):
        pause = timedelta(0)
    return pause if pause > timedelta(0) else timedelta(seconds=FORTNOX_WINDOW_S)


def _lower_keys(content: dict[str, Any]) -> dict[str, Any]:
    return {key.lower(): value for key, value in content.items()}
