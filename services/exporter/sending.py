"""The work of one slice: send what is planned, find out what is unknown."""

from __future__ import annotations

from datetime import date, timedelta

import structlog

from services.exporter.readback import Readback
from services.exporter.reconcile import Doubt
from services.exporter.steps import Steps
from shared.adjustments import Fault, YearFacts, content_of, draft_of, read_year_facts, verdict
from shared.adjustments.content import AdjustmentContent
from shared.clock import Clock
from shared.errors import PipelineError
from shared.fortnox import (
    ConnectionUnauthorized,
    FortnoxClient,
    InvalidClient,
    OutcomeUnknown,
    PermissionMissing,
    Refused,
)
from shared.store.adjustments import ExportVoucher

log = structlog.get_logger(__name__)

SLICE_VOUCHERS = 100
SLICE_TIME = timedelta(seconds=100)  # with the last voucher and the looks a slice ends within two minutes
ABOUT_THE_CONNECTION = (ConnectionUnauthorized, PermissionMissing, InvalidClient)


def send_planned(fortnox: FortnoxClient, steps: Steps, clock: Clock, year_end: date, at_most: int) -> None:
    """Send planned vouchers one at a time; raises what concerns all of them, the one at hand then planned again."""
    vouchers = steps.claim(at_most)
    if not vouchers:
        return
    ends_at = clock.now() + SLICE_TIME
    facts = read_year_facts(fortnox, year_end)
    readback = Readback(fortnox)
    for voucher in vouchers:
        if clock.now() >= ends_at:
            return
        content = content_of(voucher.adjustment)
        if facts is None:
            _refuse(steps, voucher, verdict(content, voucher.series, facts))
        elif not _is_there(readback, steps, voucher, content, facts):
            _send(fortnox, steps, voucher, content, facts)


def find_out(fortnox: FortnoxClient, steps: Steps) -> None:
    """Look for the vouchers whose outcome is unknown."""
    readback = Readback(fortnox)
    for look in steps.begin_look():
        voucher = look.voucher
        if voucher.fortnox_year is None:
            raise ValueError(f"voucher {voucher.id} was sent to no year")
        found = readback.find(content_of(voucher.adjustment), voucher.marker, voucher.fortnox_year)
        if found is None:
            steps.missed(look)
        elif isinstance(found, Doubt):
            steps.needs_human(voucher.id, found)
        else:
            steps.posted(voucher.id, found)


def _is_there(
    readback: Readback, steps: Steps, voucher: ExportVoucher, content: AdjustmentContent, facts: YearFacts
) -> bool:
    """Adopt a voucher that an earlier life of this database has posted (P11); True when there is nothing to send."""
    found = readback.find(content, voucher.marker, facts.year_id)
    if found is None:
        return False
    if isinstance(found, Doubt):
        steps.needs_human(voucher.id, found)
    else:
        log.info("voucher_found_before_sending", series=found.series, number=found.number)
        steps.posted(voucher.id, found)
    return True


def _send(
    fortnox: FortnoxClient, steps: Steps, voucher: ExportVoucher, content: AdjustmentContent, facts: YearFacts
) -> None:
    if found := verdict(content, voucher.series, facts):
        _refuse(steps, voucher, found)
        return
    draft = draft_of(content, voucher.series, voucher.marker)
    steps.sending(voucher.id, facts.year_id)
    try:
        booked = fortnox.post_voucher(draft, facts.year_id)
    except OutcomeUnknown as error:
        log.warning("voucher_outcome_unknown", code=error.code, reason=error.reason)
        steps.unknown(voucher.id, error)
    except ABOUT_THE_CONNECTION:
        steps.not_sent(voucher.id)
        raise
    except Refused as error:
        steps.refused(voucher.id, error)
    except PipelineError:
        # Every other error proves that nothing left: no turn, no token, no connection.
        steps.not_sent(voucher.id)
        raise
    else:
        steps.posted(voucher.id, booked.key)


def _refuse(steps: Steps, voucher: ExportVoucher, found: list[Fault]) -> None:
    reasons = "; ".join(dict.fromkeys(fault.reason for fault in found))
    steps.refused(voucher.id, Fault(None, found[0].code, reasons))
