"""Closing entries that are proposed: open currency at the closing rate, and signs that have flipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.scheduler.accounts import Kind
from services.scheduler.compute import Figures, compute
from services.scheduler.revaluation import Rates
from services.scheduler.subledger import Document, Subledger
from services.scheduler.vouchers import Posting, VoucherKey
from shared.schedules.content import EntryRow, Reclassification
from tests.unit.scheduler.by_hand import BALANCE_DATE, THIS, document, ledger_of

MAY = date(2025, 5, 1)
RATES: Rates = {"EUR": (Decimal("10.90"), 1), "USD": (Decimal("10.50"), 1), "JPY": (Decimal("6.9"), 100)}


def in_currency(number: str, amount: int, currency: str, rate: str, unit: int = 1) -> Document:
    return document(number, MAY, amount, currency=currency, rate=Decimal(rate), unit=unit, voucher=None)


def figured(
    documents: list[Document], *, kind: Kind = "receivables", rates: Rates = RATES, vouchers: tuple[Posting, ...] = ()
) -> Figures:
    account = "1510" if kind == "receivables" else "2440"
    postings: dict[VoucherKey, Posting] = {(THIS, "A", str(n)): posting for n, posting in enumerate(vouchers, 1)}
    return compute(kind, Subledger(documents, []), ledger_of(postings, (account,)), BALANCE_DATE, rates)


def changes(figures: Figures) -> dict[str, int]:
    return {each.currency: each.change_ore // 100 for each in figures.revaluations}


EURO, DOLLAR = in_currency("1", 1_000, "EUR", "11.20"), in_currency("2", 500, "USD", "10.10")


@pytest.mark.parametrize(
    ("kind", "rate", "entry"),
    [
        ("receivables", "10.90", (EntryRow("1510", -300_00), EntryRow("7960", 300_00))),
        ("receivables", "11.50", (EntryRow("1510", 300_00), EntryRow("3960", -300_00))),
        ("payables", "10.90", (EntryRow("2440", 300_00), EntryRow("3960", -300_00))),
        ("payables", "11.50", (EntryRow("2440", -300_00), EntryRow("7960", 300_00))),
    ],
)
def test_a_gain_goes_to_3960_and_a_loss_to_7960(kind: Kind, rate: str, entry: tuple[EntryRow, ...]) -> None:
    [euro] = figured([EURO], kind=kind, rates={"EUR": (Decimal(rate), 1)}).revaluations
    assert euro.entry == entry
    assert sum(row.amount_ore for row in euro.entry) == 0


def test_a_currency_is_revalued_as_a_whole_and_per_unit() -> None:
    euros = [EURO, in_currency("3", -200, "EUR", "11.00")]
    figures = figured([*euros, DOLLAR, in_currency("4", 100_000, "JPY", "7", 100)])
    assert changes(figures) == {"EUR": 800 * 10.9 - 11_200 + 2_200, "USD": 200, "JPY": -100}
    assert [each.open_minor for each in figures.revaluations] == [800_00, 100_000_00, 500_00]


def test_without_a_rate_a_currency_is_listed_and_nothing_proposed() -> None:
    [euro] = figured([EURO], rates={}).revaluations
    assert (euro.rate, euro.booked_ore, euro.revalued_ore, euro.change_ore) == (None, 11_200_00, 11_200_00, 0)
    assert (euro.entry, euro.reversal_date) == ((), None)


def test_a_reversed_invoice_in_currency_is_not_revalued() -> None:
    reversed_ = document("1", MAY, 1_000, currency="EUR", rate=Decimal("11.2"), further_vouchers=((THIS, "A", "3"),))
    postings = {
        (THIS, "B", "1"): Posting(MAY, {"2440": 11_200_00}),
        (THIS, "A", "3"): Posting(MAY, {"2440": -11_200_00}),
    }
    books = Subledger([reversed_], [])
    assert compute("payables", books, ledger_of(postings, ("2440",)), BALANCE_DATE, RATES).revaluations == ()


def test_nothing_in_currency_nothing_to_revalue() -> None:
    assert figured([document("1", MAY, 100)]).revaluations == ()


def booked(kronor: int, text: str = "Omvärdering") -> Posting:
    return Posting(BALANCE_DATE, {"1510": kronor * 100}, {-kronor * 100}, {"3960" if kronor > 0 else "7960"}, text)


@pytest.mark.parametrize(
    ("vouchers", "left"),
    [
        ((), {"EUR": -300, "USD": 200}),
        ((booked(-100),), {"EUR": 0, "USD": 0}),
        ((booked(-300), booked(200)), {"EUR": 0, "USD": 0}),
        ((booked(-300),), {"EUR": 0, "USD": 200}),
        ((booked(200, "Omvärdering USD"),), {"EUR": -300, "USD": 0}),
        ((booked(-300, "Omvärdering EUR 10,90"), booked(200, "Omvärdering USD")), {"EUR": 0, "USD": 0}),
        ((booked(-300, "EUR"), booked(300, "Återföring EUR")), {"EUR": -300, "USD": 200}),
    ],
)
def test_what_was_revalued_already_is_not_proposed_again(vouchers: tuple[Posting, ...], left: dict[str, int]) -> None:
    assert changes(figured([EURO, DOLLAR], vouchers=vouchers)) == left


def test_the_reversal_is_on_the_first_day_of_the_next_month() -> None:
    [euro] = compute("receivables", Subledger([EURO], []), ledger_of(), date(2025, 11, 30), RATES).revaluations
    assert euro.reversal_date == date(2025, 12, 1)


@pytest.mark.parametrize(("kind", "account", "to"), [("receivables", "1510", "2420"), ("payables", "2440", "1480")])
def test_a_counterparty_in_sum_on_the_wrong_side_is_to_be_moved_to_advances(kind: Kind, account: str, to: str) -> None:
    theirs = [document("1", MAY, -100), document("2", MAY, 30)]
    ours = [replace(document(str(n), MAY, kronor), counterparty_number="2") for n, kronor in ((3, -50), (4, 60))]
    figures = figured([*theirs, *ours], kind=kind)
    assert figures.reclassifications == (Reclassification("1", "Kund", 70_00, account, to, ("1", "2")),)
    assert figures.total_ore == -60_00


@pytest.mark.parametrize(
    "wrong",
    [{"EUX": (Decimal(11), 1)}, {"EUR": (Decimal(0), 1)}, {"EUR": (Decimal(11), 0)}, {"SEK": (Decimal(1), 1)}],
)
def test_a_closing_rate_that_nothing_can_be_reckoned_with_is_named(wrong: Rates) -> None:
    figures = figured([EURO], rates=wrong)
    [fault] = figures.faults
    assert (fault.document, fault.code) == (next(iter(wrong)), "unknown-currency")
    assert not figures.complete
    assert [each.rate for each in figures.revaluations] == [None]


def test_a_currency_whose_closing_rate_was_not_given_is_told_of_with_its_items() -> None:
    figures = figured([EURO, DOLLAR], rates={"EUR": RATES["EUR"]})
    told = [(line.amount_ore, line.documents, line.note) for line in figures.bridge.lines if line.code == "D09"]
    assert told == [(0, ("2",), "no closing rate was given for USD: not revalued")]
    assert figures.complete
    assert [line.code for line in figured([EURO, DOLLAR]).bridge.lines if line.code == "D09"] == []
