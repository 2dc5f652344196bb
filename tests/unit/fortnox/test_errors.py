from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Later, PipelineError, Rejected, Retryable, Unknown
from shared.fortnox import (
    Advice,
    ConnectionUnauthorized,
    FortnoxError,
    FortnoxUnavailable,
    InvalidClient,
    InvalidGrant,
    NotFound,
    OutcomeUnknown,
    PermissionMissing,
    RateLimited,
    Refused,
)
from shared.fortnox.answers import Answer
from shared.fortnox.error_codes import MEANINGS
from shared.fortnox.errors import TRANSPORT, Sent, error_from_response, error_from_transport
from shared.fortnox.pacing import FORTNOX_WINDOW_S
from tests.unit.fortnox.stand_in import NOW

FAMILIES = (Retryable, Later, Rejected, Unknown)

# Every code that a public source explains.
KNOWN_CODES = [
    1000003, 1000030, 1000031, 2000013, 2000106, 2000107, 2000108, 2000134, 2000204, 2000310, 2000311, 2000359, 2000401,
    2000423, 2000427, 2000428, 2000429, 2000430, 2000431, 2000432, 2000433, 2000434, 2000435, 2000439, 2000499, 2000550,
    2000587, 2000588, 2000637, 2000663, 2000704, 2000719, 2000729, 2000755, 2001101, 2001103, 2001161, 2001243, 2001302,
    2001304, 2001392, 2001393, 2001399, 2001403, 2001740, 2001795, 2002115, 2002455, 2002980, 2003157, 2003275, 2004021,
    2004167, 2004194,
]  # fmt: skip


def families_of(error: PipelineError) -> list[type[PipelineError]]:
    return [family for family in FAMILIES if isinstance(error, family)]


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, httpx.Headers(headers), content)


def refused_with(code: int, message: str = "Nej.") -> dict[str, Any]:
    return {"ErrorInformation": {"error": 1, "message": message, "code": code}}


def every_subclass(of: type[Any]) -> set[type[Any]]:
    return {of}.union(*(every_subclass(child) for child in of.__subclasses__()))


def test_every_explained_code_has_a_meaning_and_no_other_code_has() -> None:
    assert sorted(MEANINGS) == sorted(KNOWN_CODES)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504])
def test_every_code_with_every_status_is_in_exactly_one_family(method: str, status: int) -> None:
    for code in [*KNOWN_CODES, 2000321, 2999001, 0]:
        error = error_from_response(method, answer(status, refused_with(code)), now=NOW)
        assert len(families_of(error)) == 1, (method, status, code)


def test_every_error_class_is_in_exactly_one_family() -> None:
    for kind in every_subclass(FortnoxError) - {FortnoxError}:
        assert sum(issubclass(kind, family) for family in FAMILIES) == 1, kind


def test_every_transport_exception_is_mapped() -> None:
    groups = {httpx.RequestError, httpx.TransportError, httpx.TimeoutException, httpx.NetworkError, httpx.ProtocolError}
    assert every_subclass(httpx.RequestError) - groups == set(TRANSPORT)


@pytest.mark.parametrize("kind", sorted(TRANSPORT, key=str))
def test_only_a_proof_that_nothing_was_sent_clears_a_post(kind: type[httpx.RequestError]) -> None:
    exc = kind("Illegal header value b'Bearer secret'")
    get, post = error_from_transport("GET", exc), error_from_transport("POST", exc)
    match TRANSPORT[kind]:
        case Sent.NO:
            assert families_of(get) == families_of(post) == [Retryable]
        case Sent.PERHAPS:
            assert families_of(get) == [Retryable]
            assert families_of(post) == [Unknown]
        case Sent.NEVER:
            assert families_of(get) == families_of(post) == [Rejected]
    assert "secret" not in f"{get} {post}"


def test_an_unheard_of_transport_exception_leaves_a_post_unknown() -> None:
    unheard_of = httpx.TransportError("?")
    assert type(unheard_of) not in TRANSPORT
    assert families_of(error_from_transport("POST", unheard_of)) == [Unknown]


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"ErrorInformation": {"error": 1, "message": "Fel.", "code": 2000587}}, 2000587, "Fel."),
        ({"ErrorInformation": {"Error": 1, "Message": "Fel.", "Code": "2000587"}}, 2000587, "Fel."),
        ({"error": "invalid_grant", "error_description": "Invalid refresh token"}, None, "Invalid refresh token"),
        ({"message": "unauthorized"}, None, "unauthorized"),
        ({"ERRORINFORMATION": {"CODE": 2000587, "MESSAGE": "Fel."}}, 2000587, "Fel."),
        (b"<html>Forbidden</html>", None, ""),
        (b"", None, ""),
        (b"[1, 2]", None, ""),
        ({"ErrorInformation": None}, None, ""),
        ({"ErrorInformation": {"code": True, "message": None}}, None, ""),
    ],
)
def test_each_error_shape_is_read_in_any_casing(body: Any, code: int | None, message: str) -> None:
    error = error_from_response("GET", answer(400, body, **{"X-Uid": "dd101912"}), now=NOW)
    assert (error.evidence.fortnox_code, error.evidence.message) == (code, message)
    assert error.evidence.uid == "dd101912"
    assert "X-Uid dd101912" in error.reason


