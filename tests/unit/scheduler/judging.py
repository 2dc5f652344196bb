"""Beside the truth about a generated company: what its schedules have to say at a day, and what must not move them."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from services.sandbox.spec import CompanySpec
from services.sandbox.truth import Truth
from services.scheduler.accounts import Kind
from services.scheduler.compute import Figures, compute
from services.scheduler.vouchers import Posting
from shared.schedules.content import Bridge
from tests.unit.scheduler.companies import Books, known_by

RATES = {"EUR": (Decimal("10.90"), 1), "USD": (Decimal("9.95"), 1)}
LATER_DAYS = (0, 1, 10, 45)


def days_of(spec: CompanySpec, count: int) -> list[date]:
    """Each year-end with the days around it, and some days more."""
    rng = random.Random(spec.seed)
    first, last = spec.years[0][0], spec.last_day
    ends = [end + timedelta(days=days) for _, end in spec.years for days in (-1, 0, 1, 5)]
    others = [first + timedelta(days=rng.randrange((last - first).days + 1)) for _ in range(count)]
    return [day for day in (*ends, first, *others) if first <= day <= last]


def by_cause(bridge: Bridge) -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for line in bridge.lines:
        sums[line.code] += line.amount_ore
    return {code: ore for code, ore in sorted(sums.items()) if ore}


def in_the_truth(truth: Truth, kind: Kind, day: date) -> dict[str, int]:
    """The truth knows one account, and the schedule has the neighbour that invoices were booked on as well (D07)."""
    return {code: ore for code, ore in truth.differences(kind, day, "vouchers").items() if code != "D07"}


def counted(figures: Figures) -> dict[str, tuple[str, int, int, str, date | None]]:
    return {
        item.document_number: (item.counterparty_number, item.open_ore, item.open_minor, item.currency, item.due_date)
        for item in figures.items
        if "unbooked" not in item.flags
    }


def true_items(truth: Truth, kind: Kind, day: date) -> dict[str, tuple[str, int, int, str, date | None]]:
    return {
        str(item.number): (item.counterparty, item.open_ore, item.open_minor, item.currency, item.due_date)
        for item in truth.open_items(kind, day, "vouchers")
    }


def differs(figures: Figures, truth: Truth, kind: Kind, day: date) -> list[str]:
    """Say in what the figures are not what the truth says; nothing, if they are right."""
    found, true = counted(figures), true_items(truth, kind, day)
    pairs = {
        "total": (figures.total_ore, truth.schedule_total(kind, day, "vouchers")),
        "ageing": (sum(figures.ageing.values()), figures.total_ore),
        "difference": (figures.difference_ore, figures.total_ore - figures.ledger_ore),
        "bridge": (sum(line.amount_ore for line in figures.bridge.lines), figures.difference_ore),
        "causes": (by_cause(figures.bridge), in_the_truth(truth, kind, day)),
        "faults": (figures.faults, ()),
    }
    pairs |= {f"item {number}": (found.get(number), true.get(number)) for number in found.keys() | true.keys()}
    return [f"{kind} {day} {name}: {is_} not {should}" for name, (is_, should) in pairs.items() if is_ != should]


def of_the_past(books: Books, day: date) -> Figures:
    """The figures of a day without what may move: what was paid afterwards, and the remarks."""
    figures = compute(books.kind, books.subledger, books.on(day), day, RATES)
    items = tuple(replace(item, paid_after_ore=0, paid_after_on=None) for item in figures.items)
    lines = tuple(line for line in figures.bridge.lines if line.amount_ore)
    return replace(figures, items=items, bridge=replace(figures.bridge, lines=lines))


def moves(books: Books, day: date) -> list[str]:
    """Say on which later days the same past was known otherwise than it is now: on none, if today moves nothing."""
    now = of_the_past(books, day)
    known = [day + timedelta(days=later) for later in LATER_DAYS]
    return [f"{books.kind} {day} known on {then}" for then in known if of_the_past(known_by(books, then), day) != now]


def with_an_ore_nobody_explains(books: Books, day: date, ore: int) -> Books | None:
    """Date a voucher of the year after the day before it: no balance of a year holds it. None at the last year."""
    following = [year for year in books.ledger.years if year.first_day > day]
    if not following:
        return None
    strange = {(following[0].first_day, "A", "0"): Posting(day, {books.ledger_account: ore})}
    return replace(books, ledger=replace(books.ledger, postings={**books.ledger.postings, **strange}))
