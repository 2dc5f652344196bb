"""The router of all that needs a key, with the errors that any such route may answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends

from services.gateway.auth import AuthenticatedRoute, bearer
from services.gateway.problems import MEDIA_TYPE

_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemView"}}}}
LOCATION = {"headers": {"Location": {"description": "Where to follow it.", "schema": {"type": "string"}}}}
_DESCRIPTIONS = {
    400: "The body is not JSON.",
    401: "The key is missing, unknown or revoked, or the signature is wrong.",
    404: "There is no such thing, or it is another firm's.",
    409: "Not possible in the present state; `code` says why.",
    413: "The body is too large.",
    415: "The content type is not read here.",
    422: "The request is not valid.",
    502: "What became of it at Fortnox is not known.",
    503: "Not possible right now; see Retry-After.",
}
Responses = dict[int | str, dict[str, Any]]


def refusals(*statuses: int) -> Responses:
    """Describe errors for the OpenAPI document."""
    return {status: {"description": _DESCRIPTIONS[status], **_PROBLEM} for status in statuses}


def made(status: int, *refused: int) -> Responses:
    """Describe an answer with a Location, and the errors of a request with a body."""
    return {status: LOCATION, **refusals(400, 413, *refused)}


def streamed(*refused: int) -> Responses:
    """Describe server-sent events, and the errors of asking for them."""
    return {
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        204: {"description": "Last-Event-ID is that of the end: there is nothing more to come."},
        **refusals(*refused),
    }


def keyed_router(tag: str) -> APIRouter:
    """Return a router below /v1 whose routes check the API key before anything else."""
    return APIRouter(
        prefix="/v1",
        tags=[tag],
        route_class=AuthenticatedRoute,
        dependencies=[Depends(bearer)],
        responses=refusals(401, 422),
    )
