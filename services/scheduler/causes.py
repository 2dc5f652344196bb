"""The cause of what a voucher does on the accounts beside the schedule (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.scheduler.subledger import SEK, Document, Payment, payment_label
from services.scheduler.vouchers import Ledger, Posting

SMALL_ORE: Final = 10_00
"""Up to this much a rest is called rounding."""

CURRENCY_ACCOUNTS: Final = ("396", "796", "833", "843")
"""BAS: exchange gains and losses on claims and debts of the operations, and on long-term ones."""

ROUNDING_ACCOUNTS: Final = ("374",)
"""BAS 3740, öres- och kronutjämning."""

OF_ANOTHER: Final = frozenset({"1512", "1513"})
"""BAS: claims that another owes than the customer, the factor or Skatteverket (ROT and RUT)."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One part of schedule less ledger in öre, with its code."""

    code: str
    ore: int
    documents: tuple[str, ...] = ()
    note: str = ""


def beside(posting: Posting, ledger: Ledger, gap_ore: int, *, cash: bool) -> Iterator[Cause]:
    """Explain a voucher that no document and no payment names; `gap_ore` is less what it put on the accounts.

    What it moved to or from other accounts of claims is told apart. `cash` says that it may be the booking of unpaid
    documents at the year-end.
    """
    elsewhere = posting.claims_ore.keys() - ledger.accounts
    elsewhere_ore = sum(posting.claims_ore[account] for account in elsewhere)
    moved_ore = 0
    if elsewhere_ore * gap_ore > 0:
        moved_ore = min(gap_ore, elsewhere_ore) if gap_ore > 0 else max(gap_ore, elsewhere_ore)
        code = "D12" if elsewhere & OF_ANOTHER else "D07"
        yield Cause(code, moved_ore, note=_note(posting, f"moved to or from {', '.join(sorted(elsewhere))}"))
    rest_ore = gap_ore - moved_ore
    if rest_ore:
        yield Cause(_code_beside(posting, rest_ore, cash=cash), rest_ore, note=_note(posting, ""))


def of_documents(about: Sequence[Document | Payment], gap_ore: int) -> Cause:
    """Explain a voucher that holds another amount than the schedule has from the documents and payments naming it."""
    documents = tuple(sorted({_label(each) for each in about}, key=lambda label: (len(label), label)))
    if any(isinstance(each, Document) and each.cancelled for each in about):
        return Cause("D14", gap_ore, documents, "cancelled, and its voucher is still in the ledger")
    for each in about:
        if not each.booked:
            code = "D02" if isinstance(each, Document) else "D03"
            return Cause(code, gap_ore, documents, "not booked, and its voucher is in the ledger")
    if any(isinstance(each, Document) and each.currency != SEK for each in about):
        return Cause("D09", gap_ore, documents, "several documents in one voucher, at other rates")
    code = "D10" if abs(gap_ore) <= SMALL_ORE else "D06"
    return Cause(code, gap_ore, documents, "the voucher holds another amount than its documents")


def _code_beside(posting: Posting, ore: int, *, cash: bool) -> str:
    if posting.claims_ore.keys() & OF_ANOTHER:
        return "D12"
    if _all_on(posting, CURRENCY_ACCOUNTS):
        return "D09"
    if _all_on(posting, ROUNDING_ACCOUNTS) and abs(ore) <= SMALL_ORE:
        return "D10"
    return "D11" if cash else "D01"


def _all_on(posting: Posting, prefixes: tuple[str, ...]) -> bool:
    accounts = posting.counter_accounts
    return bool(accounts) and all(account.startswith(prefixes) for account in accounts)


def _note(posting: Posting, what: str) -> str:
    parts = [what, posting.text, "exported from here" if posting.ours else ""]
    return " · ".join(part for part in parts if part)


def _label(each: Document | Payment) -> str:
    return each.number if isinstance(each, Document) else payment_label(each.number, each.document_number)
