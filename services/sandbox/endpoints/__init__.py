"""The resources of /3/; the first matching row wins."""

from __future__ import annotations

from services.sandbox.call import Endpoint
from services.sandbox.endpoints import files, ledger, payables, receivables, registers, settings, sie, vouchers

ENDPOINTS: list[Endpoint] = [
    *settings.ENDPOINTS,
    *ledger.ENDPOINTS,
    *vouchers.ENDPOINTS,
    *registers.ENDPOINTS,
    *sie.ENDPOINTS,
    *receivables.ENDPOINTS,
    *payables.ENDPOINTS,
    *files.ENDPOINTS,
]
