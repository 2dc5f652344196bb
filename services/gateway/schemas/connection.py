"""The right to act in the client's Fortnox company."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.schemas.base import Body, Name, View


class NewConnection(Body):
    """`service_account` needs an administrator of the Fortnox company; the grant then belongs to no person.

    Asked for a client that is connected already, the new grant takes the old one's place once it is approved.
    `requested_by` is the accountant for whom the caller asks; without it the connection is granted by the key's name.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"grant": "authorization_code", "requested_by": "Anna Andersson"}]}
    )

    grant: Literal["authorization_code", "service_account"] = "authorization_code"
    requested_by: Name | None = None


class AuthorizeUrl(View):
    """Where to send the accountant's browser, once and before `expires_at`."""

    authorize_url: str = Field(repr=False, examples=["https://pipeline.example/oauth/fortnox/start/k3…"])
    expires_at: datetime


class AttemptView(View):
    """A trip to Fortnox; `code` is null while the browser is away, "connected" or why it failed afterwards."""

    grant_type: str
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None
    code: str | None
    reason: str | None


class ConnectionView(View):
    """`active_until` is null for a service account, which lasts until its consent is revoked.

    `state_code` and `state_reason` say why there is no connection, or no more, or what is amiss with one that is in use.
    `granted_by` is the accountant for whom it was asked, else the name of the key that asked. `last_attempt` is the newest
    trip to Fortnox for this client, whose failure leaves a working connection as it was.
    """

    id: UUID
    state: str
    state_code: str | None
    state_reason: str | None
    grant_type: str
    company_name: str | None
    active_until: datetime | None
    renewed_at: datetime | None
    granted_by: str | None
    scopes: list[str]
    last_attempt: AttemptView | None


class ConnectionListed(View):
    """One client's connection; `expires_in_days` counts whole days, null when nothing runs out."""

    id: UUID
    client_id: UUID
    client_name: str
    organisation_number: str
    engagement_id: UUID
    state: str
    state_code: str | None
    grant_type: str
    granted_by: str | None
    active_until: datetime | None
    renewed_at: datetime | None
    expires_in_days: int | None
