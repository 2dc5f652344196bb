"""Makes the figures of a schedule out of both sides (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.scheduler.accounts import Kind
from services.scheduler.ageing import ageing
from services.scheduler.bridge import bridge_of, gaps_between
from services.scheduler.open_items import items_of
from services.scheduler.reckoning import reckon
from services.scheduler.remarks import remarks
from services.scheduler.revaluation import Rates, not_revalued, reclassifications, revaluations, usable
from services.scheduler.subledger import Subledger
from services.scheduler.vouchers import Ledger
from shared.schedules.content import Bridge, Fault, Item, Reclassification, Revaluation


@dataclass(frozen=True)
class Figures:
    """All of a schedule that follows from sub-ledger and ledger; names as in `shared.schedules.content.Schedule`.

    `balances_ore` is the ledger balance by account.
    """

    items: tuple[Item, ...]
    ageing: Mapping[str, int]
    total_ore: int
    balances_ore: Mapping[str, int]
    ledger_ore: int
    difference_ore: int
    bridge: Bridge
    revaluations: tuple[Revaluation, ...]
    reclassifications: tuple[Reclassification, ...]
    faults: tuple[Fault, ...]

    @property
    def complete(self) -> bool:
        return not self.faults


def compute(
    kind: Kind, subledger: Subledger, ledger: Ledger, balance_date: date, rates: Rates | None = None
) -> Figures:
    """Return the figures of a schedule at the end of the balance date.

    `ledger.accounts` are those of the schedule, the predefined one first. `rates` are the closing rates by currency;
    a currency without one is listed and remarked on, and nothing is proposed for it.
    """
    reckoning = reckon(subledger, ledger, balance_date)
    items = items_of(reckoning, ledger, balance_date)
    balances_ore = ledger.balances_ore(balance_date)
    total_ore, ledger_ore = reckoning.total_ore, sum(balances_ore.values())
    gaps = gaps_between(reckoning, ledger, balance_date, total_ore - ledger_ore)
    closing_rates, bad_rates = usable(rates or {})
    earlier = [(gap.note, -gap.ore) for gap in gaps if gap.code == "D09" and not gap.documents]
    account = ledger.predefined
    revalued = revaluations(kind, account, items, earlier, closing_rates, balance_date)
    told = [*remarks(reckoning, ledger, balance_date), *not_revalued(revalued, items)]
    return Figures(
        items=tuple(items),
        ageing=ageing(items),
        total_ore=total_ore,
        balances_ore=balances_ore,
        ledger_ore=ledger_ore,
        difference_ore=total_ore - ledger_ore,
        bridge=bridge_of(gaps, told),
        revaluations=tuple(revalued),
        reclassifications=tuple(reclassifications(kind, account, items)),
        faults=(*reckoning.faults, *bad_rates),
    )
