"""What an adjustment says, apart from where it is stored (pure): its hash, its texts, its voucher."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import date

from shared.fortnox import (
    COMMENTS_MAX,
    DESCRIPTION_MAX,
    ROW_TEXT_MAX,
    DraftRow,
    VoucherDraft,
    VoucherKey,
    allowed_text,
)
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
    """A voucher of kind V or S as it was written in the closing program; or what takes it back, then `reverses` is set."""

    kind: str
    number: int
    date: date
    text: str
    rows: tuple[RowContent, ...]
    reverses: VoucherKey | None = None


@dataclass(frozen=True)
class TextChange:
    """A text that Fortnox will show otherwise than it was written; `row` counts from 1, None is the voucher's text."""

    row: int | None
    written: str
    arrives: str


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


def text_changes(content: AdjustmentContent) -> list[TextChange]:
    """Return every text that changes on the way, because of Fortnox' characters or its length."""
    arriving = as_it_arrives(content)
    texts: list[tuple[int | None, str, str]] = [(None, content.text, arriving.text)]
    texts += [
        (position, row.text, arrives.text)
        for position, (row, arrives) in enumerate(zip(content.rows, arriving.rows, strict=True), start=1)
    ]
    return [TextChange(row, written, arrives) for row, written, arrives in texts if written != arrives]


def reversal_of(content: AdjustmentContent, reversed_key: VoucherKey) -> AdjustmentContent:
    """Return what takes that voucher of the adjustment back: the same day and rows, debit and credit changed about.

    Bokföringslagen 5 kap. 5 § asks that a correction can be seen from both sides; the text names the voucher.
    """
    rows = tuple(dataclasses.replace(row, debit_ore=row.credit_ore, credit_ore=row.debit_ore) for row in content.rows)
    text = f"Återföring av {_name(reversed_key)}: {content.text}"
    return dataclasses.replace(content, text=text, rows=rows, reverses=reversed_key)


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
        comments=allowed_text(f"{_origin(arriving)}, {marker}", COMMENTS_MAX),
    )


def _origin(content: AdjustmentContent) -> str:
    name = f"{content.kind}{content.number}"
    if content.reverses is None:
        return f"Bokslutshändelse {name}"
    return f"Återföring av bokslutshändelse {name} ({_name(content.reverses)})"


def _name(key: VoucherKey) -> str:
    return f"{key.series} {key.number}"
