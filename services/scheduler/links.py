"""What lists and ledger tell together (pure), so that few documents have to be read one by one.

A list of payments names no voucher and a list of invoices does not say which invoice a credit note credits. But the
voucher of a payment has its date and a row of its amount, and what a paid invoice's payments leave unpaid is what was
credited. Where that leads to exactly one answer it is taken; everything else is left to be read. Nothing concluded
here is remembered: the next reading concludes anew.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.scheduler.subledger import Document, Payment
from services.scheduler.vouchers import Ledger, Posting, VoucherKey

# A voucher further away from its payment's date than this is not looked for.
MARGIN = timedelta(days=31)


@dataclass(frozen=True)
class ListedPayment:
    """A payment as listed: without voucher, and without what was written off.

    `minor_is_exact` says whether the amount in the document's currency follows from the one in SEK; `has_write_offs`
    is None where the list does not tell.
    """

    payment: Payment
    in_sek: bool
    minor_is_exact: bool
    has_write_offs: bool | None


def link_payments(
    listed: Sequence[ListedPayment], ledger: Ledger, taken: Collection[VoucherKey | None]
) -> tuple[list[Payment], list[ListedPayment]]:
    """Return the payments whose voucher was found or does not matter, and those that have to be read.

    `taken` are the vouchers that are known to belong to something else.
    """
    free = {key: posting for key, posting in ledger.postings.items() if key not in taken}
    dates = _Days((posting.date, amount_ore) for posting in free.values() for amount_ore in posting.others_ore)
    found = _vouchers_of([item.payment for item in listed], free, dates)
    known: list[Payment] = []
    to_read: list[ListedPayment] = []
    for place, item in enumerate(listed):
        payment, voucher = item.payment, found.get(place)
        linked = _linked(item, voucher, free[voucher]) if voucher is not None else None
        if linked is not None:
            known.append(linked)
        elif not payment.booked or _says_enough(item, ledger, dates):
            known.append(payment)
        else:
            to_read.append(item)
    return known, to_read


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


class _Days:
    """The days on which there is an amount, in order, as ordinals: no margin around them is out of range."""

    def __init__(self, days_and_amounts: Iterable[tuple[date, int]]) -> None:
        self._by_amount: defaultdict[int, list[int]] = defaultdict(list)
        for day, amount_ore in days_and_amounts:
            self._by_amount[amount_ore].append(day.toordinal())
        for days in self._by_amount.values():
            days.sort()

    def near(self, day: date, amount_ore: int) -> int:
        """Count how often there is the amount within the margin of a day."""
        days, middle = self._by_amount.get(amount_ore, []), day.toordinal()
        return bisect_right(days, middle + MARGIN.days) - bisect_left(days, middle - MARGIN.days)


def _vouchers_of(
    payments: Sequence[Payment], free: Mapping[VoucherKey, Posting], dates: _Days
) -> dict[int, VoucherKey]:
    """Find the vouchers of booked payments, by their places, from date and amount.

    Several alike do when all did the same to the claims. A payment may be booked on another day than its own, and a
    stranger's voucher stand there: so around that day there have to be as many vouchers of the amount as payments.
    """
    vouchers: defaultdict[tuple[date, int], list[VoucherKey]] = defaultdict(list)
    for key, posting in free.items():
        for amount_ore in posting.others_ore:
            vouchers[posting.date, amount_ore].append(key)
    alike: defaultdict[tuple[date, int], list[int]] = defaultdict(list)
    for place, payment in enumerate(payments):
        if payment.booked:
            alike[payment.date, payment.amount_ore].append(place)
    paid = _Days((payment.date, payment.amount_ore) for payment in payments if payment.booked)
    found: dict[int, VoucherKey] = {}
    for date_and_amount, places in alike.items():
        if dates.near(*date_and_amount) != paid.near(*date_and_amount):
            continue
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


def _says_enough(item: ListedPayment, ledger: Ledger, dates: _Days) -> bool:
    """Say whether the payment's voucher lies outside the imported years, and the list tells all that is asked for.

    Of a payment after those years nothing is. `dates` are those of the vouchers that could be a payment's.
    """
    payment = item.payment
    if ledger.first_day <= payment.date <= ledger.last_day:
        return False
    if dates.near(payment.date, payment.amount_ore):
        return False
    return payment.date > ledger.last_day or (item.minor_is_exact and item.has_write_offs is False)
