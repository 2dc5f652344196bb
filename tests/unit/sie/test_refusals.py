from __future__ import annotations

import pytest

from services.importer.sie import REFUSALS, SieError
from services.importer.sie.encoding import MAX_BYTES
from shared.errors import Rejected
from tests.unit.sie.specimens import read, refusal_of, sie_bytes, voucher

ROWS = ("#TRANS 1910 {} -10", "#TRANS 1930 {} 10")

# code, file, line, label, field
CASES: list[tuple[str, bytes, int, str, str]] = [
    ("sie-empty", b"", 0, "", ""),
    ("sie-not-a-sie-file", b"<html>", 0, "", ""),
    ("sie-too-large", sie_bytes().ljust(MAX_BYTES + 1), 0, "", ""),
    ("sie-nul-bytes", sie_bytes("\0"), 8, "", ""),
    ("sie-truncated", sie_bytes("#VER A 1 20240102", "{", *ROWS), 8, "#VER", ""),
    ("sie-bad-line", sie_bytes("IB 0 1910 5"), 8, "", ""),
    ("sie-block-broken", sie_bytes(*ROWS), 8, "#TRANS", ""),
    ("sie-broken-quote", sie_bytes('#OBJEKT 1 "No"rd" x'), 8, "#OBJEKT", ""),
    ("sie-checksum-wrong", sie_bytes("#KSUMMA", "#KSUMMA 1"), 9, "#KSUMMA", ""),
    ("sie-contradiction", sie_bytes("#UB 0 1910 5", "#UB 0 1910 6"), 9, "#UB", ""),
    ("sie-bad-amount", sie_bytes("#IB 0 1910 1,50"), 8, "#IB", "amount"),
    ("sie-amount-too-large", sie_bytes("#IB 0 1910 10000000000000.01"), 8, "#IB", "amount"),
    ("sie-sum-too-large", sie_bytes(*voucher(*["#TRANS 1910 {} 9999999999999.99"] * 9_300)), 0, "", ""),
    ("sie-bad-date", sie_bytes("#RAR -1 20230101 20231131"), 8, "#RAR", "last day"),
    ("sie-bad-account", sie_bytes("#KONTO Kassa 1910"), 8, "#KONTO", "account"),
    ("sie-bad-object-list", sie_bytes("#OIB 0 1910 Nord 5"), 8, "#OIB", "objects"),
    ("sie-too-long", sie_bytes(f"#KONTO {'1' * 21} Kassa"), 8, "#KONTO", "account"),
    ("sie-bad-period", sie_bytes("#PSALDO 0 202413 1910 {} 5"), 8, "#PSALDO", "period"),
    ("sie-bad-year", sie_bytes("#UB 2024 1910 5"), 8, "#UB", "year"),
    ("sie-bad-type", b"#FLAGGA 0\n#SIETYP 5\n", 2, "#SIETYP", "type"),
]


@pytest.mark.parametrize(("code", "data", "line", "label", "field"), CASES, ids=[case[0] for case in CASES])
def test_a_refusal_names_code_line_label_and_field(code: str, data: bytes, line: int, label: str, field: str) -> None:
    refused = refusal_of(data)
    assert (refused.code, refused.line, refused.label, refused.field) == (code, line, label, field)
    assert (f"line {line}" if line else "") in refused.reason
    assert isinstance(refused, Rejected)


def test_every_code_has_a_file_that_earns_it() -> None:
    assert {case[0] for case in CASES} == set(REFUSALS)


@pytest.mark.parametrize(
    "lines",
    [
        ("}",),
        ("{",),
        ("#VER A 1 20240102", *voucher(*ROWS)),
        ("#VER A 1 20240102", "{", "{", "}"),
        ("#VER A 1 20240102", "{", *ROWS, *voucher(*ROWS)),
        ("#VER A 1 20240102", "{", *ROWS, "#IB 0 1910 5", "}"),
        (*voucher(*ROWS), *ROWS),
    ],
)
def test_braces_rows_and_vouchers_that_do_not_fit_refuse_the_file(lines: tuple[str, ...]) -> None:
    assert refusal_of(sie_bytes(*lines)).code == "sie-block-broken"


