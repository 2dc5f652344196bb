"""The truth agrees with the company, and schedule minus ledger is explained to the öre."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.sandbox.bookkeeping import Line
from services.sandbox.company import Party
from services.sandbox.generator import empty_books, generate
from services.sandbox.spec import CASH_METHOD, CAUSES, CompanySpec
from services.sandbox.subledger import RECEIVABLES, NewInvoice, Subledger
from services.sandbox.truth import OpenItem

DATES = (
    date(2023, 6, 30),
    date(2024, 12, 31),
    date(2025, 12, 28),
    date(2025, 12, 31),
    date(2026, 1, 2),
    date(2026, 3, 20),
)


@pytest.mark.parametrize("seed", range(24))
def test_schedule_minus_ledger_is_the_sum_of_the_differences_and_the_ledger_is_the_companys(seed: int) -> None:
    causes = CAUSES if seed % 3 else frozenset()
    company, truth = generate(
        CompanySpec(seed, vouchers_per_year=250, invoices_per_year=90, supplier_invoices_per_year=70, causes=causes)
    )
    for day in DATES:
        year = company.year_of(day)
        assert year is not None
        assert truth.ledger_balance((1510,), day) == company.closing_ore(year.id, 1510, day)
        assert truth.ledger_balance((2440, 2441), day) == sum(
            company.closing_ore(year.id, a, day) for a in (2440, 2441)
        )
        for kind in ("receivables", "payables"):
            for basis in ("documents", "vouchers"):
                differences = truth.differences(kind, day, basis)
                assert "D99" not in differences
                left = truth.schedule_total(kind, day, basis) - truth.claim_balance(kind, day)
                assert left == sum(differences.values())
                if not causes:
                    assert left == 0
    for year_id in company.years:
        for until in (None, *DATES):
            expected = {a: b for a, b in company.closing_balances_ore(year_id, until).items() if b}
            assert {a: b for a, b in truth.trial_balance(year_id, until).items() if b} == expected


@pytest.mark.parametrize("seed", range(4))
def test_every_seeded_cause_is_found_at_the_balance_date_on_both_sides(seed: int) -> None:
    _, truth = generate(CompanySpec(seed, vouchers_per_year=250, causes=CAUSES))

    for kind in ("receivables", "payables"):
        expected = CAUSES if kind == "receivables" else CAUSES - {"D12"}  # nobody factors debts
        assert {item.code for item in truth.causes(kind, date(2025, 12, 31))} == expected


@pytest.mark.parametrize("seed", range(4))
def test_with_the_cash_method_the_claim_account_holds_the_schedule_at_year_ends_only(seed: int) -> None:
    _, truth = generate(CompanySpec(seed, vouchers_per_year=20, causes=CASH_METHOD))

    for kind in ("receivables", "payables"):
        for year in (2023, 2024, 2025):
            assert truth.differences(kind, date(year, 12, 31)) == {}
            assert truth.claim_balance(kind, date(year, 12, 31)) == truth.schedule_total(kind, date(year, 12, 31))
        open_ore = truth.schedule_total(kind, date(2025, 6, 30))
        assert truth.differences(kind, date(2025, 6, 30)) == {"D11": open_ore}


def test_a_cancellation_counts_from_its_day() -> None:
    _, truth = generate(CompanySpec(1, vouchers_per_year=20, cancelled_share=0.3))
    cancelled = [event for event in truth.events if event.type == "cancelled" and event.document is not None]

    assert {event.ledger_ore != 0 for event in cancelled} == {True, False}
    for event in cancelled:
        before, after = (
            {item.number for item in truth.open_items(event.kind, event.day - timedelta(days=days))} for days in (1, 0)
        )
        assert event.document is not None
        assert event.document.number not in after
        assert (event.document.number in before) == (event.document.document_date < event.day)


@pytest.mark.parametrize("seed", range(4))
def test_the_counts_are_those_of_the_company(seed: int) -> None:
    company, truth = generate(CompanySpec(seed, vouchers_per_year=250, causes=CAUSES))

    for year_id in company.years:
        vouchers = company.vouchers_of(year_id)
        counts = truth.counts(year_id)
        assert counts.vouchers == len(vouchers)
        assert counts.rows == sum(len(v.booked_rows) for v in vouchers)
        assert counts.removed == sum(row.removed for v in vouchers for row in v.rows)


def test_a_schedule_does_not_change_with_what_happens_later() -> None:
    early = generate(CompanySpec(5, vouchers_per_year=250, today=date(2026, 3, 1)))[1]
    day = date(2025, 12, 31)
    later_events = [event for event in early.events if event.day > day]
    before = early.open_items("receivables", day)
    early.events = [event for event in early.events if event not in later_events]

    assert later_events
    assert early.open_items("receivables", day) == before


def test_a_day_outside_all_years_has_no_ledger_balance() -> None:
    with pytest.raises(ValueError, match="no financial year"):
        generate(CompanySpec(1, vouchers_per_year=50))[1].ledger_balance((1510,), date(2030, 1, 1))


def test_the_worked_example_of_the_schedule_comes_out() -> None:
    """Six documents at 31 December 2025, of which the list of unpaid ones in March shows a single one."""
    years = ((date(2025, 1, 1), date(2025, 12, 31)), (date(2026, 1, 1), date(2026, 12, 31)))
    spec = CompanySpec(1, years=years, today=date(2026, 3, 15))
    books = empty_books(spec)
    company, truth = books.company, books.truth
    sub = Subledger(books, RECEIVABLES, first_number=101)
    swedish, german = Party("1", "Åkeri AB"), Party("2", "Köln GmbH", country_code="DE", currency="EUR")
    for _ in range(56):
        books.book("A", date(2025, 6, 1), "Bankavgift", [Line(6570, 5000), Line(1930, -5000)])

    def invoice(day: date, total_minor: int, party: Party = swedish, rate: str = "1", **rest: object) -> int:
        return sub.invoice(NewInvoice(party, day, total_minor, 3001, rate=rate, **rest))  # type: ignore[arg-type]

    invoice(date(2025, 11, 10), 1_250_000)
    invoice(date(2025, 12, 20), 800_000)
    invoice(date(2026, 1, 3), 600_000)
    invoice(date(2025, 12, 22), -200_000, credit_of=101)
    invoice(date(2025, 12, 1), 100_000, german, "11.20")
    invoice(date(2025, 12, 30), 400_000, booked=False)
    sub.pay(102, date(2025, 12, 28), 300_000)
    sub.match(104, 101, date(2026, 1, 10))
    sub.pay(101, date(2026, 1, 15), 1_050_000)
    sub.pay(102, date(2026, 2, 1), 500_000)
    sub.pay(103, date(2026, 2, 2), 600_000)
    sub.manual(date(2025, 12, 31), 100_000, 3001, "Justering")
    books.assign_numbers()

    day = date(2025, 12, 31)
    assert [(item.number, item.open_ore) for item in truth.open_items("receivables", day)] == [
        (101, 1_250_000),
        (102, 500_000),
        (104, -200_000),
        (105, 1_120_000),
    ]
    assert truth.schedule_total("receivables", day) == 2_670_000
    assert truth.claim_balance("receivables", day) == 2_770_000
    assert truth.differences("receivables", day) == {"D01": -100_000}
    causes = {item.code: item for item in truth.causes("receivables", day)}
    assert causes["D01"].label == "A 57"
    assert (causes["D02"].label, causes["D02"].effect_ore, causes["D02"].amount_ore) == ("106", 0, 400_000)
    unpaid = [i.number for i in company.invoices.values() if i.booked and i.balance_minor]
    assert unpaid == [105]
    assert truth.open_items("receivables", spec.last_day) == [
        OpenItem(105, "2", "EUR", 1_120_000, 100_000, date(2025, 12, 1), date(2025, 12, 31))
    ]
    assert company.invoices[101].final_pay_date == date(2026, 1, 15)
    assert company.invoices[104].final_pay_date == date(2026, 1, 10)


def test_a_payment_in_currency_takes_the_whole_claim_and_books_the_exchange_difference() -> None:
    spec = CompanySpec(1, years=((date(2025, 1, 1), date(2025, 12, 31)),), today=date(2025, 12, 31))
    books = empty_books(spec)
    truth = books.truth
    sub = Subledger(books, RECEIVABLES)
    german = Party("2", "Köln GmbH", country_code="DE", currency="EUR")
    number = sub.invoice(NewInvoice(german, date(2025, 1, 2), 100_001, 3308, rate="11.3333"))
    sub.pay(number, date(2025, 2, 1), 33_333, rate="11.10")
    sub.pay(number, date(2025, 3, 1), 66_668, rate="11.50")

    assert truth.ledger_balance((1510,), date(2025, 12, 31)) == 0
    assert truth.open_items("receivables", date(2025, 12, 31)) == []
    assert truth.ledger_balance((7960,), date(2025, 12, 31)) == 377_773 - 369_996
    assert truth.ledger_balance((3960,), date(2025, 12, 31)) == (1_133_341 - 377_773) - 766_682
