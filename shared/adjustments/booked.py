"""What a voucher books, and what became of it in an imported ledger (pure); docs/export.md has the rules."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.adjustments.content import AdjustmentContent, as_it_arrives
from shared.adjustments.states import AS_POSTED, EDITED, MISSING
from shared.money import kronor

_CODE_PAGE = "cp437"  # of SIE files: what it lacks comes back as another letter, as several, or not at all


class BookedRow(NamedTuple):
    """One row that counts; debit is positive."""

    account: str
    amount_ore: int
    cost_center: str = ""
    project: str = ""


@dataclass(frozen=True)
class Booked:
    """What a voucher books; `registered` is the day on which it was entered, None where nobody says.

    The texts of rows are left out: they change nothing, and programs differ in what they write there.
    """

    date: dt.date
    text: str
    rows: tuple[BookedRow, ...]
    registered: dt.date | None = None

    def to_json(self) -> dict[str, Any]:
        return {"date": self.date.isoformat(), "text": self.text, "rows": [list(row) for row in self.rows]}


@dataclass(frozen=True)
class InLedger:
    """How an import has seen a voucher: AS_POSTED, EDITED, MISSING or None, and in words what differs.

    None means that the ledger lacks it, and that this does not tell whether Fortnox does.
    """

    state: str | None
    reason: str | None = None


def booked_by(content: AdjustmentContent) -> Booked:
    """Return what the voucher of an adjustment books when it arrives in Fortnox."""
    arriving = as_it_arrives(content)
    rows = (
        BookedRow(row.account, row.debit_ore - row.credit_ore, row.cost_center, row.project) for row in arriving.rows
    )
    return Booked(arriving.date, arriving.text, tuple(rows))


def read_booked(said: dict[str, Any]) -> Booked:
    """Return what `Booked.to_json` has written."""
    return Booked(dt.date.fromisoformat(said["date"]), said["text"], tuple(BookedRow(*row) for row in said["rows"]))


def judge(
    posted: Booked | None, found: Sequence[Booked], *, posted_on: dt.date | None, covered: bool, whole: bool
) -> InLedger | None:
    """Return what became of a voucher that was posted, None when the ledger does not tell: what was known holds on.

    `found` are the ledger's vouchers under its series and number: none, one, or in files of odd programs several.
    `posted` is None when nobody knows any more what it said. The ledger is `covered` when the voucher was posted before
    it was read, and `whole` when nothing of it was lost on the way.
    """
    if posted is not None and any(is_as_posted(posted, booked) for booked in found):
        return InLedger(AS_POSTED)
    ours = [booked for booked in found if posted is None or not _is_another(posted, booked, posted_on)]
    if ours:
        return InLedger(EDITED, "; ".join(_changes(posted, ours[0]))) if posted and covered else None
    if not covered:
        return InLedger(None, "it was posted after the ledger was read, or just before")
    if not whole:
        return InLedger(None, "the year was not wholly read")
    if found:
        return InLedger(MISSING, f"its number has another voucher now: {found[0].text!r} of {found[0].date}")
    return InLedger(MISSING, "the ledger has no voucher under its number")


def is_as_posted(posted: Booked, found: Booked) -> bool:
    return next(_changes(posted, found), None) is None


def _changes(posted: Booked, found: Booked) -> Iterator[str]:
    """Say what was changed, in a sentence for each: date, text, rows."""
    if posted.date != found.date:
        yield f"date: {posted.date} became {found.date}"
    if not _reads_as(posted.text, found.text):
        yield f"text: {posted.text!r} became {found.text!r}"
    before, after = Counter(_that_count(posted)), Counter(_that_count(found))
    gone, new = before - after, after - before
    if gone or new:
        yield f"rows: {_named(gone)} became {_named(new)}"


def _is_another(posted: Booked, found: Booked, posted_on: dt.date | None) -> bool:
    """Say whether the voucher under the number is none of ours at all.

    Fortnox gives the number of the last voucher of a series again once that is deleted. Whoever edits a voucher leaves
    its text, one of its rows or at least one of its accounts; of those who leave but an account the day of registration
    tells the edited one from one that was entered later.
    """
    if _reads_as(posted.text, found.text) or set(_that_count(posted)) & set(_that_count(found)):
        return False
    if not {row.account for row in posted.rows} & {row.account for row in found.rows}:
        return True
    return posted_on is not None and found.registered is not None and found.registered > posted_on


def _that_count(booked: Booked) -> Iterable[BookedRow]:
    return (row for row in booked.rows if row.amount_ore)


def _reads_as(posted: str, found: str) -> bool:
    """Say whether a text came back as it left, through a code page that lacks some letters and most signs."""
    letters = "".join(map(_letter_pattern, unicodedata.normalize("NFC", posted)))
    return re.fullmatch(letters, "".join(filter(str.isalnum, unicodedata.normalize("NFC", found)))) is not None


def _letter_pattern(character: str) -> str:
    if not character.isalnum():
        return ""
    try:
        character.encode(_CODE_PAGE)
    except UnicodeEncodeError:
        return r"\w{0,2}"
    return re.escape(character)


def _named(rows: Counter[BookedRow]) -> str:
    return ", ".join(_row_named(row) for row in sorted(rows.elements())) or "nothing"


def _row_named(row: BookedRow) -> str:
    objects = [f"{name} {code}" for name, code in (("cost centre", row.cost_center), ("project", row.project)) if code]
    said = f"{row.account} {kronor(row.amount_ore)}"
    return f"{said} ({', '.join(objects)})" if objects else said
