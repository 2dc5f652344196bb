"""Why schedule and ledger differ (pure): every öre has exactly one cause, and the first day on which they parted.

What the schedule has from a voucher and what the voucher put on the accounts are held against each other, voucher by
voucher; then what the schedule has from no voucher, and what the opening balances say. Whatever these leave is D99.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Final

from services.scheduler.causes import Cause, beside, of_documents
from services.scheduler.reckoning import Part, Reckoning
from services.scheduler.subledger import Document, Payment, payment_label
from services.scheduler.vouchers import Ledger, LedgerYear, VoucherKey, voucher_label
from shared.schedules.content import CAUSES, UNEXPLAINED, Bridge, BridgeLine

CASH_METHOD: Final = "D11"
CANCELLED: Final = "D14"
FIRST_SEEN: Final = "since the day on which that was first seen"


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of schedule less ledger that came up on one day; `day` is None when it is not known."""

    code: str
    day: date | None
    ore: int
    documents: tuple[str, ...] = ()
    vouchers: tuple[str, ...] = ()
    note: str = ""


def gaps_between(reckoning: Reckoning, ledger: Ledger, balance_date: date, difference_ore: int) -> list[Gap]:
    """Return every part of schedule less ledger at the end of the balance date; their sum is the difference given."""
    gaps = [
        *_of_vouchers(reckoning, ledger, balance_date),
        *_of_loose_parts(reckoning, ledger),
        *_of_openings(reckoning, ledger, ledger.years_until(balance_date)),
    ]
    unexplained_ore = difference_ore - sum(gap.ore for gap in gaps)
    if unexplained_ore:
        gaps.append(Gap(UNEXPLAINED, None, unexplained_ore, note="no cause was found"))
    return gaps


def bridge_of(gaps: Sequence[Gap], remarks: Iterable[BridgeLine] = ()) -> Bridge:
    """Return the difference split by cause: lines with amounts first, then what is only worth telling.

    Entries of one cause that take each other out are one line of 0.
    """
    lines = [*_lines(gaps), *remarks]
    lines.sort(key=_place)
    return Bridge(tuple(lines), sum(gap.ore for gap in gaps), _parted_on(gaps))


def _of_vouchers(reckoning: Reckoning, ledger: Ledger, balance_date: date) -> Iterator[Gap]:
    """Hold what the schedule has from each voucher against what the voucher put on the accounts."""
    claimed_ore, amounts_ore, uses = reckoning.claimed_ore, reckoning.amounts_ore, reckoning.uses
    found: list[tuple[VoucherKey, int]] = []
    for key, posting in ledger.postings.items():
        if posting.date <= balance_date:
            gap_ore = claimed_ore.get(key, 0) - amounts_ore[key]
            if gap_ore:
                found.append((key, gap_ore))
    about = _about(reckoning, {key for key, _ in found if key in uses})
    for key, gap_ore in found:
        posting = ledger.postings[key]
        if key in uses:
            causes: Iterable[Cause] = (of_documents(about[key], gap_ore),)
        else:
            causes = beside(posting, ledger, gap_ore, cash=_is_year_end(ledger, posting.date, cash=reckoning.cash))
        for cause in causes:
            gap = Gap(
                cause.code, posting.date, cause.ore, cause.documents, (voucher_label(key, posting.date),), cause.note
            )
            yield _since_cancelled(gap, about[key], reckoning) if cause.code == CANCELLED else gap


def _since_cancelled(gap: Gap, about: Iterable[Document | Payment], reckoning: Reckoning) -> Gap:
    """Return the gap from the day on which its document was cancelled: until then both sides had the document."""
    found = [reckoning.cancelled[each.number] for each in about if isinstance(each, Document) and each.cancelled]
    last = max(found, key=lambda cancellation: cancellation.day)
    if gap.day is None or last.day <= gap.day:
        return gap
    return replace(gap, day=last.day, note=f"{gap.note} · {FIRST_SEEN}" if last.seen else gap.note)


def _about(reckoning: Reckoning, keys: set[VoucherKey]) -> dict[VoucherKey, list[Document | Payment]]:
    """Return the documents and payments that name one of the vouchers."""
    about: defaultdict[VoucherKey, list[Document | Payment]] = defaultdict(list)
    if not keys:
        return about
    by_number = {document.number: document for document in reckoning.subledger.documents}
    for document in reckoning.subledger.documents:
        for key in (document.voucher, *document.further_vouchers):
            if key in keys and key is not None:
                about[key].append(document)
    for payment in reckoning.subledger.payments:
        if payment.voucher in keys and payment.voucher is not None:
            paid = by_number.get(payment.document_number)
            about[payment.voucher].append(paid if paid is not None and paid.cancelled else payment)
    return about


def _is_year_end(ledger: Ledger, day: date, *, cash: bool) -> bool:
    """Say whether a voucher may be the booking of all unpaid documents at a year-end, or its reversal (BFL 5:2)."""
    return cash and any(day in (year.first_day, year.last_day) for year in ledger.years)


