"""The work of one slice: send what is planned, find out what is unknown."""

from __future__ import annotations

from datetime import date, datetime

import structlog

from services.exporter.reconcile import other_company
from services.exporter.steps import Steps
from shared.adjustments import (
    AdjustmentContent,
    Doubt,
    Fault,
    Readback,
    YearFacts,
    content_of,
    draft_of,
    read_year_facts,
    reversal_of,
    verdict,
)
from shared.adjustments.undo import key_of
from shared.clock import Clock
from shared.errors import PipelineError
from shared.fortnox import (
    UNUSABLE_CONNECTION,
    FortnoxClient,
    OutcomeUnknown,
    PermissionMissing,
    Refused,
)
from shared.store.adjustments import ExportVoucher

log = structlog.get_logger(__name__)

ABOUT_THE_CONNECTION = (*UNUSABLE_CONNECTION, PermissionMissing)


def send_planned(fortnox: FortnoxClient, steps: Steps, clock: Clock, year_end: date, ends_at: datetime) -> None:
    """Send planned vouchers one at a time; raises what concerns all of them, the one at hand then planned again."""
    planned = [(voucher, content_to_send(voucher)) for voucher in steps.claim()]
    if not planned:
        return
    facts = read_year_facts(fortnox, year_end, [content for _, content in planned])
    readback = Readback(fortnox)
    for voucher, content in planned:
        if facts is None:
            _refuse(steps, voucher, verdict(content, voucher.series, facts))
        elif not _is_decided(readback, steps, voucher, content, facts):
            _send(fortnox, steps, voucher, content, facts)
        if clock.now() >= ends_at:
            return


def find_out(fortnox: FortnoxClient, steps: Steps) -> None:
    """Look for the vouchers whose outcome is unknown."""
    readback = Readback(fortnox)
    for look in steps.begin_look():
        voucher = look.voucher
        if voucher.fortnox_year is None:
            raise ValueError(f"voucher {voucher.id} was sent to no year")
        found = other_company(voucher.tenant_id, steps.tenant_id) or readback.find_sent(
            content_to_send(voucher), voucher.marker, voucher.fortnox_year
        )
        if found is None:
            steps.missed(look)
        elif isinstance(found, Doubt):
            steps.needs_human(voucher.id, found)
        else:
            steps.posted(voucher.id, found)


def content_to_send(voucher: ExportVoucher) -> AdjustmentContent:
    """Return what the voucher says: the adjustment, or for a reversal its mirror image."""
    content = content_of(voucher.adjustment)
    return content if voucher.reverses is None else reversal_of(content, key_of(voucher.reverses))


def _is_decided(
    readback: Readback, steps: Steps, voucher: ExportVoucher, content: AdjustmentContent, facts: YearFacts
) -> bool:
    """Deal with a voucher that must not be sent; False when nothing speaks against it."""
    original = voucher.reverses
    if original is not None and (elsewhere := other_company(original.tenant_id, steps.tenant_id)):
        steps.refused(voucher.id, elsewhere)
        return True
    if _is_there(readback, steps, voucher, content, facts):
        return True
    if found := verdict(content, voucher.series, facts):
        _refuse(steps, voucher, found)
        return True
    if original is not None and (doubt := readback.check_original(content_of(voucher.adjustment), key_of(original))):
        # The mirror image of what was sent would not undo what stands there now.
        steps.refused(voucher.id, doubt)
        return True
    return False


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
