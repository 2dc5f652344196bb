"""Who did what, when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from services.gateway.schemas.base import View


class AuditView(View):
    """`actor` is the name of an API key, "accountant's browser", "Fortnox" or a part of this system."""

    id: UUID
    at: datetime
    actor: str
    action: str
    subject: UUID | None
    details: dict[str, Any]
