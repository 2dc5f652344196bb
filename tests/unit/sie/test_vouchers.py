from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.importer.sie import read_sie, row_sums
from tests.unit.sie.specimens import everything, read, reasons, refusal_of, rows_of, sie_bytes, voucher

PAIR = ("#TRANS 1910 {} -10", "#TRANS 1930 {} 10")


@pytest.mark.parametrize(
    ("written", "ore"),
    [
        ("-218", -21800),
        ("638.2", 63820),
        ("-1000.00", -100000),
        ("-0.03", -3),
        ("0", 0),
        ("-0", 0),
        ("0007.5", 750),
        ("1000000000000.01", 100000000000001),
        ("0" * 40 + "9999999999999.99", 10**15 - 1),
        ("-10000000000000", -(10**15)),
        ('"5.50"', 550),
    ],
)
def test_amounts_are_exact_ore(written: str, ore: int) -> None:
    assert rows_of(f"#TRANS 1910 {{}} {written}")[0].amount_ore == ore


@pytest.mark.parametrize(
    "written", ["1,50", "+5", "100.000", "5.", ".5", "--5", "1e3", "٣", "NaN", '""', "", "0x10", "{}", "9" * 5000 + "x"]
)
def test_what_is_no_amount_refuses_the_file(written: str) -> None:
    refused = refusal_of(sie_bytes(*voucher(f"#TRANS 1910 {{}} {written}"), encoding="utf-8"))
    assert (refused.code, refused.line, refused.label, refused.field) == ("sie-bad-amount", 10, "#TRANS", "amount")


@pytest.mark.parametrize("written", ["10000000000000.01", "-99999999999999", "9" * 5000])
def test_an_amount_beyond_ten_trillion_kronor_refuses_the_file(written: str) -> None:
    refused = refusal_of(sie_bytes(*voucher(f"#TRANS 1910 {{}} {written}")))
    assert (refused.code, refused.line, refused.label, refused.field) == (
        "sie-amount-too-large",
        10,
        "#TRANS",
        "amount",
    )


def test_a_thousands_blank_is_refused_because_its_rest_stands_where_the_date_should() -> None:
    assert refusal_of(sie_bytes(*voucher("#TRANS 1910 {} 1 000.00"))).code == "sie-bad-date"


def test_account_and_voucher_numbers_are_strings_with_their_zeros() -> None:
    file = read(*voucher("#TRANS 0099 {} 1", "#TRANS 193000 {} -1", head='#VER LEV1 "007" 20240102'))
    assert [row.account for row in file.vouchers[0].rows] == ["0099", "193000"]
    assert (file.vouchers[0].series, file.vouchers[0].number) == ("LEV1", "007")


@pytest.mark.parametrize("account", ["19A0", "1910.0", "-1910", '""', "{}", "١٩١٠"])
def test_what_is_no_account_refuses_the_file(account: str) -> None:
    refused = refusal_of(sie_bytes(*voucher(f"#TRANS {account} {{}} 1"), encoding="utf-8"))
    assert (refused.code, refused.line) == ("sie-bad-account", 10)


@pytest.mark.parametrize("objects", ["", "100", "{1}", '{1 "a" 2}'])
def test_a_missing_or_uneven_object_list_refuses_the_file(objects: str) -> None:
    assert refusal_of(sie_bytes(*voucher(f"#TRANS 1910 {objects} 100"))).code == "sie-bad-object-list"


def test_objects_come_in_pairs_with_codes_as_written_declared_or_not() -> None:
    row = rows_of('#TRANS 1910 {"1" "Nord 1" 7 023} 1')[0]
    assert row.objects == (("1", "Nord 1"), ("7", "023"))


def test_the_row_date_is_optional_and_else_its_own() -> None:
    rows = rows_of('#TRANS 1910 {} 1 ""', "#TRANS 1910 {} 1", "#TRANS 1910 {} -2 20240131")
    assert [row.date for row in rows] == [date(2024, 1, 2), date(2024, 1, 2), date(2024, 1, 31)]


