"""What is in neither sum or in both, and still worth telling beside a bridge (pure): lines of 0."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Final

from services.scheduler.causes import OF_ANOTHER, SMALL_ORE
from services.scheduler.reckoning import Reckoning
from services.scheduler.subledger import SEK, Document, Payment, in_sek, payment_label
from services.scheduler.vouchers import Ledger
from shared.schedules.content import BridgeLine

SEEN_LATER: Final = "D14 seen"
"""A cancellation of which only the day is known on which it was first seen; the cause is D14."""

NOTES: Final = {
    "D02": "not booked: in neither sum",
    "D03": "payment not booked: in neither sum",
    "D04": "the document's date and its voucher's are on different sides of the balance date",
    "D05": "the payment's date and its voucher's are on different sides of the balance date",
    "D06": "the voucher holds another amount than the document; the voucher counts",
    "D07": "booked on a neighbouring account, which belongs to the schedule",
    "D08": "credit note not matched at the balance date",
    "D09": "the payment's voucher has left an exchange difference on the account",
    "D10": "a write-off is not in the ledger; the voucher counts",
    "D12": "a part is owed by another than the counterparty",
    "D14": "cancelled after the balance date: at it the document still counts",
    SEEN_LATER: "first seen cancelled after the balance date: at it the document still counts",
}


def remarks(reckoning: Reckoning, ledger: Ledger, balance_date: date) -> list[BridgeLine]:
    """Return one line a cause with the documents to be told of; payments are named "payment 17 of 101"."""
    told: defaultdict[str, dict[str, date]] = defaultdict(dict)
    in_scope = {position.document.number for position in reckoning.positions if position.in_scope}
    for number, cancellation in reckoning.cancelled_after.items():
        if number in in_scope:
            told[SEEN_LATER if cancellation.seen else "D14"][number] = cancellation.day
    for document in reckoning.subledger.documents:
        for code, day in _of_document(document, reckoning, ledger, balance_date):
            told[code].setdefault(document.number, day)
    documents = {document.number: document for document in reckoning.subledger.documents}
    for payment in reckoning.subledger.payments:
        paid = documents.get(payment.document_number)
        if paid is not None and not paid.cancelled:
            for code, day in _of_payment(payment, paid, reckoning, ledger, balance_date):
                told[code].setdefault(payment_label(payment.number, payment.document_number), day)
    for position in reckoning.positions:
        if position.document.total_minor < 0 and position.in_scope and (position.open_ore or position.open_minor):
            told["D08"][position.document.number] = position.counts_from or position.document.invoice_date
    return [_line(code, days) for code, days in told.items()]


def _line(code: str, days: dict[str, date]) -> BridgeLine:
    numbers = tuple(sorted(days, key=lambda number: (len(number), number)))
    return BridgeLine(code.split(maxsplit=1)[0], 0, numbers, (), min(days.values()), max(days.values()), NOTES[code])


def _of_document(
    document: Document, reckoning: Reckoning, ledger: Ledger, balance_date: date
) -> Iterator[tuple[str, date]]:
    if document.cancelled or reckoning.cash:
        return
    own_date = document.invoice_date
    if not document.booked:
        if own_date <= balance_date:
            yield "D02", own_date
        return
    day = ledger.accounting_date(document.voucher, own_date)
    if (own_date <= balance_date) != (day <= balance_date):
        yield "D04", day
    if document.voucher is None or document.voucher not in ledger.postings or day > balance_date:
        return
    posting = ledger.postings[document.voucher]
    neighbours = posting.claims_ore.keys() - {ledger.predefined}
    if neighbours:
        yield ("D12" if neighbours & OF_ANOTHER else "D07"), day
    if reckoning.uses[document.voucher] == 1:
        gap_ore = reckoning.amounts_ore[document.voucher] - in_sek(document, document.total_minor)
        if gap_ore and (document.currency == SEK or abs(gap_ore) > SMALL_ORE):
            yield "D06", day


def _of_payment(
    payment: Payment, paid: Document, reckoning: Reckoning, ledger: Ledger, balance_date: date
) -> Iterator[tuple[str, date]]:
    if not payment.booked:
        if payment.date <= balance_date:
            yield "D03", payment.date
        return
    day = ledger.accounting_date(payment.voucher, payment.date)
    if (payment.date <= balance_date) != (day <= balance_date):
        yield "D05", day
    voucher = payment.voucher
    if voucher is None or voucher not in ledger.postings or day > balance_date or reckoning.uses[voucher] != 1:
        return
    gap_ore = reckoning.amounts_ore[voucher] + in_sek(paid, payment.settled_minor)
    if gap_ore and paid.currency == SEK:
        yield ("D10" if abs(gap_ore) <= SMALL_ORE else "D06"), day
    elif abs(gap_ore) > SMALL_ORE:
        yield "D09", day
