"""What became of a case: by the books and the journal of Fortnox, and whether our rows say the same.

Each voucher and each file that was asked for ends as exactly one of these words; what is there more than once is counted
on top as `duplicated`.

* ok: Fortnox has it once (or, taken back, not at all), and our row names it.
* refused: Fortnox does not have it, and our row says why with code and words; or only a person can say (`HANDED_OVER`).
* unknown: our row does not say what Fortnox shows, but does not deny it either.
* lost: Fortnox does not have what our row claims, or our row denies what Fortnox has.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from services.sandbox.company import Voucher
from shared.adjustments.states import NEEDS_HUMAN, NOT_LIVE, NOT_TRANSFERRED, PLANNED, POSTED, REFUSED
from shared.store.adjustments import Adjustment, ExportFile, ExportVoucher
from tests.chaos.export_cases import Asked, Case

TAKES_BACK = re.compile(r"Återföring av (\S+) (\d+): ")
MOST_SENDS = 3
Key = tuple[int, str, int]


@dataclass
class Verdict:
    """How the vouchers and files of a case ended, and what was wrong."""

    words: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    def say(self, word: str, what: str, about: str = "") -> None:
        self.words[word] += 1
        if word not in {"ok", "refused"}:
            self.complaints.append(f"{word}: {what} {about}")

    def add(self, other: Verdict) -> None:
        self.words += other.words
        self.reasons += other.reasons
        self.complaints += other.complaints


@dataclass(frozen=True)
class Found:
    """The vouchers in Fortnox of one adjustment: all that were made of it, and which of them each reversal takes back."""

    made: dict[Key, Voucher]
    reversals: dict[Key, Key]

    @property
    def standing(self) -> list[Key]:
        return [key for key in self.made if key not in self.reversals.values()]


def judge(case: Case) -> Verdict:
    verdict = Verdict()
    verdict.complaints += case.notes
    verdict.words["unknown"] += len(case.notes)
    for asked in case.asked:
        found = _find(case, asked)
        _judge_books(verdict, asked, found)
        _judge_journal(verdict, case, asked, found)
        rows = _rows(case, asked)
        _judge_voucher(verdict, case, asked, found, rows)
        for content in asked.files:
            _judge_file(verdict, case, asked, content, found, rows)
    return verdict


def is_behind(case: Case) -> bool:
    """Say whether a row of ours believes a voucher to stand that has been taken back since."""
    return any(
        row.state == POSTED and row.reverses_id is None and _key(row) not in _find(case, asked).standing
        for asked in case.asked
        for row in _rows(case, asked)
    )


def _find(case: Case, asked: Asked) -> Found:
    scene = case.closing.scene
    with scene.sandbox.state.lock:
        vouchers = list(scene.company.vouchers.values())
    made = {voucher.key: voucher for voucher in vouchers if voucher.description == asked.text}
    reversals: dict[Key, Key] = {}
    for voucher in vouchers:
        says = TAKES_BACK.match(voucher.description)
        if says and voucher.description[says.end() :] == asked.text:
            reversals[voucher.key] = (voucher.year, says[1], int(says[2]))
    return Found(made, reversals)


def _judge_books(verdict: Verdict, asked: Asked, found: Found) -> None:
    """Nothing stands twice, nothing is taken back twice or that never was, and the accounts say the same."""
    twice = max(0, len(found.standing) - 1)
    twice += sum(count - 1 for count in Counter(found.reversals.values()).values())
    astray = [key for key in found.reversals.values() if key not in found.made]
    if twice or astray:
        verdict.words["duplicated"] += twice + len(astray)
        verdict.complaints.append(f"duplicated: {asked.name} made {sorted(found.made)} taken back {found.reversals}")


def _judge_journal(verdict: Verdict, case: Case, asked: Asked, found: Found) -> None:
    """Every voucher in the books was answered to one request, and every request that was answered is in the books."""
    scene = case.closing.scene
    created: Counter[Key] = Counter()
    for entry in scene.sandbox.state.journal.entries(scene.company.database_number, "POST"):
        if entry["status"] == 201 and entry["path"].startswith("/3/vouchers?"):
            booked: dict[str, Any] = entry["created"]["Voucher"]
            if booked["Description"].endswith(asked.text):
                created[(int(booked["Year"]), booked["VoucherSeries"], int(booked["VoucherNumber"]))] += 1
    if created != Counter([*found.made, *found.reversals]):
        verdict.say("lost", asked.name, f"the journal has {created}, the books {[*found.made, *found.reversals]}")


def _rows(case: Case, asked: Asked) -> list[ExportVoucher]:
    with case.closing.scene.store.read() as session:
        rows = select(ExportVoucher).where(ExportVoucher.adjustment_id == asked.id).order_by(ExportVoucher.id)
        return list(session.scalars(rows.options(selectinload(ExportVoucher.files).selectinload(ExportFile.file))))


def _judge_voucher(verdict: Verdict, case: Case, asked: Asked, found: Found, rows: list[ExportVoucher]) -> None:
    with case.closing.scene.store.read() as session:
        status = session.get_one(Adjustment, asked.id).status
    about = f"{status}, rows {[(row.state, row.reason_code, row.series, row.fortnox_number) for row in rows]}"
    about = f"stands {found.standing}, {about}"
    live = [row for row in rows if row.reverses_id is None and row.state not in NOT_LIVE]
    last = rows[-1] if rows else None
    wanted = 0 if case.taken_back else 1
    if last is None or len(live) > 1:
        verdict.say("lost", asked.name, about)
    elif last.state == NEEDS_HUMAN:
        is_theirs = _is_for_a_person(last, found) or asked.may_differ
        verdict.reasons[str(last.reason_code)] += 1
        verdict.say("refused" if is_theirs and last.reason else "unknown", asked.name, about)
    elif last.state == REFUSED:
        kept = 1 if last.reverses_id is not None else 0
        verdict.reasons[str(last.reason_code)] += 1
        is_true = len(found.standing) == kept and bool(last.reason_code) and bool(last.reason)
        verdict.say("refused" if is_true else "lost", asked.name, about)
    elif len(found.standing) < wanted or (wanted == 0 and found.standing):
        verdict.say("lost", asked.name, about)
    elif wanted == 0:
        is_known = not live and status == NOT_TRANSFERRED and _keys(rows) <= {*found.made, *found.reversals}
        verdict.say("ok" if is_known else "unknown", asked.name, about)
    else:
        is_known = [_key(row) for row in live] == found.standing and live[0].state == POSTED
        is_known = is_known and status == "transferred" and _is_as_asked(found.made[found.standing[0]], asked)
        verdict.say("ok" if is_known else "unknown", asked.name, about)


def _is_for_a_person(row: ExportVoucher, found: Found) -> bool:
    """Three requests that nobody answered and of which Fortnox has nothing: whether a fourth may go is not ours to say."""
    if row.reason_code != "never-found" or row.attempts < MOST_SENDS:
        return False
    return not found.standing if row.reverses_id is None else not found.reversals


def _judge_file(
    verdict: Verdict, case: Case, asked: Asked, content: str, found: Found, rows: list[ExportVoucher]
) -> None:
    """A file hangs once on the voucher that stands, at most once on each that was taken back, and lies nowhere else."""
    scene = case.closing.scene
    with scene.sandbox.state.lock:
        stored = {file.id for file in scene.company.files.values() if file.content.decode() == content}
        hangs = [(c.year, c.series, c.number) for c in scene.company.file_connections if c.file_id in stored]
    here = Counter(hangs)
    extra = sum(count - 1 for count in here.values()) + len(stored) - len(hangs)
    states = [
        (file.state, file.reason_code) for row in rows for file in row.files if file.file.sha256 == _sha256(content)
    ]
    about = f"{content!r} hangs on {hangs}, stored {len(stored)}, rows {states}"
    state, reason = states[-1] if states else ("", None)
    if state in {REFUSED, NEEDS_HUMAN}:
        verdict.reasons[f"file-{reason}"] += 1
        verdict.say("refused" if reason and not any(here[key] for key in found.standing) else "unknown", content, about)
        return
    # what hangs already is of a life that was forgotten
    if state == PLANNED and rows[-1].state == NEEDS_HUMAN and extra == 0:
        verdict.reasons["file-waits-for-its-voucher"] += 1
        verdict.say("refused", content, about)
        return
    if extra > 0:
        verdict.words["duplicated"] += extra
        verdict.complaints.append(f"duplicated: {about}")
    on_standing = [here[key] for key in found.standing]
    if case.taken_back:
        verdict.say("ok" if set(hangs) <= set(found.made) else "lost", content, about)
    elif on_standing != [1]:
        verdict.say("lost", content, about)
    else:
        verdict.say("ok" if state == "connected" else "unknown", content, about)


def _is_as_asked(voucher: Voucher, asked: Asked) -> bool:
    return [row.amount_ore for row in voucher.booked_rows] == [asked.amount_ore, -asked.amount_ore]


def _keys(rows: list[ExportVoucher]) -> set[Key]:
    return {_key(row) for row in rows if row.fortnox_number is not None}


def _key(row: ExportVoucher) -> Key:
    return (row.fortnox_year or 0, row.series, row.fortnox_number or 0)


def _sha256(content: str) -> bytes:
    return hashlib.sha256(content.encode()).digest()
