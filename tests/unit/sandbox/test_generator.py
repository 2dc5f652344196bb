"""The generated company is one that Fortnox could hold, and the same seed gives the same one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.sandbox.chart import is_balance_account
from services.sandbox.company import Company, Invoice, SupplierInvoice
from services.sandbox.generator import generate
from services.sandbox.names import luhn_digit
from services.sandbox.spec import CAUSES, CompanySpec
from services.sandbox.truth import Truth

SMALL = CompanySpec(seed=7, vouchers_per_year=300, invoices_per_year=80, supplier_invoices_per_year=60, causes=CAUSES)


@pytest.fixture(scope="module")
def made() -> tuple[Company, Truth]:
    return generate(SMALL)


def test_the_same_seed_gives_the_same_company_and_another_seed_another_one(made: tuple[Company, Truth]) -> None:
    again, truth_again = generate(SMALL)

    assert again == made[0]
    assert truth_again == made[1]
    assert [truth_again.trial_balance(y) for y in again.years] == [made[1].trial_balance(y) for y in again.years]
    assert generate(replace(SMALL, seed=8))[0] != again


@pytest.mark.parametrize("seed", range(5))
def test_booked_rows_of_every_voucher_sum_to_zero(seed: int) -> None:
    company, _ = generate(replace(SMALL, seed=seed))

    assert [v.key for v in company.vouchers.values() if sum(row.amount_ore for row in v.booked_rows)] == []


def test_voucher_numbers_have_no_gaps_and_dates_lie_in_their_year(made: tuple[Company, Truth]) -> None:
    company, _ = made
    numbers: dict[tuple[int, str], list[int]] = defaultdict(list)
    for key, voucher in company.vouchers.items():
        assert key == voucher.key
        assert company.year_of(voucher.date) == company.years[voucher.year]
        assert voucher.registered >= voucher.date
        numbers[voucher.year, voucher.series].append(voucher.number)

    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())
    assert numbers.keys() <= company.series.keys()


def test_rows_stand_on_active_accounts_and_known_objects(made: tuple[Company, Truth]) -> None:
    company, _ = made

    for voucher in company.vouchers.values():
        for row in voucher.rows:
            assert company.accounts[voucher.year, row.account].active, row.account
            assert not row.cost_center or row.cost_center in company.cost_centers
            assert not row.project or row.project in company.projects
    assert any(row.cost_center and row.project for v in company.vouchers.values() for row in v.rows)
    assert any(not account.active for account in company.accounts.values())


def test_year_ids_do_not_follow_the_calendar(made: tuple[Company, Truth]) -> None:
    ids = [year.id for year in made[0].years_by_date()]

    assert sorted(ids) == [1, 2, 3, 4]
    assert ids != sorted(ids)


def test_a_series_is_missing_in_one_year_and_one_is_manual_in_one_year_only(made: tuple[Company, Truth]) -> None:
    company, _ = made
    first, second, *_ = (year.id for year in company.years_by_date())

    assert (second, "J") not in company.series
    assert (first, "J") in company.series
    assert company.series[first, "H"].manual
    assert not company.series[second, "H"].manual
    assert {code for (year, code), series in company.series.items() if year == second and series.manual} == {"A", "I"}


def test_closed_years_end_in_2099_and_open_the_next_year() -> None:
    company, truth = generate(replace(SMALL, causes=frozenset()))
    *closed, last_ended, running = company.years_by_date()

    for year in closed:
        balances = truth.trial_balance(year.id)
        assert sum(amount for account, amount in balances.items() if not is_balance_account(account)) == 0
        assert any(v.series == "I" and v.year == year.id for v in company.vouchers.values())
    for year, following in zip([*closed, last_ended], [*closed[1:], last_ended, running], strict=True):
        for account, balance in company.closing_balances_ore(year.id).items():
            expected = balance if is_balance_account(account) else 0
            assert company.accounts[following.id, account].opening_ore == expected
    assert not any(v.series == "I" and v.year == last_ended.id for v in company.vouchers.values())


def test_corrections_leave_struck_and_added_rows_and_vouchers_with_struck_rows_only(
    made: tuple[Company, Truth],
) -> None:
    vouchers = made[0].vouchers.values()

    assert any(row.added_by and not row.removed for v in vouchers for row in v.rows)
    assert any(row.removed and row.removed_by for v in vouchers for row in v.rows)
    assert any(not v.booked_rows for v in vouchers)


def test_booked_documents_and_payments_are_tied_to_vouchers_of_their_kind(made: tuple[Company, Truth]) -> None:
    company, _ = made
    sides = (
        (company.invoices, company.invoice_payments, "B", "INVOICE", "C", "INVOICEPAYMENT"),
        (company.supplier_invoices, company.supplier_payments, "D", "SUPPLIERINVOICE", "E", "SUPPLIERPAYMENT"),
    )
    for invoices, payments, series, reference, payment_series, payment_reference in sides:
        used = set()
        for number, invoice in invoices.items():
            if invoice.voucher is None:
                assert not invoice.booked or invoice.invoice_date < date(2023, 1, 1)
                continue
            voucher = company.vouchers[invoice.voucher]
            assert (voucher.series, voucher.reference_type, voucher.reference_number) == (
                series,
                reference,
                str(number),
            )
            used.add(voucher.key)
        for number, payment in payments.items():
            assert payment.booked == (payment.voucher is not None)
            if payment.voucher is not None:
                voucher = company.vouchers[payment.voucher]
                assert voucher.series == payment_series
                assert (voucher.reference_type, voucher.reference_number) == (payment_reference, str(number))
                used.add(voucher.key)
        assert used == {key for key, v in company.vouchers.items() if v.series in {series, payment_series}}


def test_balances_are_what_the_truth_has_open_today(made: tuple[Company, Truth]) -> None:
    company, truth = made
    documents: dict[str, dict[int, Invoice] | dict[int, SupplierInvoice]] = {
        "receivables": company.invoices,
        "payables": company.supplier_invoices,
    }
    for kind, invoices in documents.items():
        open_now = {item.number: item.open_minor for item in truth.open_items(kind, SMALL.last_day)}  # type: ignore[arg-type]
        for number, invoice in invoices.items():
            if invoice.booked and not invoice.cancelled:
                assert invoice.balance_minor == open_now.get(number, 0)
                assert (invoice.final_pay_date is not None) == (invoice.balance_minor == 0)


def test_variety_is_there(made: tuple[Company, Truth]) -> None:
    invoices = made[0].invoices.values()

    assert any(i.total_minor < 0 and i.credit_of for i in invoices)
    assert any(i.credited_by for i in invoices)
    assert {"SEK", "EUR"} <= {i.currency for i in invoices}
    assert any(
        i.balance_minor < 0 < i.total_minor for i in generate(replace(SMALL, overpaid_share=0.2))[0].invoices.values()
    )
    assert any(p.write_offs for p in made[0].invoice_payments.values())
    assert any(p.mode_of_payment_account == 2420 for p in made[0].invoice_payments.values())


def test_organisation_numbers_and_ocr_carry_right_check_digits(made: tuple[Company, Truth]) -> None:
    company, _ = made
    numbers = [company.organisation_number, *(p.organisation_number for p in company.customers.values())]

    for number in filter(None, numbers):
        digits = number.replace("-", "")
        assert len(digits) == 10
        assert luhn_digit(digits[:-1]) == int(digits[-1])
    assert luhn_digit("556036079") == 3
    for invoice in company.invoices.values():
        assert luhn_digit(invoice.ocr[:-1]) == int(invoice.ocr[-1])


def test_broken_and_long_years_are_possible() -> None:
    years = ((date(2022, 5, 1), date(2023, 4, 30)), (date(2023, 5, 1), date(2024, 10, 31)))
    company, truth = generate(CompanySpec(3, years=years, today=date(2024, 10, 31), causes=CAUSES))

    assert [(y.from_date, y.to_date) for y in company.years_by_date()] == list(years)
    assert max(v.date for v in company.vouchers.values()) <= date(2024, 10, 31)
    day = date(2023, 4, 30)
    difference = truth.schedule_total("receivables", day) - truth.claim_balance("receivables", day)
    assert sum(truth.differences("receivables", day).values()) == difference


def test_impossible_specs_are_refused() -> None:
    with pytest.raises(ValueError, match="begins on"):
        CompanySpec(1, years=((date(2023, 1, 1), date(2023, 12, 31)), (date(2024, 2, 1), date(2024, 12, 31))))
    with pytest.raises(ValueError, match="18 months"):
        CompanySpec(1, years=((date(2023, 1, 1), date(2023, 1, 1) + timedelta(days=600)),))
    with pytest.raises(ValueError, match="D11"):
        CompanySpec(1, causes=frozenset({"D01", "D11"}))