@pytest.mark.parametrize("day", ["20241301", "20240230", "2024-01-02", "240102", "00000000"])
def test_a_date_that_is_none_refuses_the_file(day: str) -> None:
    assert refusal_of(sie_bytes(*voucher(f"#TRANS 1910 {{}} 1 {day}"))).code == "sie-bad-date"
    assert refusal_of(sie_bytes(*voucher(head=f"#VER A 1 {day}"))).code == "sie-bad-date"


def test_a_text_in_the_place_of_the_row_date_is_reported_and_the_voucher_date_holds() -> None:
    file = read(*voucher("#TRANS 1910 {} 0 Inbetalning"))
    assert file.vouchers[0].rows[0].date == date(2024, 1, 2)
    assert reasons(file) == ["'Inbetalning' stands where the date should; the voucher's date holds"]


def test_a_voucher_without_a_date_refuses_the_file() -> None:
    refused = refusal_of(sie_bytes(*voucher(head="#VER A 1")))
    assert (refused.code, refused.line, refused.field) == ("sie-bad-date", 8, "voucher date")


def test_text_quantity_and_sign_stand_in_their_places() -> None:
    row = rows_of('#TRANS 1910 {} 0 "" "rad med } i" -2.5 "Åsa Ö" framtida fält')[0]
    assert (row.text, row.quantity, row.sign) == ("rad med } i", Decimal("-2.5"), "Åsa Ö")


@pytest.mark.parametrize("written", ["0", "0.00", '""', ""])
def test_a_quantity_of_zero_means_none(written: str) -> None:
    assert rows_of(f'#TRANS 1910 {{}} 0 "" "" {written}')[0].quantity is None


def test_an_unreadable_quantity_or_registration_date_is_reported() -> None:
    file = read(*voucher('#TRANS 1910 {} 0 "" "" 2,5', head="#VER A 1 20240102 Text 2024-01-03"))
    assert (file.vouchers[0].registered, file.vouchers[0].rows[0].quantity) == (None, None)
    assert [fault.line for fault in file.faults] == [8, 10]


def test_the_head_of_a_voucher_with_and_without_its_last_fields() -> None:
    file = read(
        *voucher(head='#VER "B" "2" "20240103" "Text \\"x\\"" 20240104 "Åsa"'), *voucher(head="#VER A 1 20240101 Å")
    )
    full, short = file.vouchers
    assert full[:6] == ("B", "2", date(2024, 1, 3), 'Text "x"', date(2024, 1, 4), "Åsa")
    assert short[:6] == ("A", "1", date(2024, 1, 1), "Å", None, "")


@pytest.mark.parametrize(("series", "number"), [('""', '""'), ("#", "1"), ("18", "7"), ("AT", '""')])
def test_series_and_number_may_be_empty_digits_words_or_a_hash(series: str, number: str) -> None:
    file = read(*voucher(*PAIR, head=f"#VER {series} {number} 20240102 Text"))
    assert (file.vouchers[0].series, file.vouchers[0].number) == (series.strip('"'), number.strip('"'))
    assert (len(file.vouchers[0].rows), file.faults) == (2, [])


def test_vouchers_without_number_stay_apart() -> None:
    one = voucher(*PAIR, head='#VER "" "" 20240102')
    assert (len(read(*one, *one).vouchers), read(*one, *one).faults) == (2, [])


def test_a_number_used_twice_is_reported_and_both_vouchers_stand() -> None:
    file = read(*voucher(*PAIR), *voucher(*PAIR))
    assert len(file.vouchers) == 2
    assert [(fault.line, fault.reason) for fault in file.faults] == [(13, "series 'A' has number '1' twice")]


def test_struck_and_added_rows_stand_beside_the_ledger_and_count_nothing() -> None:
    file = read(
        *voucher(
            '#TRANS 1930 {} -218 "" "" 0',
            '#BTRANS 1799 {} 218 "" "" 0 "Åsa"',
            '#RTRANS 6250 {} 218 "" "" 0 "Åsa"',
            '#TRANS 6250 {} 218 "" "" 0',
        )
    )
    assert [row.kind for row in file.vouchers[0].rows] == ["booked", "struck", "added", "booked"]
    assert (row_sums(file), file.faults) == ({"1930": -21800, "6250": 21800}, [])


