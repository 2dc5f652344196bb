"""What a step does to a voucher's row and to its adjustment's status."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from shared.adjustments.states import DONE, STATUS_OF, TO_FIND_OUT, moved
from shared.observability.metrics import VOUCHERS_FINISHED
from shared.store.adjustments import ExportVoucher

REASON_MAX = 1000


class Reason(Protocol):
    """Why a voucher is where it is: an error, a fault, a doubt."""

    @property
    def code(self) -> str: ...

    @property
    def reason(self) -> str: ...


def touch(voucher: ExportVoucher, state: str, now: datetime, why: Reason | None = None) -> None:
    """Move a voucher along the drawing of states; its adjustment's status goes with it.

    Why the outcome is unknown stays said until it is known.
    """
    voucher.state = moved(voucher.state, state)
    voucher.updated_at = now
    if why is not None or state not in TO_FIND_OUT:
        voucher.reason_code = why.code if why else None
        voucher.reason = why.reason[:REASON_MAX] if why else None
    voucher.adjustment.status = STATUS_OF[state]
    if state in DONE:
        VOUCHERS_FINISHED.labels(state).inc()
