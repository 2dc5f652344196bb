"""What an adjustment says, apart from where it is stored (pure): its hash, its texts, its voucher."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import date

from shared.fortnox import DESCRIPTION_MAX, ROW_TEXT_MAX, DraftRow, VoucherDraft, allowed_text
from shared.store.adjustments import Adjustment


@dataclass(frozen=True)
class RowContent:
    """One row; either side in öre, the other zero."""

    account: str
    debit_ore: int = 0
    credit_ore: int = 0
    cost_center: str = ""
    project: str = ""
    text: str = ""


@dataclass(frozen=True)
class AdjustmentContent:
    """A voucher of kind V or S as it was written in the closing program."""

    kind: str
    number: int
    date: date
    text: str
    rows: tuple[RowContent, ...]


def content_of(adjustment: Adjustment) -> AdjustmentContent:
    rows = tuple(
        RowContent(
            account=row.account,
            debit_ore=row.debit_ore,
            credit_ore=row.credit_ore,
            cost_center=row.cost_center or "",
            project=row.project or "",
            text=row.text or "",
        )
        for row in adjustment.rows
    )
    return AdjustmentContent(adjustment.kind, adjustment.number, adjustment.date, adjustment.text, rows)


def content_hash(content: AdjustmentContent) -> bytes:
    """Return the SHA-256 over everything that would be booked: date, text and rows in their order."""
    rows = [list(dataclasses.astuple(row)) for row in content.rows]
    said = json.dumps([content.date.isoformat(), content.text, rows], separators=(",", ":"))
    return hashlib.sha256(said.encode()).digest()


def as_it_arrives(content: AdjustmentContent) -> AdjustmentContent:
    """Return the adjustment with the texts that Fortnox will show, which is what a preview has to show."""
    rows = tuple(dataclasses.replace(row, text=allowed_text(row.text, ROW_TEXT_MAX)) for row in content.rows)
    return dataclasses.replace(content, text=allowed_text(content.text, DESCRIPTION_MAX), rows=rows)


def draft_of(content: AdjustmentContent, series: str, marker: str) -> VoucherDraft:
    """Return the voucher to post, its marker in the comments; the content has passed the preflight."""
    arriving = as_it_arrives(content)
    return VoucherDraft(
        series=series,
        transaction_date=arriving.date,
        description=arriving.text,
        rows=tuple(
            DraftRow(
                account=int(row.account),
                debit_ore=row.debit_ore,
                credit_ore=row.credit_ore,
                text=row.text,
                cost_center=row.cost_center,
                project=row.project,
            )
            for row in arriving.rows
        ),
        comments=f"Bokslutshändelse {arriving.kind}{arriving.number}, {marker}",
    )
