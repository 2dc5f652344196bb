"""What lists and ledger tell together (pure), so that few documents have to be read one by one.

A list of payments names no voucher and a list of invoices does not say which invoice a credit note credits. But the
voucher of a payment has its date and a row of its amount, and what a paid invoice's payments leave unpaid is what was
credited. Where that leads to exactly one answer it is taken; everything else is left to be read. Nothing concluded
here is remembered: the next reading concludes anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.scheduler.open_items import Document, Ledger, Payment, Posting, VoucherKey

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
    found = _vouchers_of([item.payment for item in listed if item.payment.booked], free)
    dates = _dates_by_amount(free)
    known: list[Payment] = []
    to_read: list[ListedPayment] = []
    for item in listed:
        payment, voucher = item.payment, found.get(item.payment.number)
        linked = _linked(item, voucher, free[voucher]) if voucher is not None else None
        if linked is not None:
            known.append(linked)
        elif not payment.booked or _says_enough(item, ledger, dates[payment.amount_ore]):
            known.append(payment)
        else:
            to_read.append(item)
    return known, to_read


def pair_credit_notes(documents: Sequence[Document], payments: Iterable[Payment]) -> tuple[dict[str, str], list[str]]:
    """Return the invoice of each credit note that was used up, by number, and the credit notes that have to be read."""
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


def _vouchers_of(payments: Iterable[Payment], free: Mapping[VoucherKey, Posting]) -> dict[str, VoucherKey]:
    """Find the voucher of a payment by date and amount; several alike do when all did the same to the claims."""
    vouchers: defaultdict[tuple[date, int], list[VoucherKey]] = defaultdict(list)
    for key, posting in free.items():
        for amount_ore in posting.others_ore:
            vouchers[posting.date, amount_ore].append(key)
    alike: defaultdict[tuple[date, int], list[str]] = defaultdict(list)
    for payment in payments:
        alike[payment.date, payment.amount_ore].append(payment.number)
    found: dict[str, VoucherKey] = {}
    for place, numbers in alike.items():
        candidates = vouchers.get(place, [])
        first = free[candidates[0]].claims_ore if candidates else None
        if len(candidates) == len(numbers) and all(free[key].claims_ore == first for key in candidates):
            found |= dict(zip(numbers, candidates, strict=True))
    uses = Counter(found.values())
    return {number: key for number, key in found.items() if uses[key] == 1}


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


def _dates_by_amount(free: Mapping[VoucherKey, Posting]) -> defaultdict[int, list[date]]:
    dates: defaultdict[int, list[date]] = defaultdict(list)
    for posting in free.values():
        for amount_ore in posting.others_ore:
            dates[amount_ore].append(posting.date)
    return dates


def _says_enough(item: ListedPayment, ledger: Ledger, dates: Iterable[date]) -> bool:
    """Say whether the payment's voucher lies outside the imported years, and the list tells all that is asked for.

    Of a payment after those years nothing is. `dates` are those of the vouchers that could be the payment's.
    """
    payment = item.payment
    if ledger.first_day <= payment.date <= ledger.last_day:
        return False
    if any(abs(day - payment.date) <= MARGIN for day in dates):
        return False
    return payment.date > ledger.last_day or (item.minor_is_exact and item.has_write_offs is False)