def _of_loose_parts(reckoning: Reckoning, ledger: Ledger) -> Iterator[Gap]:
    """Explain what the schedule has from no voucher at hand; what came before the first year is in its opening."""
    for part in reckoning.loose:
        if part.day < ledger.first_day:
            continue
        documents = (part.document if part.payment is None else payment_label(part.payment, part.document),)
        if part.taken_back and not reckoning.cash:
            yield Gap(
                CANCELLED,
                part.day,
                part.ore,
                documents,
                note="cancelled, and was in an opening balance or in no voucher",
            )
        elif reckoning.cash:
            yield Gap(CASH_METHOD, part.day, part.ore, documents, note="cash method: not booked before it is paid")
        elif part.voucher is not None:
            voucher = f"{part.voucher[1]} {part.voucher[2]}"
            yield Gap("D07", part.day, part.ore, documents, (voucher,), "its voucher has no row on these accounts")
        elif part.payment is not None:
            yield Gap("D03", part.day, part.ore, documents, note="the payment has no voucher")
        else:
            yield Gap("D15", part.day, part.ore, documents, note="the document has no voucher in any imported year")


def _of_openings(reckoning: Reckoning, ledger: Ledger, years: Sequence[LedgerYear]) -> Iterator[Gap]:
    """Hold the first opening balance against what was open then, and every other against the closing before it."""
    if not years:
        return
    before = [part for part in reckoning.loose if part.day < ledger.first_day]
    gap_ore = sum(part.ore for part in before) - _opening_ore(ledger, years[0])
    documents = _open_before(before)
    if gap_ore or any(part.voucher is None for part in before):
        code = CASH_METHOD if reckoning.cash else "D15"
        yield Gap(code, years[0].first_day, gap_ore, documents, note="open before the first imported year")
    moved_ore: defaultdict[date, int] = defaultdict(int)
    for (year_from, _, _), amount_ore in reckoning.amounts_ore.items():
        moved_ore[year_from] += amount_ore
    for year, following in pairwise(years):
        jump_ore = _opening_ore(ledger, following) - _opening_ore(ledger, year) - moved_ore[year.first_day]
        if jump_ore:
            note = f"the year does not open with what {year.last_day} closed with"
            yield Gap("D13", following.first_day, -jump_ore, note=note)


def _opening_ore(ledger: Ledger, year: LedgerYear) -> int:
    return sum(year.opening_ore.get(account, 0) for account in ledger.accounts)


def _open_before(parts: Iterable[Part]) -> tuple[str, ...]:
    """Return the documents that were open before the first imported year; those without any voucher, if there are."""
    open_ore: defaultdict[str, int] = defaultdict(int)
    without: set[str] = set()
    for part in parts:
        open_ore[part.document] += part.ore
        if part.voucher is None and part.payment is None:
            without.add(part.document)
    numbers = [number for number, ore in open_ore.items() if ore and (number in without or not without)]
    return tuple(sorted(numbers, key=lambda number: (len(number), number)))


def _lines(gaps: Iterable[Gap]) -> Iterator[BridgeLine]:
    by_code: defaultdict[str, list[Gap]] = defaultdict(list)
    for gap in gaps:
        by_code[gap.code].append(gap)
    for code, group in by_code.items():
        group.sort(key=lambda gap: (gap.day or date.max, gap.vouchers, gap.documents, gap.note, gap.ore))
        settled = _taken_out(group)
        if len(settled) == 1:
            yield _line(settled[0])
        elif settled:
            yield _summary(code, settled)
        yield from map(_line, group[len(settled) :])


def _taken_out(group: Sequence[Gap]) -> Sequence[Gap]:
    """Return the entries of one cause, by date, up to the last one after which their sum was nothing."""
    sum_ore, count = 0, 0
    for place, gap in enumerate(group, 1):
        sum_ore += gap.ore
        if sum_ore == 0:
            count = place
    return group[:count]


def _place(line: BridgeLine) -> tuple[int, bool, date, tuple[str, ...], tuple[str, ...], str]:
    told = line.amount_ore == 0
    return CAUSES.index(line.code), told, line.first_date or date.max, line.vouchers, line.documents, line.note


def _line(gap: Gap) -> BridgeLine:
    return BridgeLine(gap.code, gap.ore, gap.documents, gap.vouchers, gap.day, gap.day, gap.note)


def _summary(code: str, gaps: Sequence[Gap]) -> BridgeLine:
    documents = dict.fromkeys(number for gap in gaps for number in gap.documents)
    vouchers = dict.fromkeys(label for gap in gaps for label in gap.vouchers)
    note = f"{len(gaps)} entries that take each other out"
    return BridgeLine(code, 0, tuple(documents), tuple(vouchers), gaps[0].day, gaps[-1].day, note)


def _parted_on(gaps: Iterable[Gap]) -> date | None:
    """Walk both sides day by day; return the day from which they have not agreed any more, None when they agree."""
    by_day: defaultdict[date, int] = defaultdict(int)
    for gap in gaps:
        if gap.day is not None:
            by_day[gap.day] += gap.ore
    parted_on, apart_ore = None, 0
    for day in sorted(by_day):
        agreed = apart_ore == 0
        apart_ore += by_day[day]
        if apart_ore == 0:
            parted_on = None
        elif agreed:
            parted_on = day
    return parted_on
