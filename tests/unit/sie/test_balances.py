from __future__ import annotations

import pytest

from services.importer.sie import (
    Mismatch,
    check_balances,
    check_periods,
    count_rows,
    opening_balances,
    read_sie,
    row_sums,
    unproven_accounts,
)
from tests.unit.sie.specimens import HEAD, read, sie_bytes, voucher

SALE = voucher('#TRANS 1910 {1 "N" 6 "P"} 100', '#TRANS 3001 {6 "P"} -60', "#TRANS 3001 {} -40 20240201")


def test_a_file_whose_rows_give_its_balances_has_no_mismatch() -> None:
    assert check_balances(read("#IB 0 1910 5", "#UB 0 1910 105", "#RES 0 3001 -100", *SALE)) == []


def test_row_sums_are_per_account_in_ore() -> None:
    assert row_sums(read(*SALE)) == {"1910": 10000, "3001": -10000}


def test_a_wrong_balance_is_named_with_both_figures() -> None:
    file = read("#IB 0 1910 5", "#UB 0 1910 104", "#RES 0 3001 -100.01", *SALE)
    assert check_balances(file) == [
        Mismatch("UB", "1910", None, (), 10400, 10500),
        Mismatch("RES", "3001", None, (), -10001, -10000),
    ]


def test_a_balance_left_out_is_zero() -> None:
    file = read("#UB 0 1930 0", "#RES 0 3001 -100", *SALE)
    assert check_balances(file) == [Mismatch("UB", "1910", None, (), 0, 10000)]


@pytest.mark.parametrize("chart", [(), ("#KONTO 3001 x", "#KTYP 3001 I"), ("#KONTO 3001 x",)])
def test_a_result_left_out_is_zero_whether_type_or_number_says_that_it_is_one(chart: tuple[str, ...]) -> None:
    file = read(*chart, "#UB 0 1910 100", "#RES 0 4000 0", *SALE)
    assert check_balances(file) == [Mismatch("RES", "3001", None, (), 0, -10000)]


def test_the_closing_balance_of_last_year_opens_this_one_where_no_opening_balance_stands() -> None:
    file = read("#UB -1 1910 5", "#UB 0 1910 105", "#RES 0 3001 -100", *SALE)
    assert (opening_balances(file), check_balances(file)) == ({"1910": 500}, [])
    assert opening_balances(read("#UB -1 1910 5", "#IB 0 1910 6")) == {"1910": 600}


def test_only_year_zero_is_checked() -> None:
    file = read("#UB 0 1910 100", "#RES 0 3001 -100", "#RES -1 3001 -7", "#PSALDO -1 202301 3001 {} -7", *SALE)
    assert check_balances(file) == []


def test_a_file_of_balances_alone_or_of_vouchers_alone_proves_nothing_and_fails_nothing() -> None:
    for sie_type in ("1", "2", "3"):
        moved = ("#IB 0 1910 5", "#UB 0 1910 7", "#PSALDO 0 202401 1910 {} 2")
        head = tuple(f"#SIETYP {sie_type}" if line == "#SIETYP 4" else line for line in HEAD)
        assert check_balances(read_sie(sie_bytes(*moved, head=head))) == []
    assert check_balances(read(*SALE)) == []


def test_a_file_of_type_4_that_was_cut_off_before_its_first_voucher_contradicts_itself() -> None:
    found = check_balances(read("#IB 0 1910 5", "#UB 0 1910 7", "#RES 0 3001 -2"))
    assert [(mismatch.kind, mismatch.account) for mismatch in found] == [("UB", "1910"), ("RES", "3001")]
    assert check_balances(read("#IB 0 1910 5", "#UB 0 1910 5")) == []


def test_period_figures_hold_per_account_and_per_objects_without_counting_twice() -> None:
    periods = ("#PSALDO 0 202401 1910 {} 100", "#PSALDO 0 202401 3001 {} -60", "#PSALDO 0 202402 3001 {} -40")
    objects = (
        "#PSALDO 0 202401 1910 {6 P} 100",
        "#PSALDO 0 202401 1910 {6 P 1 N} 100",
        "#PSALDO 0 202401 3001 {6 P} -60",
    )
    assert check_balances(read(*periods, *SALE)) == []
    assert check_balances(read(*periods, *objects, *SALE)) == []
    assert check_balances(read(*objects, *SALE)) == []


def test_a_wrong_and_a_missing_period_figure_are_named() -> None:
    file = read("#PSALDO 0 202401 1910 {} 99", *SALE)
    assert check_balances(file) == [
        Mismatch("PSALDO", "1910", "202401", (), 9900, 10000),
        Mismatch("PSALDO", "3001", "202401", (), 0, -10000),
    ]


def test_periods_go_by_voucher_dates_and_rows_dated_otherwise_are_told_apart_from_contradictions() -> None:
    bank = "#PSALDO 0 202401 1910 {} 100"
    assert check_periods(read(bank, "#PSALDO 0 202401 3001 {} -100", *SALE)) == ([], [])
    by_row = read(bank, "#PSALDO 0 202401 3001 {} -60", "#PSALDO 0 202402 3001 {} -40", *SALE)
    assert check_periods(by_row) == (
        [],
        [
            Mismatch("PSALDO", "3001", "202401", (), -6000, -10000),
            Mismatch("PSALDO", "3001", "202402", (), -4000, 0),
        ],
    )


def test_an_account_with_a_result_and_a_closing_balance_must_fit_both() -> None:
    file = read("#IB 0 1910 5", "#UB 0 1910 999", "#RES 0 1910 100", "#RES 0 3001 -100", *SALE)
    assert check_balances(file) == [Mismatch("UB", "1910", None, (), 99900, 10500)]


def test_accounts_that_moved_and_whose_kind_of_balance_is_never_stated_are_not_proven() -> None:
    bank, sales = "#UB 0 1910 100", "#RES 0 3001 -100"
    assert unproven_accounts(read(bank, sales, *SALE)) == {}
    assert unproven_accounts(read(bank, *SALE)) == {"RES": ["3001"]}
    assert unproven_accounts(read(sales, *SALE)) == {"UB": ["1910"]}
    assert unproven_accounts(read("#UB 0 1910 0", "#RES 0 4000 0", *SALE)) == {}
    assert unproven_accounts(read("#UB 0 1910 100", "#UB 0 3001 -100", *SALE)) == {}


def test_rows_of_corrections_are_in_no_sum() -> None:
    fixed = voucher("#TRANS 1910 {} 5", "#BTRANS 3002 {} -5", "#RTRANS 3001 {} -5", "#TRANS 3001 {} -5")
    assert (
        check_balances(
            read("#UB 0 1910 5", "#RES 0 3001 -5", "#PSALDO 0 202401 1910 {} 5", "#PSALDO 0 202401 3001 {} -5", *fixed)
        )
        == []
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_are_counted_in_the_bytes_whatever_their_line_ends_and_indents(end: str) -> None:
    rows = ("#TRANS 1910 {} 0", "\t#TRANS\t1910 {} 0", "  #trans 1910 {} 0", "#BTRANS 1910 {} 0", "#TRANSX 1")
    data = sie_bytes('#PROSA "#TRANS 1"', *voucher(*rows), end=end)
    assert count_rows(data) == 3 == sum(row.kind == "booked" for row in read_sie(data).vouchers[0].rows)


def test_no_bytes_hold_no_rows() -> None:
    assert count_rows(b"") == count_rows(sie_bytes(head=HEAD)) == 0