@given(body=st.binary(max_size=300), status=st.integers(300, 599), retry_after=st.text(st.characters(codec="latin-1")))
def test_no_answer_of_any_kind_escapes_the_families(body: bytes, status: int, retry_after: str) -> None:
    headers = httpx.Headers({b"Retry-After": retry_after.encode("latin-1")})
    for method in ("GET", "POST"):
        error = error_from_response(method, Answer(status, headers, body), now=NOW)
        assert len(families_of(error)) == 1
        if isinstance(error, RateLimited):
            assert NOW < error.until <= NOW + timedelta(hours=1)


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("code", [2000663, 2001101, 2001103, 2003275])
def test_missing_rights_are_told_by_the_code_whether_sent_as_400_or_403(status: int, code: int) -> None:
    error = error_from_response("GET", answer(status, refused_with(code)), now=NOW, scope="bookkeeping")
    assert isinstance(error, PermissionMissing)
    assert error.advice is Advice.SCOPE
    assert "bookkeeping" in error.reason


def test_a_403_page_is_a_permission_error() -> None:
    error = error_from_response("POST", answer(403, b"<html>Forbidden</html>"), now=NOW)
    assert (type(error), error.code) == (PermissionMissing, "permission-missing")


def test_a_401_means_connect_again() -> None:
    error = error_from_response("GET", answer(401, {"message": "unauthorized"}), now=NOW)
    assert (type(error), error.code, error.advice) == (
        ConnectionUnauthorized,
        "connection-unauthorized",
        Advice.CONNECTION,
    )


def test_a_404_is_told_apart_with_and_without_a_known_code() -> None:
    known = error_from_response("GET", answer(404, refused_with(2000434)), now=NOW)
    unknown = error_from_response("GET", answer(404, refused_with(2999004)), now=NOW)
    assert (type(known), known.code) == (NotFound, "invoice-not-found")
    assert (type(unknown), unknown.code) == (NotFound, "fortnox-not-found")


def test_an_input_error_keeps_the_words_of_fortnox() -> None:
    error = error_from_response("POST", answer(400, refused_with(2000423, "Kan inte hitta kontot.")), now=NOW)
    assert (type(error), error.code, error.advice) == (Refused, "account-not-found", Advice.INPUT)
    assert "Kan inte hitta kontot." in error.reason


@pytest.mark.parametrize("status", [302, 408, 500, 502, 503, 504])
def test_an_answer_without_a_verdict_is_retryable_for_get_and_unknown_for_post(status: int) -> None:
    page = answer(status, b"<html>Bad gateway</html>")
    assert isinstance(error_from_response("GET", page, now=NOW), FortnoxUnavailable)
    assert isinstance(error_from_response("POST", page, now=NOW), OutcomeUnknown)


def test_a_system_exception_sent_as_400_is_no_verdict_either() -> None:
    sent = answer(400, refused_with(1000003, "System exception"))
    assert isinstance(error_from_response("GET", sent, now=NOW), FortnoxUnavailable)
    assert isinstance(error_from_response("POST", sent, now=NOW), OutcomeUnknown)


@pytest.mark.parametrize(
    ("retry_after", "pause_s"),
    [
        (None, FORTNOX_WINDOW_S),
        ("30", 30),
        ("0", FORTNOX_WINDOW_S),
        ("soon", FORTNOX_WINDOW_S),
        ("-5", FORTNOX_WINDOW_S),
        ("99999999999999", 3600),
        ("Thu, 15 Jan 2026 12:00:20 GMT", 20),
        ("Thu, 15 Jan 2026 11:00:00 GMT", FORTNOX_WINDOW_S),
        ("Thu, 15 Jan 2099 11:00:00 GMT", 3600),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_429_names_the_instant_to_come_back(method: str, retry_after: str | None, pause_s: float) -> None:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    error = error_from_response(method, answer(429, b"", **headers), now=NOW)
    assert isinstance(error, RateLimited)
    assert error.until == NOW + timedelta(seconds=pause_s)


def test_the_oauth_verdicts_are_rejections_of_their_own_kind() -> None:
    assert issubclass(InvalidGrant, Rejected)
    assert issubclass(InvalidClient, Rejected)
    assert not issubclass(InvalidClient, InvalidGrant)
