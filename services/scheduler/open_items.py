"""What was open at a balance date (pure): dated facts in, items out. All amounts in öre or hundredths."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from services.scheduler.ageing import bucket_of
from services.scheduler.positions import Position
from services.scheduler.reckoning import Reckoning, reckon
from services.scheduler.subledger import SEK, Document, Subledger
from services.scheduler.vouchers import Ledger
from shared.schedules.content import Fault, Item

UNREADABLE = "unreadable"
FLAG_OF_ACCOUNT: Final = {"1512": "factoring", "1513": "rot_rut"}
"""BAS accounts of claims that another owes than the customer: the factor, or Skatteverket."""


def hit_accounts(documents: Iterable[Document], ledger: Ledger, balance_date: date) -> set[str]:
    """Return the accounts of claims on which documents were booked up to the balance date."""
    vouchers = (key for document in documents for key in (document.voucher, *document.further_vouchers))
    postings = (ledger.postings.get(key) for key in vouchers if key is not None)
    return {
        account for posting in postings if posting and posting.date <= balance_date for account in posting.claims_ore
    }


def open_items(subledger: Subledger, ledger: Ledger, balance_date: date) -> tuple[list[Item], list[Fault]]:
    """Return the items open at the end of the balance date, by date and number, and what could not be judged."""
    reckoning = reckon(subledger, ledger, balance_date)
    return items_of(reckoning, ledger, balance_date), reckoning.faults


def items_of(reckoning: Reckoning, ledger: Ledger, balance_date: date) -> list[Item]:
    """Return the items of a reckoning, by date and number; what is settled is left out.

    A document that was not booked by the balance date is listed with nothing open: it is in no ledger, and the reader
    has to know of it. That it was booked afterwards changes nothing.
    """
    parted = _parted(reckoning.subledger.documents, ledger, balance_date)
    items = [
        _item(position, balance_date, parted)
        for position in reckoning.positions
        if position.open_ore
        or position.open_minor
        or (not position.in_scope and position.document.invoice_date <= balance_date)
    ]
    return sorted(items, key=_place)


def _place(item: Item) -> tuple[date, int, str, int, int]:
    return item.invoice_date, len(item.document_number), item.document_number, item.billed_ore, item.open_ore


def _parted(documents: Iterable[Document], ledger: Ledger, balance_date: date) -> Mapping[str, Collection[str]]:
    """Return the documents whose voucher has put a part on an account of another debtor, with those accounts."""
    vouchers = {
        key: hit
        for key, posting in ledger.postings.items()
        if (hit := posting.claims_ore.keys() & FLAG_OF_ACCOUNT.keys()) and posting.date <= balance_date
    }
    return {d.number: vouchers[d.voucher] for d in documents if d.voucher in vouchers} if vouchers else {}


def _flags(position: Position, parted: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    document = position.document
    flags = list(dict.fromkeys(position.flags))
    if not position.in_scope:
        flags = ["unbooked"]
        if position.settled_ore or position.credited_ore:
            flags.append("prepayment")
    elif document.total_minor > 0 and position.open_minor < 0:
        flags.append("overpaid")
    if position.open_ore and not position.open_minor:
        flags.append("paid_in_full")
    if document.total_minor < 0:
        flags.append("credit_note")
    if document.currency != SEK:
        flags.append("currency")
    flags += [FLAG_OF_ACCOUNT[account] for account in sorted(parted.get(document.number, ()))]
    return tuple(flags)


def _item(position: Position, balance_date: date, parted: Mapping[str, Collection[str]]) -> Item:
    document, flags = position.document, _flags(position, parted)
    days = (balance_date - document.due_date).days if document.due_date else None
    return Item(
        document_number=document.number,
        external_number=document.external_number,
        counterparty_number=document.counterparty_number,
        counterparty_name=document.counterparty_name,
        invoice_date=document.invoice_date,
        accounting_date=position.counts_from if position.in_scope and "cash_method" not in flags else None,
        due_date=document.due_date,
        currency=document.currency,
        rate=document.rate if document.rate > 0 else None,
        unit=document.unit,
        billed_ore=position.billed_ore if position.in_scope else 0,
        settled_ore=position.settled_ore,
        credited_ore=position.credited_ore,
        open_ore=position.open_ore,
        open_minor=position.open_minor,
        days_past_due=days,
        bucket=bucket_of(days),
        paid_after_ore=position.after_ore,
        paid_after_on=position.after_on,
        flags=flags,
    )