def test_the_twin_of_an_added_row_may_have_another_date_and_sign() -> None:
    file = read(*voucher('#RTRANS 1910 {} 0 20240601 "" "" "2 Christer"', "#TRANS 1910 {} 0 20240102"))
    assert file.faults == []


@pytest.mark.parametrize(
    "after", [(), ("#TRANS 1910 {} 0",), ("#BTRANS 6250 {} 5",), ("#RTRANS 6250 {} 5", "#TRANS 6250 {} 5")]
)
def test_an_added_row_without_its_twin_is_reported(after: tuple[str, ...]) -> None:
    file = read(*voucher("#RTRANS 6250 {} 5", *after, "#TRANS 1910 {} 0"))
    assert "the added row is not followed by its #TRANS, so it does not count" in reasons(file)


def test_a_voucher_of_struck_rows_only_exists_with_its_number() -> None:
    file = read(*voucher("#BTRANS 1910 {} 5", "#BTRANS 1930 {} -5", head="#VER A 143 20240102"))
    assert (file.vouchers[0].number, row_sums(file), file.faults) == ("143", {}, [])


def test_an_empty_voucher_exists() -> None:
    file = read(*voucher())
    assert (file.vouchers[0].rows, file.faults) == ((), [])


def test_a_year_without_vouchers_is_a_file() -> None:
    assert (read().vouchers, read().faults) == ([], [])


def test_an_unbalanced_voucher_is_reported_with_its_sum() -> None:
    file = read(*voucher("#TRANS 1910 {} 10", "#TRANS 1930 {} -9.99"))
    assert [(fault.line, fault.reason) for fault in file.faults] == [
        (8, "the rows sum to 0.01 instead of zero (A 1 2024-01-02)")
    ]


def test_a_voucher_outside_the_year_is_reported() -> None:
    assert reasons(read(*voucher(head="#VER A 1 20250101"))) == ["2025-01-01 lies outside the year of the file"]


def test_blank_lines_indents_and_tabs_after_braces_change_nothing() -> None:
    loose = ("#VER A 1 20240102 Text", "", "{\t", f"\t{PAIR[0]}", "", f"   {PAIR[1]}  ", " }", "")
    assert read(*loose).vouchers == read(*voucher(*PAIR)).vouchers


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_last_line_needs_no_line_end(end: str) -> None:
    data = sie_bytes(*voucher(*PAIR), end=end)
    assert everything(read_sie(data.rstrip())) == everything(read_sie(data))


def test_a_missing_opening_brace_is_reported_and_the_rows_stay_with_their_voucher() -> None:
    file = read("#VER A 1 20240102", *PAIR, "}", *voucher(*PAIR, head="#VER A 2 20240102"))
    assert [len(one.rows) for one in file.vouchers] == [2, 2]
    assert reasons(file) == ["the brace that opens the voucher is missing"]


def test_a_broken_quote_in_a_text_is_reported_and_the_amount_stands() -> None:
    file = read(*voucher('#TRANS 1910 {} 0 "" "25 tecken och sedan sl'))
    assert (file.vouchers[0].rows[0].text, len(file.faults)) == ("25 tecken och sedan sl", 1)


def test_the_rest_of_a_text_with_a_line_end_in_it_is_reported() -> None:
    file = read(*voucher('#TRANS 1910 {} 0 "" "första raden', 'andra raden"', 'tredje raden" 0'))
    assert [fault.line for fault in file.faults] == [10, 11, 12]


def test_labels_in_small_letters_are_the_same_labels() -> None:
    file = read(*voucher("#trans 1910 {} 1", "#Trans 1930 {} -1", head="#ver A 1 20240102"))
    assert (row_sums(file), file.faults) == ({"1910": 100, "1930": -100}, [])
