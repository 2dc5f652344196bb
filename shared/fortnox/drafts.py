"""What is on its way to Fortnox, checked before it can leave (developer guides: best practices, vouchers)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.fortnox.error_codes import Advice
from shared.fortnox.errors import Refused
from shared.fortnox.text import allowed_text

DESCRIPTION_MAX = 200
COMMENTS_MAX = 1000
ROW_TEXT_MAX = 100
FILE_NAME_MAX = 100  # Fortnox names no limit; longer ones are cut by some of its pages

# JSON knows only binary floats here; up to fifteen digits they are written as the decimal number that was meant.
_LARGEST_ORE = 10**15 - 1

MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+_-]+/[A-Za-z0-9.+_-]+")
_INPUT = Advice.INPUT


@dataclass(frozen=True)
class DraftRow:
    """One row: either side in öre, the other zero; `text` becomes the row's TransactionInformation."""

    account: int
    debit_ore: int = 0
    credit_ore: int = 0
    text: str = ""
    cost_center: str = ""
    project: str = ""


@dataclass(frozen=True)
class VoucherDraft:
    """A balanced voucher whose texts are in Fortnox' characters already, as the user saw them in the preview.

    Raises Refused ("voucher-draft-invalid") for anything that Fortnox would refuse or silently change.
    """

    series: str
    transaction_date: date
    description: str
    rows: tuple[DraftRow, ...]
    comments: str = ""

    def __post_init__(self) -> None:
        problems = [*self._text_problems(), *self._row_problems()]
        if problems:
            raise Refused("voucher-draft-invalid", "; ".join(problems), Advice.INPUT)

    def payload(self) -> dict[str, Any]:
        """Return the body of the POST; number and year are Fortnox' to set."""
        voucher: dict[str, Any] = {
            "VoucherSeries": self.series,
            "TransactionDate": self.transaction_date.isoformat(),
            "Description": self.description,
            "VoucherRows": [_row_payload(row) for row in self.rows],
        }
        if self.comments:
            voucher["Comments"] = self.comments
        return {"Voucher": voucher}

    def _text_problems(self) -> Iterator[str]:
        if not 1 <= len(self.series) <= 10:
            yield "the series has one to ten characters"
        if not self.description:
            yield "the description is empty"
        texts = [("description", self.description, DESCRIPTION_MAX), ("comments", self.comments, COMMENTS_MAX)]
        texts += [(f"text of row {n}", row.text, ROW_TEXT_MAX) for n, row in enumerate(self.rows, start=1)]
        for name, text, max_length in texts:
            if text != allowed_text(text, max_length):
                yield f"the {name} is too long or holds characters that Fortnox refuses"

    def _row_problems(self) -> Iterator[str]:
        if not self.rows:
            yield "there are no rows"
        for n, row in enumerate(self.rows, start=1):
            if not 1000 <= row.account <= 9999:
                yield f"row {n}: {row.account} is no account number"
            smaller, larger = sorted((row.debit_ore, row.credit_ore))
            if smaller != 0 or not 0 < larger <= _LARGEST_ORE:
                yield f"row {n}: either debit or credit, more than zero"
        if sum(row.debit_ore - row.credit_ore for row in self.rows):
            yield "debit and credit differ"


@dataclass(frozen=True)
class FileDraft:
    """A file for the inbox, its name in Fortnox' characters already.

    Raises Refused ("file-draft-invalid") for what could not be found again under its name.
    """

    name: str
    content: bytes
    media_type: str = "application/octet-stream"

    def __post_init__(self) -> None:
        if not self.name or self.name != allowed_text(self.name, FILE_NAME_MAX):
            raise Refused("file-draft-invalid", "the name is too long or holds characters that Fortnox refuses", _INPUT)
        if not self.content:
            raise Refused("file-draft-invalid", f"{self.name} is empty", _INPUT)
        if not MEDIA_TYPE.fullmatch(self.media_type):
            raise Refused("file-draft-invalid", f"{self.name} has no media type", _INPUT)


def _row_payload(row: DraftRow) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "Account": row.account,
        "Debit": _amount(row.debit_ore),
        "Credit": _amount(row.credit_ore),
    }
    optional = {"TransactionInformation": row.text, "CostCenter": row.cost_center, "Project": row.project}
    return payload | {name: value for name, value in optional.items() if value}


def _amount(ore: int) -> int | float:
    return ore // 100 if ore % 100 == 0 else ore / 100
