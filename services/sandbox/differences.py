"""Seeds, around a balance date, one example of each wanted cause why sub-ledger and ledger differ (D01 to D14).

Those that come from opening balances (D13, D15) are made where the openings are made, in `closing.py` and
`generator.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from services.sandbox.bookkeeping import to_ore
from services.sandbox.company import Party, WriteOff
from services.sandbox.planner import CLOSING_RANK, PAYMENT_RANK, Planner
from services.sandbox.subledger import (
    CURRENCY_GAIN_ACCOUNT,
    CURRENCY_LOSS_ACCOUNT,
    ROUNDING_ACCOUNT,
    NewInvoice,
)

COUNTER_ACCOUNTS = {"receivables": 3001, "payables": 6590}
FACTORED_ACCOUNT = 1512


def seed(planner: Planner, causes: frozenset[str], balance_date: date) -> None:
    """Plan the causes that are wanted; what would happen after today does not."""
    seeder = _Seeder(planner, balance_date)
    for code, plan in seeder.plans.items():
        if code in causes:
            plan()


def book_at_year_ends(planner: Planner) -> None:
    """Plan what the cash method asks for: at each year-end all unpaid documents are booked (BFL 5:2), and taken back."""
    sub, counter = planner.sub, COUNTER_ACCOUNTS[planner.sub.side.kind]

    def book(day: date) -> None:
        unpaid_ore = sub.books.truth.schedule_total(sub.side.kind, day, "vouchers")
        if unpaid_ore:
            sub.manual(day, unpaid_ore, counter, "Obetalt vid årets slut", "D11")
            if day < planner.last_day:
                sub.manual(day + timedelta(days=1), -unpaid_ore, counter, "Återföring av obetalt", "D11")

    for _, last_day in planner.spec.years:
        planner.at(last_day, CLOSING_RANK, partial(book, last_day))


class _Seeder:
    def __init__(self, planner: Planner, balance_date: date) -> None:
        self.planner = planner
        self.sub = planner.sub
        self.balance_date = balance_date
        self.domestic = next(party for party in planner.parties if party.currency == "SEK")
        self.plans: dict[str, Callable[[], None]] = {
            "D01": self._manual_voucher,
            "D02": self._unbooked_invoice,
            "D03": self._unbooked_payment,
            "D04": self._invoice_in_another_period,
            "D05": self._payment_in_another_period,
            "D06": self._edited_voucher,
            "D07": self._other_account,
            "D08": self._credit_notes,
            "D09": self._revaluation,
            "D10": self._unbooked_rounding,
            "D12": self._factored,
            "D14": self._cancelled,
        }

    def _day(self, days: int) -> date:
        return self.balance_date + timedelta(days=days)

    def _new(self, days: int) -> NewInvoice:
        return self.planner.new_invoice(self._day(days), self.domestic)

    def _manual_voucher(self) -> None:
        """On the balance date, taken back a month later."""
        counter = COUNTER_ACCOUNTS[self.sub.side.kind]

        def book(day: date, amount_ore: int, text: str) -> None:
            self.planner.at(day, CLOSING_RANK, lambda: self.sub.manual(day, amount_ore, counter, text))

        book(self.balance_date, 100_000, "Justering av reskontra")
        book(self._day(31), -100_000, "Återföring av justering")

    def _unbooked_invoice(self) -> None:
        self.planner.invoice(replace(self._new(-5), booked=False))

    def _unbooked_payment(self) -> None:
        self.planner.pay_rest(self.planner.invoice(self._new(-40)), self._day(-3), booked=False)

    def _invoice_in_another_period(self) -> None:
        late = self.planner.invoice(replace(self._new(-2), booked_on=self._day(4)))
        self.planner.pay_rest(late, self._day(28))
        self.planner.invoice(replace(self._new(3), booked_on=self._day(-1)))

    def _payment_in_another_period(self) -> None:
        booked_on = self._day(2)
        if booked_on <= self.planner.last_day:
            self.planner.pay_rest(self.planner.invoice(self._new(-31)), self._day(-1), booked_on=booked_on)

    def _edited_voucher(self) -> None:
        new = self._new(-20)
        slot = self.planner.invoice(replace(new, edited_by_ore=min(50_000, new.total_minor // 2)))
        self.planner.pay_rest(slot, self._day(25))

    def _other_account(self) -> None:
        self.planner.pay_rest(self.planner.invoice(replace(self._new(-12), booked_elsewhere=True)), self._day(35))

    def _credit_notes(self) -> None:
        """One matched after the balance date, one never."""
        new = self._new(-25)
        slot = self.planner.invoice(new)
        self.planner.match(self.planner.credit(slot, new, self._day(-9), 0.5), slot, self._day(10))
        self.planner.pay_rest(slot, self._day(15))
        other = self._new(-22)
        unmatched = self.planner.invoice(other)
        self.planner.credit(unmatched, other, self._day(-8), 0.2)
        self.planner.pay_rest(unmatched, self._day(-2))

    def _revaluation(self) -> None:
        """Plan a currency invoice over the balance date; revalue all open ones and take it back the day after."""
        party = next((p for p in self.planner.parties if p.currency == "EUR"), None)
        if party is not None:
            slot = self.planner.invoice(self.planner.new_invoice(self._day(-30), party))
            self.planner.pay_rest(slot, self._day(40), rate=self.planner.rate_of(party, self._day(40)))
        self.planner.at(self.balance_date, CLOSING_RANK, self._revalue)

    def _revalue(self) -> None:
        sign, kind = self.sub.side.sign, self.sub.side.kind
        change = 0
        for item in self.sub.books.truth.open_items(kind, self.balance_date):
            if item.currency != "SEK":
                closing_rate = self.planner.rate_of(_in_currency(item.currency), self.balance_date)
                change += to_ore(item.open_minor, closing_rate) - item.open_ore
        if change:
            counter = CURRENCY_GAIN_ACCOUNT if sign * change > 0 else CURRENCY_LOSS_ACCOUNT
            self.sub.manual(self.balance_date, change, counter, "Omvärdering till balansdagskurs", "D09")
            if self._day(1) <= self.planner.last_day:
                self.sub.manual(self._day(1), -change, counter, "Återföring av omvärdering", "D09")

    def _unbooked_rounding(self) -> None:
        new = self._new(-33)
        slot = self.planner.invoice(new)
        day, ore = self._day(-6), 40
        lets = [WriteOff(ROUNDING_ACCOUNT, ore, "Öresutjämning")]

        def pay() -> None:
            self.sub.pay(slot.number, day, new.total_minor - ore, write_offs=lets, write_offs_booked=False)

        self.planner.at(day, PAYMENT_RANK, pay)

    def _factored(self) -> None:
        """Move a claim to the factor's account beside the sub-ledger, and back before the customer pays."""
        if self.sub.side.kind == "payables":
            return
        new = self._new(-24)
        slot = self.planner.invoice(new)

        def move(day: date, amount_ore: int, text: str) -> None:
            self.planner.at(day, CLOSING_RANK, lambda: self.sub.manual(day, amount_ore, FACTORED_ACCOUNT, text, "D12"))

        move(self._day(-10), -new.total_minor, "Belånad faktura")
        move(self._day(20), new.total_minor, "Återtagen faktura")
        self.planner.pay_rest(slot, self._day(22))

    def _cancelled(self) -> None:
        """Two that keep their balance, one with its voucher in the ledger, one never booked; one reversed afterwards."""
        self.planner.cancel(self.planner.invoice(self._new(-18)), self._day(12), reverse=True)
        self.planner.invoice(replace(self._new(-16), cancelled=True, keeps_balance=True))
        self.planner.invoice(replace(self._new(-14), cancelled=True, keeps_balance=True, booked=False))


def _in_currency(currency: str) -> Party:
    return Party("", "", currency=currency)
