"""Vouchers read as columns say exactly what the same vouchers say line by line, and so do their refusals."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.importer.sie import SieError, read_sie
from services.importer.sie.columns import HEADS, ROWS, plain_vouchers
from services.importer.sie.encoding import to_utf8
from services.importer.sie.lexer import split_lines
from tests.bench.sie_file import ledger_file
from tests.fuzz.sie_damage import case, truncations
from tests.unit.sie.specimens import everything, read, reasons, sie_bytes, voucher, with_checksum
from tests.unit.sie.spellings import Books, files
from tests.unit.sie.test_reference_files import EXPECTED, data_of

SEED = 20240102
DAMAGED = 150
POSTS = frozenset({"#RAR", "#RES"})
PAIR = ("#TRANS 1910 {} -10", "#TRANS 1930 {} 10")

# lines that a row, a head or what stands between them may turn into
ROW_TAILS = (
    *(
        "{} 0",
        "{}  0.5\t",
        "{ } -0",
        "{1 N} 1",
        '{1 "N"} 1',
        '{ 1 "N 1"\t6 P } 1',
        "{1 a 2 b 3 c} 1",
        "{1 a 2 b 3 c 4 d} 1",
    ),
    *(
        '{1 "a}{"} 1',
        '{1 "\\"a"} 1',
        '{1 "\x01"} 1',
        '{1"a"} 1',
        "{1} 1",
        "{1 2 3} 1",
        '{"1""2"} 1',
        "{1 a} 1 {}",
        "{1 a}1",
        f"{{1 {'N' * 96}}} 1",
        f"{{1 {'N' * 100}}} 1",
        f"{{1 {'N' * 101}}} 1",
    ),
    *(
        '{} "5.50"',
        "{} 9999999999999.99",
        "{} 10000000000000",
        "{} 10000000000000.01",
        "{} 5.",
        "{} 1e3",
        '{} "5',
        "{} 007.1",
    ),
    *(
        '{} 1 ""',
        "{} 1 20240131",
        '{} 1 "20240131"',
        "{} 1 20240230",
        "{} 1 00010101",
        "{} 1 00000101",
        "{} 1 text",
        "{} 1 {}",
    ),
    *(
        '{} 1 "" ""',
        '{} 1 "" text',
        '{} 1 "" "a b"',
        '{} 1 "" "\\"a\\" b\\\\c"',
        '{} 1 "" "a\\"',
        '{} 1 "" "a\\" 0 "b"',
    ),
    *('{} 1 "" "a "b" c"', '{} 1 "" "{a} b"', '{} 1 "" {a}', '{} 1 "" a{b}', '{} 1 "" a"b', '{} 1 "" "\xa0\u2028\x85"'),
    *('{} 1 "" "" 0', '{} 1 "" "" ""', '{} 1 "" "" 0.00', '{} 1 "" "" -0.50', '{} 1 "" "" 007', '{} 1 "" "" "2.5"'),
    *(
        '{} 1 "" "" 2,5',
        '{} 1 "" "" 1e3',
        '{} 1 "" "" 1 "Åsa Ö"',
        '{} 1 "" "" 1 Åsa',
        '{} 1 "" "" 1 Å x',
        '{} 1 "" "" 1 "Å" ""',
    ),
)
HEADS_WRITTEN = (
    *(
        "#VER A 1 20240102",
        '#VER "A" "1" "20240102"',
        '#VER "" "" 20240102',
        '#VER # 1 20240102 ""',
        "#VER A 1 20240102 Text",
    ),
    *(
        '#VER A 1 20240102 "a \\"b\\" {c}" 20240103 Åsa',
        '#VER A 1 20240102 "" "" "Å Ö"',
        "#VER A 1 20240102 T 20240230",
    ),
    *(
        "#VER A 1 20240102 T nix",
        "#VER A 1 20240230",
        "#VER A 1",
        "#ver A 1 20240102",
        "#VERA 1 20240102",
        "#VER {} 1 20240102",
    ),
    *(
        f"#VER {'S' * 20} {'1' * 40} 20240102",
        f"#VER {'S' * 21} 1 20240102",
        f"#VER A {'1' * 41} 20240102",
        "#VER A 1 00000102",
    ),
    *(
        '#VER A 1 20240102 "cut off',
        '#VER A "1"x" 20240102',
        "#VER A 1 20240102 T 20240102 S extra",
        "#VER A 1 20250102",
    ),
)
BETWEEN = (
    *(
        "",
        "}",
        "{",
        "#KONTO 1910 Kassa",
        "#konto 1910 Kassa",
        "#UNKNOWN 1",
        "nothing",
        '#KONTO 1910 "cut',
        "#RAR -1 20230101",
    ),
    *(
        "#TRANS 1910 {} 0",
        "#VER A 2 20240103",
        "#KSUMMA",
        " \t",
        "{ ",
        "\t}",
        "#RTRANS 1910 {} 5",
        "#BTRANS 1910 {} 5",
        "#",
    ),
)


def outcome(data: bytes, *, in_columns: bool) -> Any:
    try:
        return everything(read_sie(data, in_columns=in_columns))
    except SieError as refused:
        return refused.code, refused.line, refused.label, refused.field, refused.reason


def require_same(data: bytes) -> None:
    assert outcome(data, in_columns=True) == outcome(data, in_columns=False), data


def taken_plain(data: bytes) -> int:
    return plain_vouchers(split_lines(to_utf8(data)[0]), POSTS).columns.heads.height


@pytest.mark.parametrize("name", EXPECTED)
def test_real_files_say_the_same_either_way(name: str) -> None:
    require_same(data_of(name))


@settings(derandomize=True, max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_every_legal_spelling_says_the_same_either_way(written: tuple[Books, bytes]) -> None:
    require_same(written[1])


def test_damaged_files_say_the_same_either_way() -> None:
    first = len(truncations())
    for number in range(first, first + DAMAGED):
        require_same(case(SEED, number))


@pytest.mark.parametrize("tail", ROW_TAILS)
def test_a_row_says_the_same_either_way(tail: str) -> None:
    require_same(sie_bytes(*voucher(f"#TRANS 1910 {tail}", *PAIR), *voucher(*PAIR), encoding="utf-8"))


@pytest.mark.parametrize("label", ["#BTRANS", "#RTRANS", "#trans", "#TRANSX", "#TRANS\t", "#CTRANS"])
@pytest.mark.parametrize("account", ["1910", '"0099"', "1" * 20, "1" * 21, "19A0", '""', '"1910'])
def test_a_label_and_an_account_say_the_same_either_way(label: str, account: str) -> None:
    require_same(sie_bytes(*voucher(f"{label} {account} {{}} 5", *PAIR), *voucher(*PAIR)))


@pytest.mark.parametrize("head", HEADS_WRITTEN)
def test_a_head_says_the_same_either_way(head: str) -> None:
    for rows in (PAIR, (), ("#BTRANS 1910 {} 5",), ("#RTRANS 1910 {} 5", "#TRANS 1910 {} 5")):
        require_same(sie_bytes(*voucher(*PAIR), *voucher(*rows, head=head), *voucher(*PAIR)))


@settings(derandomize=True, max_examples=60, deadline=None, database=None)
@given(
    st.lists(st.sampled_from([*voucher(*PAIR), *voucher(*PAIR), *voucher(*PAIR, head="#VER A 7 20240103"), *BETWEEN]))
)
def test_lines_in_any_order_say_the_same_either_way(lines: list[str]) -> None:
    require_same(sie_bytes(*lines))


@settings(derandomize=True, max_examples=60, deadline=None, database=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(HEADS_WRITTEN[:8]), st.sampled_from(ROW_TAILS), st.sampled_from(BETWEEN)), max_size=4
    )
)
def test_plain_and_odd_vouchers_beside_each_other_keep_their_order(parts: list[tuple[str, str, str]]) -> None:
    lines = [line for head, tail, between in parts for line in (*voucher(f"#TRANS 1910 {tail}", head=head), between)]
    require_same(sie_bytes(*lines, encoding="utf-8"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_checksum_covers_plain_vouchers_too(end: str) -> None:
    content = [
        '#VER A 1 20240102 "a \\"b\\" {c}"',
        "{",
        '#TRANS "1910" { 1 "N 1" 6\tP } 0 "" \\x',
        "#TRANS 1910 {} 0",
        "}",
    ]
    values = ("#VER", "A", "1", "20240102", 'a "b" {c}', "#TRANS", "1910", "1", "N 1", "6", "P", "0", "", "\\x")
    data = with_checksum((end.join([*content, *content]) + end).encode(), *[*values, "#TRANS", "1910", "0"] * 2)
    assert read_sie(data).checksum == "verified"
    require_same(data)
    require_same(data + b"\n" + (end.join(content)).encode())
    require_same(data.replace(b"N 1", b"N 2"))


def test_a_usual_file_is_read_as_columns_but_for_nothing() -> None:
    ledger = ledger_file(2_000)
    file = read_sie(ledger.data)
    assert taken_plain(ledger.data) == file.heads.height == ledger.vouchers
    assert everything(file) == everything(read_sie(ledger.data, in_columns=False))


def test_one_odd_row_takes_its_own_voucher_out_and_no_other() -> None:
    odd = voucher("#TRANS 1910 {} 0 20240102 {list}")
    assert taken_plain(sie_bytes(*voucher(*PAIR), *odd, *voucher(*PAIR), *voucher(*PAIR))) == 3
    assert taken_plain(sie_bytes(*voucher(*PAIR), "#UNKNOWN", *voucher(*PAIR), *voucher(*PAIR))) == 2


def test_the_frames_have_the_columns_that_they_promise() -> None:
    for file in (read(*voucher(*PAIR)), read(), read(*voucher("#TRANS 1910 {} 0 x {}"))):
        assert dict(file.heads.schema) == HEADS
        assert dict(file.rows.schema) == {
            "voucher": pl.UInt32(),
            **{name: ROWS[name] for name in ROWS if name != "line"},
        }


def test_objects_are_json_and_quantities_plain_decimals() -> None:
    file = read(*voucher('#TRANS 1910 {6 "P\\"1" 1 "å\\\\\t"} 0 "" "" -0.50', '#TRANS 1910 {1 10 6 P1} 0 "" "" 0.00'))
    assert file.rows["objects"].to_list() == ['[["6","P\\"1"],["1","å\\\\\\\\\\t"]]', '[["1","10"],["6","P1"]]']
    assert file.rows["quantity"].to_list() == ["-0.50", None]


def test_what_is_wrong_among_vouchers_is_reported_whichever_way_each_was_read() -> None:
    odd = voucher("#TRANS 1910 {} 0 20240102 {list}", "#TRANS 1910 {} 5", head="#VER A 1 20250102")
    found = reasons(read(*voucher("#RTRANS 1910 {} 5", *PAIR), *odd))
    assert found == [
        "the added row is not followed by its #TRANS, so it does not count",
        "series 'A' has number '1' twice",
        "the rows sum to 5.00 instead of zero (A 1 2025-01-02)",
        "2025-01-02 lies outside the year of the file",
    ]
