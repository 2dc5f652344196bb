"""Proposals for closing entries that leave the schedule as it is (pure): closing rates, and signs that have flipped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from services.scheduler.accounts import SIGN, Kind
from services.scheduler.currencies import is_known
from services.scheduler.subledger import SEK, sek_ore
from shared.schedules.content import BridgeLine, EntryRow, Fault, Item, Reclassification, Revaluation

Rates = Mapping[str, tuple[Decimal, int]]
"""SEK per so many units, by currency: {"EUR": (Decimal("10.90"), 1)}."""

GAIN_ACCOUNT: Final = "3960"
LOSS_ACCOUNT: Final = "7960"
"""BAS: exchange gains and losses on claims and debts of the operations."""

Booked = tuple[str, int]
"""The text of a voucher and what it put on the accounts, in öre."""

ADVANCES: Final[dict[Kind, str]] = {"receivables": "2420", "payables": "1480"}
"""BAS: Förskott från kunder, Förskott till leverantörer."""


def revaluations(
    kind: Kind, account: str, items: Iterable[Item], earlier: Sequence[Booked], rates: Rates, balance_date: date
) -> list[Revaluation]:
    """Return the open items of each foreign currency at the closing rate (K2 ch. 13, K3 30.3), by currency.

    What is booked is the items in SEK and what `earlier` revaluations have left on the accounts, so that a revaluation
    that was booked is not proposed again. The change goes to or from `account`.
    """
    open_minor: defaultdict[str, int] = defaultdict(int)
    booked_ore: defaultdict[str, int] = defaultdict(int)
    for item in items:
        if item.currency != SEK:
            open_minor[item.currency] += item.open_minor
            booked_ore[item.currency] += item.open_ore
    currencies = sorted(currency for currency in open_minor if open_minor[currency] or booked_ore[currency])
    change_ore = {
        currency: sek_ore(open_minor[currency], *rates[currency]) - booked_ore[currency]
        for currency in currencies
        if currency in rates
    }
    earlier_ore = _shared_out(change_ore, earlier)
    return [
        _revaluation(
            kind,
            account,
            currency,
            open_minor[currency],
            booked_ore[currency] + earlier_ore.get(currency, 0),
            rates.get(currency),
            balance_date,
        )
        for currency in currencies
    ]


def usable(rates: Rates) -> tuple[Rates, list[Fault]]:
    """Return the closing rates that can be reckoned with, and the others as faults: nothing given is ignored silently."""
    good = {
        currency: closing for currency, closing in rates.items() if currency != SEK and is_known(currency, *closing)
    }
    faults = [
        Fault(currency, "unknown-currency", f"closing rate · currency {currency!r} at the rate {rate} per {unit}")
        for currency, (rate, unit) in sorted(rates.items())
        if currency not in good
    ]
    return good, faults


def not_revalued(revalued: Iterable[Revaluation], items: Iterable[Item]) -> list[BridgeLine]:
    """Return a remark with the items of currencies of which no usable closing rate was given, if there are any."""
    without = {each.currency for each in revalued if each.rate is None}
    named = [item for item in items if item.currency in without and (item.open_minor or item.open_ore)]
    if not named:
        return []
    days = [item.accounting_date or item.invoice_date for item in named]
    numbers = tuple(item.document_number for item in named)
    note = f"no closing rate was given for {', '.join(sorted(without))}: not revalued"
    return [BridgeLine("D09", 0, numbers, (), min(days), max(days), note)]


def reclassifications(kind: Kind, account: str, items: Iterable[Item]) -> list[Reclassification]:
    """Return the counterparties whose items are in sum on the wrong side: customers' credit, suppliers' debit balances.

    They belong under advances; the schedule goes on showing them.
    """
    by_party: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.open_ore:
            by_party[item.counterparty_number].append(item)
    return [
        _reclassification(kind, account, party)
        for _, party in sorted(by_party.items(), key=lambda entry: (len(entry[0]), entry[0]))
        if sum(item.open_ore for item in party) < 0
    ]


def _shared_out(change_ore: Mapping[str, int], earlier: Sequence[Booked]) -> dict[str, int]:
    """Return what earlier revaluations have booked for each currency.

    A voucher whose text names one currency is about that one. Of the others nobody knows: when they are all that is
    left to be booked, each currency has its own, else the largest change in their direction is served first.
    """
    booked_ore = dict.fromkeys(change_ore, 0)
    rest_ore = 0
    for text, ore in earlier:
        named = booked_ore.keys() & text.upper().replace(",", " ").split()
        if len(named) == 1:
            booked_ore[named.pop()] += ore
        else:
            rest_ore += ore
    left_ore = {currency: ore - booked_ore[currency] for currency, ore in change_ore.items()}
    if rest_ore and rest_ore == sum(left_ore.values()):
        return dict(change_ore)
    by_size = sorted(left_ore, key=lambda currency: (-abs(left_ore[currency]), currency))
    for currency in by_size:
        taken_ore = max(left_ore[currency], rest_ore) if rest_ore < 0 else min(left_ore[currency], rest_ore)
        if taken_ore * rest_ore > 0:
            booked_ore[currency] += taken_ore
            rest_ore -= taken_ore
    if by_size:
        booked_ore[by_size[0]] += rest_ore
    return booked_ore


def _revaluation(
    kind: Kind,
    account: str,
    currency: str,
    open_minor: int,
    booked_ore: int,
    closing: tuple[Decimal, int] | None,
    balance_date: date,
) -> Revaluation:
    if closing is None:
        return Revaluation(currency, open_minor, booked_ore, None, 1, booked_ore, 0)
    rate, unit = closing
    revalued_ore = sek_ore(open_minor, rate, unit)
    change_ore = revalued_ore - booked_ore
    entry: tuple[EntryRow, ...] = ()
    if change_ore:
        debit_ore = SIGN[kind] * change_ore
        entry = (EntryRow(account, debit_ore), EntryRow(GAIN_ACCOUNT if debit_ore > 0 else LOSS_ACCOUNT, -debit_ore))
    reversal_date = _next_period(balance_date) if entry else None
    return Revaluation(currency, open_minor, booked_ore, rate, unit, revalued_ore, change_ore, entry, reversal_date)


def _next_period(day: date) -> date:
    """Return the first day of the month after."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _reclassification(kind: Kind, account: str, party: Sequence[Item]) -> Reclassification:
    return Reclassification(
        counterparty_number=party[0].counterparty_number,
        counterparty_name=party[0].counterparty_name,
        amount_ore=-sum(item.open_ore for item in party),
        from_account=account,
        to_account=ADVANCES[kind],
        documents=tuple(item.document_number for item in party),
    )
