from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response

from services.gateway import notices
from services.gateway.deps import Deps
from services.gateway.routes.router import refusals

router = APIRouter(tags=["connection"])

REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"event": {"type": "string"}, "tenant_id": {"type": "integer"}},
                },
                "example": {"event": notices.REVOKED_EVENT, "tenant_id": 123456},
            }
        },
    }
}


async def _raw_body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/oauth/fortnox/notices",
    status_code=204,
    openapi_extra=REQUEST_BODY,
    responses=refusals(400, 401, 413, 422),
)
def take_notice(
    body: Annotated[bytes, Depends(_raw_body)], deps: Deps, x_signature: Annotated[str, Header()] = ""
) -> Response:
    """Take an integration event of Fortnox' developer portal; one that is not known here is accepted and ignored."""
    notices.verify(deps, body, x_signature)
    notices.take(deps, body)
    return Response(status_code=204)
