"""The right to act in the client's Fortnox company."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict

from services.gateway.schemas.base import Body, View


class NewConnection(Body):
    """`service_account` needs an administrator of the Fortnox company; the grant then belongs to no person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"grant": "authorization_code"}]})

    grant: Literal["authorization_code", "service_account"] = "authorization_code"


class AuthorizeUrl(View):
    """Where to send the accountant's browser, once and before `expires_at`."""

    authorize_url: str
    expires_at: datetime


class ConnectionView(View):
    id: UUID
    state: str
    state_reason: str | None
    grant_type: str
    company_name: str | None
    active_until: datetime | None
    renewed_at: datetime | None
    granted_by: str | None
    scopes: list[str]
