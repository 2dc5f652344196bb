"""What a step of a voucher does to its row, to the voucher that it takes back, and to its adjustment's status."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from shared.adjustments.booked import booked_by
from shared.adjustments.content import content_of, reversal_of
from shared.adjustments.states import DONE, POSTED, REVERSED, TO_FIND_OUT, moved, status_of, status_of_reversal
from shared.adjustments.undo import key_of
from shared.fortnox import VoucherKey
from shared.observability.metrics import VOUCHERS_FINISHED
from shared.store.adjustments import ExportVoucher

REASON_MAX = 1000


class Reason(Protocol):
    """Why a voucher is where it is: an error, a fault, a doubt."""

    @property
    def code(self) -> str: ...

    @property
    def reason(self) -> str: ...


def move(
    voucher: ExportVoucher, state: str, now: datetime, why: Reason | None = None, *, by_person: bool = False
) -> None:
    """Move a voucher along the drawing of states; its adjustment's status goes with it.

    Why the outcome is unknown stays said until it is known.
    """
    before, voucher.state = voucher.state, moved(voucher.state, state, by_person=by_person)
    voucher.updated_at = now
    if why is not None or state not in TO_FIND_OUT:
        voucher.reason_code = why.code if why else None
        voucher.reason = why.reason[:REASON_MAX] if why else None
    if voucher.reverses is None:
        voucher.adjustment.status = status_of(state, voucher.in_ledger)
    else:
        _follow(voucher, voucher.reverses, before, now)
    if state in DONE:
        VOUCHERS_FINISHED.labels(state).inc()


def book(
    voucher: ExportVoucher, key: VoucherKey, now: datetime, why: Reason | None = None, *, by_person: bool = False
) -> None:
    """Note under which number Fortnox has the voucher, and that it is posted."""
    move(voucher, POSTED, now, why, by_person=by_person)
    voucher.series, voucher.fortnox_number, voucher.fortnox_year = key.series, key.number, key.year_id
    voucher.posted_at, voucher.posted_as = now, _said_by(voucher)


def _follow(reversal: ExportVoucher, original: ExportVoucher, before: str, now: datetime) -> None:
    if reversal.state == POSTED:
        original.state, original.updated_at = moved(original.state, REVERSED), now
    elif before == POSTED:  # somebody has deleted it in Fortnox, so the original stands again
        original.state, original.updated_at = moved(original.state, POSTED, by_person=True), now
    reversal.adjustment.status = status_of_reversal(reversal.state, original.in_ledger)


def _said_by(voucher: ExportVoucher) -> dict[str, Any]:
    """Return what later imports will look for; the adjustment may change once the voucher is taken back."""
    content = content_of(voucher.adjustment)
    if voucher.reverses is not None:
        content = reversal_of(content, key_of(voucher.reverses))
    return booked_by(content).to_json()
