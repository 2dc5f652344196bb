"""What people have chosen for a schedule (pure): part of what it is, beside balance date and known-at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.scheduler.revaluation import Rates


@dataclass(frozen=True)
class Terms:
    """`accounts` are shown beside those that follow from the books; `rates` are closing rates by currency."""

    accounts: tuple[str, ...] = ()
    rates: Rates = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Terms:
        rates = {currency: (Decimal(each["rate"]), each["unit"]) for currency, each in stored["closing_rates"].items()}
        return cls(tuple(stored["accounts"]), rates)

    def to_json(self) -> dict[str, Any]:
        """Return the one form of these terms: the same choice in another order or with more zeros is the same."""
        return {
            "accounts": sorted(set(self.accounts)),
            "closing_rates": {
                currency: {"rate": format(rate.normalize(), "f"), "unit": unit}
                for currency, (rate, unit) in sorted(self.rates.items())
            },
        }

    @property
    def hash(self) -> str:
        """SHA-256 in hexadecimal over that form."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()
