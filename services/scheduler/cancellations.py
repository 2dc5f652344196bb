"""When a document was cancelled (pure): Fortnox tells that it is, and not since when.

The day is that of the voucher which took the claim off the ledger again; without one, the day on which the cancellation
was first read. Up to its day a cancelled document counts as any other: a cancellation changes nothing before it (P14).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from services.scheduler.subledger import Document, Subledger, in_sek
from services.scheduler.vouchers import Ledger, Posting, VoucherKey

WORDS: Final = re.compile(r"\w+")
NO_VOUCHER: Final[VoucherKey] = (date.min, "", "")


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Since when a document is cancelled; `seen` says that this is no more than the day on which it was first read."""

    day: date
    seen: bool


def with_reversals(subledger: Subledger, ledger: Ledger, used: Collection[VoucherKey]) -> Subledger:
    """Return the sub-ledger in which cancelled documents name the vouchers that have reversed theirs.

    Fortnox links a customer invoice to one voucher only. A reversal is a voucher of no other document (`used` are those
    that are), not older, with the same amounts the other way round and the document's number in its text, if there is
    exactly one.
    """
    booked = {
        document: posting
        for document in subledger.documents
        if document.cancelled
        and not document.further_vouchers
        and (posting := ledger.postings.get(document.voucher or NO_VOUCHER)) is not None
    }
    if not booked:
        return subledger
    opposite: defaultdict[frozenset[tuple[str, int]], list[VoucherKey]] = defaultdict(list)
    for key, posting in ledger.postings.items():
        if key not in used:
            opposite[_turned(posting)].append(key)
    found: dict[Document, Document] = {}
    for document, own in booked.items():
        candidates = [
            key
            for key in opposite[frozenset(own.claims_ore.items())]
            if ledger.postings[key].date >= own.date and _names(ledger.postings[key], document)
        ]
        if len(candidates) == 1:
            found[document] = replace(document, further_vouchers=(candidates[0],))
    documents = [found.get(document, document) if document.cancelled else document for document in subledger.documents]
    return replace(subledger, documents=documents)


def cancellations(
    documents: Iterable[Document], ledger: Ledger, seen: Mapping[str, date]
) -> dict[Document, Cancellation]:
    """Return since when each cancelled document is; `seen` are the days of first reading, by number.

    One that is not among them was cancelled before anything was read, as if it had always been.
    """
    found = {}
    for document in documents:
        if document.cancelled:
            day = _reversed_on(document, ledger)
            found[document] = Cancellation(day or seen.get(document.number, date.min), seen=day is None)
    return found


def _reversed_on(document: Document, ledger: Ledger) -> date | None:
    """Return the day of the voucher after which the document's vouchers leave nothing on accounts of claims.

    A further voucher of a year after the imported ones is dated in it, and no balance date is as late as that.
    """
    postings = [posting for key in document.further_vouchers if (posting := ledger.postings.get(key)) is not None]
    if postings:
        booked = ledger.postings.get(document.voucher) if document.voucher else None
        first_ore = sum(booked.claims_ore.values()) if booked else in_sek(document, document.total_minor)
        if first_ore + sum(sum(posting.claims_ore.values()) for posting in postings) == 0:
            return max(posting.date for posting in [*postings, *([booked] if booked else [])])
    return min((key[0] for key in document.further_vouchers if key[0] > ledger.last_day), default=None)


def _turned(posting: Posting) -> frozenset[tuple[str, int]]:
    return frozenset((account, -ore) for account, ore in posting.claims_ore.items())


def _names(posting: Posting, document: Document) -> bool:
    return document.number in WORDS.findall(posting.text)
