"""Where facts go, and how a fact ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Target:
    """The run that sees facts, in an engagement."""

    firm_id: UUID
    engagement_id: UUID
    run: int

    def new(self, **values: Any) -> dict[str, Any]:
        """Return the row of a fact that this run sees first."""
        return {
            "firm_id": self.firm_id,
            "engagement_id": self.engagement_id,
            "since_run": self.run,
            "until_run": None,
            **values,
        }
