"""What lists and ledger tell together (pure), so that few documents have to be read one by one.

A list of payments names no voucher and a list of invoices does not say which invoice a credit note credits. But the
voucher of a payment usually has its date and a row of its amount, and what a paid invoice's payments leave unpaid is
what was credited. Where that leads to exactly one answer it is taken; everything else is left to be read. Nothing
concluded here is remembered: the next reading concludes anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.scheduler.subledger import Document, Payment
from services.scheduler.vouchers import Ledger, Posting, VoucherKey

FEW = 50
"""So many payments of one amount are read rather than judged by the series of their vouchers."""


@dataclass(frozen=True)
class ListedPayment:
    """A payment as listed: without voucher, and without what was written off.

    `minor_is_exact` says whether the amount in the document's currency follows from the one in SEK; `has_write_offs`
    is None where the list does not tell. `is_past`: its document was settled before the imported years.
    """

    payment: Payment
    in_sek: bool
    minor_is_exact: bool
    has_write_offs: bool | None
    is_past: bool = False


@dataclass(frozen=True)
class Links:
    """`linked` are payments as listed, each with what was concluded about it; `to_read` those that have to be read.

    `free` are the vouchers that could be a payment's.
    """

    linked: Sequence[tuple[ListedPayment, Payment]]
    to_read: Sequence[ListedPayment]
    free: Mapping[VoucherKey, Posting]

    def doubtful(self, read: Iterable[Payment]) -> set[int]:
        """Return the places in `linked` that have to be read too, now that `read` are known.

        A payment may be booked on any other day, and a stranger's voucher of its amount stand on its own day. Then its
        own voucher is left over; or it is in a year that was not imported, and the stranger's stands in a series in
        which Fortnox books few payments or none.
        """
        theirs = {payment.voucher for payment in read}
        series = Counter(payment.voucher[1] for _, payment in self.linked if payment.voucher is not None)
        [(most, _)] = series.most_common(1) or [("", 0)]
        rare = {each for each, count in series.items() if each != most and count <= FEW}
        doubtful = self._beside_left_over(theirs)
        for place, (_, payment) in enumerate(self.linked):
            if payment.voucher is not None and (payment.voucher in theirs or payment.voucher[1] in rare):
                doubtful.add(place)
        return doubtful

    def _beside_left_over(self, theirs: Collection[VoucherKey | None]) -> set[int]:
        """Return the places of payments whose amount a voucher has that is left over.

        More than a few are not doubted for a voucher of a series in which none of them is booked.
        """
        ours = {payment.voucher for _, payment in self.linked}
        series: defaultdict[int, set[str]] = defaultdict(set)
        for key in self.free.keys() - theirs - ours:
            for amount_ore in self.free[key].others_ore:
                series[amount_ore].add(key[1])
        places: defaultdict[int, list[int]] = defaultdict(list)
        for place, (_, payment) in enumerate(self.linked):
            if payment.booked and payment.amount_ore in series:
                places[payment.amount_ore].append(place)
        doubtful: set[int] = set()
        for amount_ore, of_amount in places.items():
            vouchers = (self.linked[place][1].voucher for place in of_amount)
            if len(of_amount) <= FEW or not series[amount_ore].isdisjoint(key[1] for key in vouchers if key):
                doubtful.update(of_amount)
        return doubtful


def link_payments(listed: Sequence[ListedPayment], ledger: Ledger, taken: Collection[VoucherKey | None]) -> Links:
    """Find the vouchers of payments; `taken` are the vouchers that are known to belong to something else."""
    free = {key: posting for key, posting in ledger.postings.items() if key not in taken}
    found = _vouchers_of([item.payment for item in listed], free)
    linked: list[tuple[ListedPayment, Payment]] = []
    to_read: list[ListedPayment] = []
    for place, item in enumerate(listed):
        payment, voucher = item.payment, found.get(place)
        concluded = _linked(item, voucher, free[voucher]) if voucher is not None else None
        if concluded is not None:
            linked.append((item, concluded))
        elif not payment.booked or _says_enough(item, ledger):
            linked.append((item, payment))
        else:
            to_read.append(item)
    return Links(linked, to_read, free)


def pair_credit_notes(documents: Sequence[Document], payments: Iterable[Payment]) -> tuple[dict[str, str], list[str]]:
    """Return the invoice of each credit note that was used up, by number, and the credit notes that have to be read.

    Of documents that share a number nothing is concluded: whose their payments are is not known.
    """
    counts = Counter(document.number for document in documents)
    documents = [document for document in documents if counts[document.number] == 1]
    left = {document.number: document.total_minor for document in documents}
    for payment in payments:
        if payment.booked and payment.document_number in left:
            left[payment.document_number] -= payment.settled_minor
    invoices: defaultdict[tuple[str, str, int], list[str]] = defaultdict(list)
    credit_notes: defaultdict[tuple[str, str, int], list[str]] = defaultdict(list)
    for document in documents:
        left_minor = left[document.number]
        if document.final_pay_date is None or left_minor == 0:
            continue
        if document.total_minor < 0:
            credit_notes[document.counterparty_number, document.currency, -left_minor].append(document.number)
        else:
            invoices[document.counterparty_number, document.currency, left_minor].append(document.number)
    pairs: dict[str, str] = {}
    to_read: list[str] = []
    for key, numbers in credit_notes.items():
        if len(numbers) == len(invoices[key]) == 1:
            pairs[numbers[0]] = invoices[key][0]
        else:
            to_read += numbers
    return pairs, to_read


def _vouchers_of(payments: Sequence[Payment], free: Mapping[VoucherKey, Posting]) -> dict[int, VoucherKey]:
    """Find the vouchers of booked payments, by their places, from date and amount.

    Several alike do when there are as many vouchers and all did the same to the claims.
    """
    vouchers: defaultdict[tuple[date, int], list[VoucherKey]] = defaultdict(list)
    for key, posting in free.items():
        for amount_ore in posting.others_ore:
            vouchers[posting.date, amount_ore].append(key)
    alike: defaultdict[tuple[date, int], list[int]] = defaultdict(list)
    for place, payment in enumerate(payments):
        if payment.booked:
            alike[payment.date, payment.amount_ore].append(place)
    found: dict[int, VoucherKey] = {}
    for date_and_amount, places in alike.items():
        candidates = vouchers.get(date_and_amount, [])
        first = free[candidates[0]].claims_ore if candidates else None
        if len(candidates) == len(places) and all(free[key].claims_ore == first for key in candidates):
            found |= dict(zip(places, candidates, strict=True))
    uses = Counter(found.values())
    return {place: key for place, key in found.items() if uses[key] == 1}


def _linked(item: ListedPayment, voucher: VoucherKey, posting: Posting) -> Payment | None:
    """Return the payment with its voucher, None when what it settles does not follow from that.

    In SEK the claim's row holds the write-offs too, unless they never reached the ledger.
    """
    payment, claim_ore = item.payment, -sum(posting.claims_ore.values())
    if item.in_sek and item.has_write_offs is not False and claim_ore != payment.amount_ore:
        return replace(payment, voucher=voucher, settled_minor=claim_ore)
    if item.has_write_offs is False or (item.in_sek and item.has_write_offs is None):
        return replace(payment, voucher=voucher) if item.minor_is_exact else None
    return None


def _says_enough(item: ListedPayment, ledger: Ledger) -> bool:
    """Say whether the payment lies outside the imported years, and the list tells all that is asked for of such a one.

    Of a payment after those years, and of one whose document was settled before them, nothing is asked for.
    """
    day = item.payment.date
    if day < ledger.first_day:
        return item.is_past or (item.minor_is_exact and item.has_write_offs is False)
    return day > ledger.last_day
