"""How the ledger as known at one run differs from the ledger as known at another: per account, period and voucher.

Facts carry the runs that frame them, so nothing is compared here that was not compared when the later run was written. A
year that overlaps none that was known before adds to the ledger and changes nothing in it: it is named, and its vouchers
are not listed. Amounts in öre, debit positive.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, select, tuple_
from sqlalchemy.orm import Session

from shared.ledger.balances import TrialBalanceRow, known, trial_balance
from shared.store.ledger import FinancialYearFact, PeriodSumFact, VoucherFact, VoucherRowFact

VoucherKey = tuple[date, str, str]
Change = Literal["added", "changed", "gone"]
FactOfYear = VoucherFact | PeriodSumFact
NO_ROW = TrialBalanceRow("", "", 0, 0, 0, 0)


@dataclass(frozen=True)
class YearDifference:
    """A financial year; `state` is compared, added (new, nothing to compare it with) or gone (another took its place)."""

    from_date: date
    to_date: date
    state: Literal["compared", "added", "gone"]


@dataclass(frozen=True)
class PeriodDifference:
    """What the booked rows of one month have more (or less) than before."""

    period: str
    difference_ore: int


@dataclass(frozen=True)
class AccountDifference:
    """An account whose opening balance or rows differ; the closing balance is that of the year."""

    year_from: date
    account: str
    name: str
    opening_before_ore: int
    opening_after_ore: int
    closing_before_ore: int
    closing_after_ore: int
    periods: list[PeriodDifference]

    @property
    def difference_ore(self) -> int:
        return self.closing_after_ore - self.closing_before_ore


@dataclass(frozen=True)
class VoucherContent:
    date: date
    text: str
    rows: list[VoucherRowFact]


@dataclass(frozen=True)
class VoucherDifference:
    """A voucher that only one of the two knows, or that both know with another content."""

    year_from: date
    series: str
    number: str
    before: VoucherContent | None
    after: VoucherContent | None

    @property
    def change(self) -> Change:
        if self.before is None:
            return "added"
        return "gone" if self.after is None else "changed"


@dataclass(frozen=True)
class Between:
    """Two runs of one engagement, `before` earlier than `after`; 0 is before the first import."""

    engagement_id: UUID
    before: int
    after: int
    years: list[YearDifference] = field(default_factory=list)

    @property
    def seen_first(self) -> ColumnElement[bool]:
        """Vouchers known at `after` and not at `before`, leaving out years that only add."""
        return self.seen_first_of(VoucherFact)

    @property
    def seen_gone(self) -> ColumnElement[bool]:
        return self.seen_gone_of(VoucherFact)

    def seen_first_of(self, fact: type[FactOfYear]) -> ColumnElement[bool]:
        return and_(self._compared(fact), known(fact, self.after), fact.since_run > self.before)

    def seen_gone_of(self, fact: type[FactOfYear]) -> ColumnElement[bool]:
        return and_(self._compared(fact), known(fact, self.before), not_(known(fact, self.after)))

    def _compared(self, fact: type[FactOfYear]) -> ColumnElement[bool]:
        years = [year.from_date for year in self.years if year.state != "added"]
        return and_(fact.engagement_id == self.engagement_id, fact.year_from.in_(years))


def between(session: Session, engagement_id: UUID, before: int, after: int) -> Between:
    """Return the pair of runs with its years, from which the differences are asked."""
    earlier = _years(session, engagement_id, before)
    later = _years(session, engagement_id, after)
    overlapped = {
        day: any(other_from <= to and other_to >= day for other_from, other_to in earlier.items())
        for day, to in later.items()
    }
    years = [
        *(YearDifference(day, to, "compared" if overlapped[day] else "added") for day, to in later.items()),
        *(YearDifference(day, to, "gone") for day, to in earlier.items() if day not in later),
    ]
    return Between(engagement_id, before, after, sorted(years, key=lambda year: year.from_date))


def count_vouchers(session: Session, pair: Between) -> dict[Change, int]:
    """Return how many vouchers were added, changed and gone; see `page_of_vouchers` for what counts as changed."""
    keys = _keys(pair).subquery()
    both = case((keys.c.after < keys.c.before, keys.c.after), else_=keys.c.before)
    sums = select(func.sum(keys.c.after - both), func.sum(both), func.sum(keys.c.before - both))
    added, changed, gone = (int(found or 0) for found in session.execute(sums).one())
    return {"added": added, "changed": changed, "gone": gone}


def page_of_vouchers(session: Session, pair: Between, *, skip: int, limit: int) -> tuple[list[VoucherDifference], bool]:
    """Return the vouchers of `limit` keys behind the first `skip`, by year, series and number, and whether more follow.

    A new content takes the place of the one that is gone under the same series and number; these need not be unique in a
    file, so one key may bring several vouchers.
    """
    order = (VoucherFact.year_from, VoucherFact.series, func.length(VoucherFact.number), VoucherFact.number)
    found = session.execute(_keys(pair).order_by(*order).offset(skip).limit(limit + 1)).all()
    keys: list[VoucherKey] = [(row.year_from, row.series, row.number) for row in found[:limit]]
    gone = _by_key(session, keys, pair.seen_gone)
    new = _by_key(session, keys, pair.seen_first)
    items = [
        VoucherDifference(*key, old, changed)
        for key in keys
        for old, changed in zip_longest(gone.get(key, ()), new.get(key, ()))
    ]
    return items, len(found) > limit


def differing_accounts(session: Session, pair: Between) -> list[AccountDifference]:
    """Return every account on which opening balance, closing balance or the rows of a month differ."""
    periods = _periods(session, pair)
    found: list[AccountDifference] = []
    for year in pair.years:
        if year.state == "added":
            continue
        before = _balances(session, pair, year.from_date, pair.before)
        after = _balances(session, pair, year.from_date, pair.after)
        for account in sorted({*before, *after}):
            old, new = before.get(account, NO_ROW), after.get(account, NO_ROW)
            months = periods.get((year.from_date, account), [])
            if months or (old.opening_ore, old.closing_ore) != (new.opening_ore, new.closing_ore):
                found.append(
                    AccountDifference(
                        year_from=year.from_date,
                        account=account,
                        name=new.name or old.name,
                        opening_before_ore=old.opening_ore,
                        opening_after_ore=new.opening_ore,
                        closing_before_ore=old.closing_ore,
                        closing_after_ore=new.closing_ore,
                        periods=months,
                    )
                )
    return found


def _years(session: Session, engagement_id: UUID, run: int) -> dict[date, date]:
    years = select(FinancialYearFact.from_date, FinancialYearFact.to_date).where(
        FinancialYearFact.engagement_id == engagement_id, known(FinancialYearFact, run)
    )
    return dict(session.execute(years).all())


def _balances(session: Session, pair: Between, year_from: date, run: int) -> Mapping[str, TrialBalanceRow]:
    rows = trial_balance(session, pair.engagement_id, year_from, until=None, run=run)
    return {row.account: row for row in rows}


def _periods(session: Session, pair: Between) -> dict[tuple[date, str], list[PeriodDifference]]:
    """Return the months whose sums differ, per year and account; the sums are facts and tell it by themselves."""
    months: defaultdict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    net_ore = PeriodSumFact.debit_ore - PeriodSumFact.credit_ore
    for sign, sums in ((1, pair.seen_first_of(PeriodSumFact)), (-1, pair.seen_gone_of(PeriodSumFact))):
        said = select(PeriodSumFact.year_from, PeriodSumFact.account, PeriodSumFact.period, net_ore).where(sums)
        for year_from, account, period, ore in session.execute(said):
            months[year_from, account][period] += sign * ore
    found = {
        key: [PeriodDifference(month, ore) for month, ore in sorted(differing.items()) if ore]
        for key, differing in months.items()
    }
    return {key: periods for key, periods in found.items() if periods}


def _keys(pair: Between) -> Select[date, str, str, Any, Any]:
    """Select each differing series and number of a year, with how many vouchers it had before and has after."""
    is_new = case((pair.seen_first, 1), else_=0)
    return (
        select(
            VoucherFact.year_from,
            VoucherFact.series,
            VoucherFact.number,
            func.sum(1 - is_new).label("before"),
            func.sum(is_new).label("after"),
        )
        .where(pair.seen_first | pair.seen_gone)
        .group_by(VoucherFact.year_from, VoucherFact.series, VoucherFact.number)
    )


def _by_key(
    session: Session, keys: Sequence[VoucherKey], condition: ColumnElement[bool]
) -> dict[VoucherKey, list[VoucherContent]]:
    named = tuple_(VoucherFact.year_from, VoucherFact.series, VoucherFact.number).in_(keys)
    vouchers = session.scalars(select(VoucherFact).where(condition, named).order_by(VoucherFact.id)).all()
    rows: defaultdict[int, list[VoucherRowFact]] = defaultdict(list)
    for row in session.scalars(
        select(VoucherRowFact)
        .where(VoucherRowFact.voucher_id.in_([voucher.id for voucher in vouchers]))
        .order_by(VoucherRowFact.voucher_id, VoucherRowFact.position)
    ):
        rows[row.voucher_id].append(row)
    found: defaultdict[VoucherKey, list[VoucherContent]] = defaultdict(list)
    for voucher in vouchers:
        key = voucher.year_from, voucher.series, voucher.number
        found[key].append(VoucherContent(voucher.date, voucher.text, rows[voucher.id]))
    return found
