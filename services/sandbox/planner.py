"""Plans the life of each invoice of one side, then lets it happen in order of date."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from services.sandbox.bookkeeping import Line
from services.sandbox.company import Party, WriteOff
from services.sandbox.spec import CompanySpec
from services.sandbox.subledger import ROUNDING_ACCOUNT, NewInvoice, Subledger

INVOICE_RANK, PAYMENT_RANK, MATCH_RANK, CANCELLATION_RANK, CLOSING_RANK = range(5)
BASE_RATES = {"SEK": 1.0, "EUR": 11.2, "USD": 10.1}
DOMESTIC_ACCOUNTS = {"receivables": (3001, 3001, 3041, 3590), "payables": (4010, 4010, 5410, 5420, 5010, 6540, 6550)}
EU_ACCOUNTS = {"receivables": 3308, "payables": 4535}
WORLD_ACCOUNTS = {"receivables": 3305, "payables": 4531}
LOSS_ACCOUNTS = {"receivables": 6351, "payables": 3990}


@dataclass
class Slot:
    """The number a planned invoice will get."""

    number: int = 0


@dataclass(order=True)
class Action:
    day: date
    rank: int
    sequence: int
    run: Callable[[], object] = field(compare=False)


class Planner:
    """Collects actions; nothing after `last_day` happens."""

    def __init__(self, sub: Subledger, spec: CompanySpec, rng: random.Random, parties: list[Party]) -> None:
        self.sub = sub
        self.spec = spec
        self.rng = rng
        self.parties = parties
        self.first_day = spec.years[0][0]
        self.last_day = spec.last_day
        self._actions: list[Action] = []

    def run(self) -> None:
        for action in sorted(self._actions):
            action.run()

    def at(self, day: date, rank: int, run: Callable[[], object]) -> None:
        """Let something happen on `day`, unless that day is still to come."""
        if day <= self.last_day:
            self._actions.append(Action(day, rank, len(self._actions), run))

    def invoice(self, new: NewInvoice) -> Slot:
        slot = Slot()

        def enter() -> None:
            slot.number = self.sub.invoice(new)

        self.at(new.day, INVOICE_RANK, enter)
        return slot

    def pay_rest(
        self, slot: Slot, day: date, *, rate: str = "1", booked: bool = True, booked_on: date | None = None
    ) -> None:
        """Pay what is open on that day, if anything is."""

        def pay() -> None:
            open_minor = self.sub.open_minor(slot.number)
            if open_minor:
                self.sub.pay(slot.number, day, open_minor, rate=rate, booked=booked, booked_on=booked_on)

        self.at(day, PAYMENT_RANK, pay)

    def rate_of(self, party: Party, day: date) -> str:
        """Return the day's rate: a base that drifts by up to some per cent."""
        if party.currency == "SEK":
            return "1"
        wave = ((day.toordinal() * 37) % 101 - 50) / 1000
        return f"{BASE_RATES[party.currency] * (1 + wave):.4f}"

    def new_invoice(self, day: date, party: Party | None = None) -> NewInvoice:
        """Return an ordinary invoice: 25 % VAT within Sweden, none on foreign ones, some rounded to whole kronor."""
        party = party or self.rng.choice(self.parties)
        kind = self.sub.side.kind
        net = self.rng.choice((self.rng.randint(200, 60_000) * 100, self.rng.randint(5_000, 3_000_000)))
        if kind == "receivables":
            net *= 2  # more comes in than goes out
        days_to_pay = self.rng.choice((10, 20, 30, 30, 30, 60, None))
        cost_center, project = self._objects()
        if party.currency != "SEK":
            account = (EU_ACCOUNTS if party.currency == "EUR" else WORLD_ACCOUNTS)[kind]
            return NewInvoice(
                party,
                day,
                net // 10,
                account,
                rate=self.rate_of(party, day),
                days_to_pay=days_to_pay,
                project=project,
            )
        vat = (net + 2) // 4
        round_off = (50 - (net + vat + 50) % 100) if self.rng.random() < 0.3 else 0
        return NewInvoice(
            party,
            day,
            net + vat + round_off,
            self.rng.choice(DOMESTIC_ACCOUNTS[kind]),
            vat_minor=vat,
            round_off_minor=round_off,
            days_to_pay=days_to_pay,
            cost_center=cost_center,
            project=project,
        )

    def plan_ordinary(self, per_year: int) -> None:
        """Plan `per_year` documents a year, credit notes included, spread over all years up to today."""
        days = (self.last_day - self.first_day).days + 1
        credited = 1 + self.spec.credit_note_share
        for _ in range(round(per_year * days / 365.25 / credited)):
            self._plan_one(self.first_day + timedelta(days=self.rng.randrange(days)))

    def _plan_one(self, day: date) -> None:
        new = self.new_invoice(day)
        if self.rng.random() < 0.01:
            self.invoice(replace(new, booked=False, cancelled=True))
            return
        slot = self.invoice(new)
        paid_on = day + timedelta(days=max(0, (new.days_to_pay or 30) + self.rng.randint(-10, 25)))
        chance = self.rng.random()
        for share, plan in (
            (self.spec.credit_note_share, self._plan_credit),
            (self.spec.part_payment_share, self._plan_parts),
            (self.spec.overpaid_share, self._plan_overpaid),
            (self.spec.write_off_share, self._plan_write_off),
            (self.spec.rounding_share, self._plan_rounding),
            (self.spec.prepaid_share, self._plan_prepaid),
            (self.spec.cancelled_share, self._plan_cancelled),
            (self.spec.unpaid_share, _leave_unpaid),
        ):
            if chance < share:
                plan(slot, new, paid_on)
                return
            chance -= share
        self.pay_rest(slot, paid_on, rate=self.rate_of(new.party, paid_on))

    def credit(self, slot: Slot, new: NewInvoice, day: date, share: float = 1.0) -> Slot:
        """Plan a credit note over a share of an invoice."""
        credit = Slot()
        net = -round((new.total_minor - new.vat_minor - new.round_off_minor) * share)
        vat = (net + 2) // 4 if new.vat_minor else 0

        def enter() -> None:
            note = replace(new, day=day, total_minor=net + vat, vat_minor=vat, round_off_minor=0, credit_of=slot.number)
            credit.number = self.sub.invoice(note)

        self.at(day, INVOICE_RANK, enter)
        return credit

    def match(self, credit: Slot, slot: Slot, day: date) -> None:
        self.at(day, MATCH_RANK, lambda: self.sub.match(credit.number, slot.number, day))

    def cancel(self, slot: Slot, day: date, *, reverse: bool) -> None:
        self.at(day, CANCELLATION_RANK, lambda: self.sub.cancel(slot.number, day, reverse=reverse))

    def _plan_credit(self, slot: Slot, new: NewInvoice, paid_on: date) -> None:
        day = new.day + timedelta(days=self.rng.randint(1, 25))
        credit = self.credit(slot, new, day, self.rng.choice((0.2, 0.5, 0.9)))
        if self.rng.random() < 0.7:
            matched_on = day + timedelta(days=self.rng.randint(0, 40))
            self.match(credit, slot, matched_on)
            paid_on = max(paid_on, matched_on + timedelta(days=1))
        self.pay_rest(slot, paid_on, rate=self.rate_of(new.party, paid_on))

    def _plan_parts(self, slot: Slot, new: NewInvoice, paid_on: date) -> None:
        first = round(new.total_minor * self.rng.choice((0.25, 0.3333, 0.5)))
        rate = self.rate_of(new.party, paid_on)
        self.at(paid_on, PAYMENT_RANK, lambda: self.sub.pay(slot.number, paid_on, first, rate=rate))
        if self.rng.random() < 0.8:
            later = paid_on + timedelta(days=self.rng.randint(1, 60))
            self.pay_rest(slot, later, rate=self.rate_of(new.party, later))

    def _plan_overpaid(self, slot: Slot, new: NewInvoice, paid_on: date) -> None:
        amount, rate = new.total_minor + self.rng.randint(1, 50) * 1000, self.rate_of(new.party, paid_on)
        self.at(paid_on, PAYMENT_RANK, lambda: self.sub.pay(slot.number, paid_on, amount, rate=rate))
        if self.rng.random() < 0.5:
            later = paid_on + timedelta(days=30)
            self.pay_rest(slot, later, rate=self.rate_of(new.party, later))

    def _plan_write_off(self, slot: Slot, new: NewInvoice, paid_on: date) -> None:
        """Half is paid, the rest is a confirmed loss, with the VAT on it taken back."""
        if new.party.currency != "SEK":
            self.pay_rest(slot, paid_on, rate=self.rate_of(new.party, paid_on))
            return
        paid = new.total_minor // 2
        lost = new.total_minor - paid
        vat = lost // 5
        kind = self.sub.side.kind
        lets = [WriteOff(LOSS_ACCOUNTS[kind], lost - vat), WriteOff(self.sub.side.vat_account, vat)]
        self.at(paid_on, PAYMENT_RANK, lambda: self.sub.pay(slot.number, paid_on, paid, write_offs=lets))

    def _plan_rounding(self, slot: Slot, new: NewInvoice, paid_on: date) -> None:
        if new.party.currency != "SEK":
            self.pay_rest(slot, paid_on, rate=self.rate_of(new.party, paid_on))
            return
        ore = self.rng.choice((-49, -12, 1, 37, 50))
        lets = [WriteOff(ROUNDING_ACCOUNT, ore, "Öresutjämning")]
        paid = new.total_minor - ore
        self.at(paid_on, PAYMENT_RANK, lambda: self.sub.pay(slot.number, paid_on, paid, write_offs=lets))

    def _plan_prepaid(self, slot: Slot, new: NewInvoice, paid_on: date) -> None:
        """Take an advance before the invoice and set it off against it."""
        side, books = self.sub.side, self.sub.books
        if new.party.currency != "SEK":
            self.pay_rest(slot, paid_on, rate=self.rate_of(new.party, paid_on))
            return
        before = max(self.first_day, new.day - timedelta(days=self.rng.randint(5, 40)))
        half = new.total_minor // 2
        lines = [Line(1930, side.sign * half), Line(side.advance_account, -side.sign * half)]
        self.at(before, PAYMENT_RANK, lambda: books.book("A", before, f"Förskott {new.party.name}", lines))
        account = side.advance_account
        self.at(new.day, PAYMENT_RANK, lambda: self.sub.pay(slot.number, new.day, half, account=account))
        self.pay_rest(slot, paid_on)

    def _plan_cancelled(self, slot: Slot, _new: NewInvoice, paid_on: date) -> None:
        self.cancel(slot, paid_on, reverse=self.rng.random() < 0.5)

    def _objects(self) -> tuple[str, str]:
        """Return a cost centre and a project, mostly none, now and then both."""
        company = self.sub.books.company
        cost_center = self.rng.choice(list(company.cost_centers)) if company.cost_centers else ""
        project = self.rng.choice(list(company.projects)) if company.projects else ""
        chance = self.rng.random()
        return (cost_center if chance < 0.2 else "", project if 0.15 < chance < 0.35 else "")


def _leave_unpaid(_slot: Slot, _new: NewInvoice, _paid_on: date) -> None:
    pass
