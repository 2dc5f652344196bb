"""Which voucher holds an adjustment: the condition that the unique index `uq_export_vouchers_live` enforces."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_

from shared.adjustments.states import NOT_LIVE
from shared.store.adjustments import ExportVoucher


def is_live() -> ColumnElement[bool]:
    """Return the condition for a voucher that is on its way to Fortnox, or there, and has not been taken back."""
    return and_(ExportVoucher.reverses_id.is_(None), ExportVoucher.state.not_in(NOT_LIVE))
