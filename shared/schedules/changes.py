"""What a later reading says otherwise than a schedule, figure by figure (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shared.schedules.content import BUCKETS, CAUSES, AccountBalance, Bridge, BridgeLine, Fault, Item, Schedule


@dataclass(frozen=True)
class Amounts:
    """One figure in both readings."""

    before_ore: int
    after_ore: int

    @property
    def change_ore(self) -> int:
        return self.after_ore - self.before_ore


@dataclass(frozen=True)
class AccountChange(Amounts):
    """The ledger balance of one account; 0 where the account is not of the schedule."""

    number: str
    name: str


@dataclass(frozen=True)
class ItemChange(Amounts):
    """What is open on one document; 0 where it is not listed.

    `touched` are the figures of the schedule that the change moves: total, and the buckets of the ageing. It is empty
    when only other facts about the document differ, its due date say within the same bucket.
    """

    document_number: str
    counterparty_number: str
    counterparty_name: str
    touched: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """Two readings of the same balance date; only buckets, causes, accounts and items that differ are named.

    `bridge` is by cause: a cause whose documents or vouchers differ is named also when its amount does not. `faults`
    are those that only the later reading has.
    """

    total: Amounts
    ledger: Amounts
    difference: Amounts
    ageing: Mapping[str, Amounts]
    bridge: Mapping[str, Amounts]
    accounts: tuple[AccountChange, ...]
    items: tuple[ItemChange, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class KnownNow:
    """The newest reading beside a signed schedule: which one it is, and what it says otherwise; `known_at` in UTC."""

    id: UUID
    version: int
    known_at: datetime
    changes: Changes


def known_now(signed: Schedule, newest: Schedule) -> KnownNow:
    return KnownNow(newest.id, newest.version, newest.known_at, changes(signed, newest))


def changes(before: Schedule, after: Schedule) -> Changes:
    """Return what `after` says otherwise than `before`; what was paid after the balance date is no change (P14)."""
    known = set(before.faults)
    return Changes(
        total=Amounts(before.total_ore, after.total_ore),
        ledger=Amounts(before.ledger_ore, after.ledger_ore),
        difference=Amounts(before.difference_ore, after.difference_ore),
        ageing={
            bucket: Amounts(before.ageing[bucket], after.ageing[bucket])
            for bucket in BUCKETS
            if before.ageing[bucket] != after.ageing[bucket]
        },
        bridge=dict(_causes(before.bridge, after.bridge)),
        accounts=tuple(_accounts(before.accounts, after.accounts)),
        items=tuple(_items(before.items, after.items)),
        faults=tuple(fault for fault in after.faults if fault not in known),
    )


def _causes(before: Bridge, after: Bridge) -> Iterator[tuple[str, Amounts]]:
    """Compare the lines with amounts; the others are remarks, which what happens later may change."""
    first, then = _by_cause(before), _by_cause(after)
    for code in CAUSES:
        if first[code] != then[code]:
            yield code, Amounts(*(sum(line.amount_ore for line in lines[code]) for lines in (first, then)))


def _by_cause(bridge: Bridge) -> defaultdict[str, list[BridgeLine]]:
    by_cause: defaultdict[str, list[BridgeLine]] = defaultdict(list)
    for line in bridge.lines:
        if line.amount_ore:
            by_cause[line.code].append(line)
    return by_cause


def _accounts(before: Iterable[AccountBalance], after: Iterable[AccountBalance]) -> Iterator[AccountChange]:
    first = {account.number: account for account in before}
    then = {account.number: account for account in after}
    for number in sorted(first.keys() | then.keys()):
        here, there = first.get(number), then.get(number)
        if here is None or there is None or here.balance_ore != there.balance_ore:
            name = there.name if there else here.name if here else ""
            before_ore, after_ore = (here.balance_ore if here else 0), (there.balance_ore if there else 0)
            yield AccountChange(before_ore, after_ore, number, name)


def _items(before: Iterable[Item], after: Iterable[Item]) -> Iterator[ItemChange]:
    """Compare by number; documents that share one are compared together."""
    first, then = _by_number(before), _by_number(after)
    for number in sorted(first.keys() | then.keys(), key=lambda number: (len(number), number)):
        here, there = first[number], then[number]
        if [_judged(item) for item in here] != [_judged(item) for item in there]:
            shown = (there or here)[0]
            before_ore, after_ore = (sum(item.open_ore for item in items) for items in (here, there))
            yield ItemChange(
                before_ore,
                after_ore,
                number,
                shown.counterparty_number,
                shown.counterparty_name,
                tuple(_touched(here, there)),
            )


def _touched(before: Iterable[Item], after: Iterable[Item]) -> Iterator[str]:
    moved_ore: defaultdict[str, int] = defaultdict(int)
    for sign, items in ((-1, before), (1, after)):
        for item in items:
            moved_ore[item.bucket] += sign * item.open_ore
    if sum(moved_ore.values()):
        yield "total"
    yield from (f"ageing.{bucket}" for bucket in BUCKETS if moved_ore[bucket])


def _by_number(items: Iterable[Item]) -> defaultdict[str, list[Item]]:
    by_number: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_number[item.document_number].append(item)
    return by_number


def _judged(item: Item) -> Item:
    """Return the item without what was paid after the balance date, and without a name that may change."""
    return replace(item, counterparty_name="", paid_after_ore=0, paid_after_on=None)