def test_a_file_that_ends_inside_a_voucher_is_refused_wherever_it_is_cut() -> None:
    data = sie_bytes(*voucher(*ROWS))
    for end in range(data.index(b"{") - 2, data.rindex(b"}")):
        refused = refusal_of(data[:end])
        assert (refused.code, refused.line) == ("sie-truncated", 8)


@pytest.mark.parametrize(
    "post",
    [
        '#VER "A 1 20240102',
        '#VER A "1"x" 20240102',
        '#TRANS "1910 {} 5',
        '#TRANS 1910 {1 "No"rd"} 5',
        "#TRANS 1910 {1 Nord 5",
        '#TRANS 1910 {} "5',
        '#KONTO "1910 Kassa',
        '#RAR 0 20240101 "20241231',
        '#ORGNR "556000-0001',
    ],
)
def test_a_broken_quote_or_list_before_amount_or_identity_refuses_the_file(post: str) -> None:
    lines = voucher(post) if post.startswith("#TRANS") else (post,)
    assert refusal_of(sie_bytes(*lines)).code == "sie-broken-quote"


@pytest.mark.parametrize(
    ("head", "row", "line", "field"),
    [
        (f"#VER {'S' * 21} 1 20240102", ROWS[0], 8, "series"),
        (f"#VER A {'1' * 41} 20240102", ROWS[0], 8, "number"),
        ("#VER A 1 20240102", f"#TRANS {'1' * 21} {{}} 0", 10, "account"),
        ("#VER A 1 20240102", f"#TRANS 1930 {{1 {'å' * 101}}} 0", 10, "objects"),
        ("#VER A 1 20240102", f"#TRANS 1930 {{6 P1 {'1' * 101} x}} 0", 10, "objects"),
    ],
)
def test_an_identifier_longer_than_the_ledger_takes_is_refused(head: str, row: str, line: int, field: str) -> None:
    refused = refusal_of(sie_bytes(*voucher(row, head=head)))
    assert (refused.code, refused.line, refused.field) == ("sie-too-long", line, field)


@pytest.mark.parametrize(
    ("post", "field"),
    [
        (f"#DIM {'9' * 101} Ort", "dimension"),
        (f"#UNDERDIM 21 Ort {'9' * 101}", "parent dimension"),
        (f"#OBJEKT {'9' * 101} N Nord", "dimension"),
        (f"#OBJEKT 1 {'N' * 101} Nord", "object"),
        (f"#OIB 0 1910 {{1 {'N' * 101}}} 5", "objects"),
        (f"#PSALDO 0 202401 1910 {{1 {'N' * 101}}} 5", "objects"),
    ],
)
def test_a_dimension_or_object_that_no_index_would_hold_is_refused(post: str, field: str) -> None:
    refused = refusal_of(sie_bytes(post))
    assert (refused.code, refused.line, refused.field) == ("sie-too-long", 8, field)


def test_objects_of_the_greatest_length_are_taken() -> None:
    code = "å" * 100
    file = read(f"#OBJEKT 1 {code} Nord", *voucher(f"#TRANS 1930 {{1 {code}}} 0"))
    assert file.objects == {("1", code): "Nord"}
    assert file.vouchers[0].rows[0].objects == (("1", code),)


def test_a_year_that_ends_before_it_begins_is_refused() -> None:
    assert refusal_of(sie_bytes("#RAR -1 20231231 20230101")).code == "sie-bad-date"


def test_a_page_glued_into_the_file_by_a_gateway_refuses_it() -> None:
    assert refusal_of(sie_bytes(*voucher(*ROWS), "<html>502</html>")).code == "sie-bad-line"


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(str(refusal_of(sie_bytes(f"#IB 0 1910 {'x' * 10_000}")))) < 200


def test_a_refusal_without_a_place_still_reads_well() -> None:
    assert str(SieError("sie-empty", "the file is empty")) == "sie-empty: the file is empty"
