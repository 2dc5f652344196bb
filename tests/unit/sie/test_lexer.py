from __future__ import annotations

import pytest

from services.importer.sie.lexer import STRAY, UNCLOSED, UNCLOSED_LIST, Broken, Line, split_lines
from services.importer.sie.lexer import lex as lex_line


def lex(raw: str) -> list[Line]:
    return [lex_line(number, text) for number, text in split_lines(raw.encode()).iter_rows()]


def fields_of(raw: str) -> list[str | tuple[str, ...]]:
    (line,) = lex(raw)
    assert line.broken == ()
    return line.fields


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ('#TRANS\t1910\t{}\t-5.5\t"x"', ["1910", (), "-5.5", "x"]),
        ("#TRANS  1910 \t {}   -5.5  ", ["1910", (), "-5.5"]),
        ("   #TRANS 1910 {} 5", ["1910", (), "5"]),
    ],
)
def test_fields_are_separated_by_any_blanks_and_tabs(raw: str, fields: list[object]) -> None:
    assert fields_of(raw) == fields


def test_a_tab_inside_quotes_is_text() -> None:
    assert fields_of('#VER A 1 20240101 "Korr: 28 \tKund"')[3] == "Korr: 28 \tKund"


def test_quotes_are_optional_on_every_field() -> None:
    assert (
        fields_of('#TRANS "1930" {"6" "P1"} "5.50"')
        == fields_of("#TRANS 1930 {6 P1} 5.50")
        == ["1930", ("6", "P1"), "5.50"]
    )


def test_an_escaped_quote_is_a_quote() -> None:
    assert fields_of(r'#PROGRAM "\"Norstedts Revision\"" 1') == ['"Norstedts Revision"', "1"]
    assert fields_of(r"#KONTO 1910 19\"skärm") == ["1910", '19"skärm']


@pytest.mark.parametrize("text", [r"1820\A012 Cykel", r"C:\ProgramData\SPCS", r"SBC\slllei", r"a \\ b"])
def test_a_backslash_before_anything_else_is_a_backslash(text: str) -> None:
    assert fields_of(f'#FNR "{text}" x') == [text, "x"]


def test_blanks_at_the_ends_of_a_quoted_text_stay() -> None:
    assert fields_of('#VER A 1 20240101 " Reglering KF "')[3] == " Reglering KF "


@pytest.mark.parametrize(
    ("raw", "items"),
    [
        ("{}", ()),
        ("{ }", ()),
        ("{\t}", ()),
        ('{6 "P1040"}', ("6", "P1040")),
        ("{6 P1}", ("6", "P1")),
        ('{"1" "456" "7" "47"}', ("1", "456", "7", "47")),
        ('{8 "30083"\t1 "2"\t10 "12"}', ("8", "30083", "1", "2", "10", "12")),
        ('{ 6 "P 165" }', ("6", "P 165")),
        ('{1 "a } b { c"}', ("1", "a } b { c")),
        (r'{1 "6\" rör"}', ("1", '6" rör')),
    ],
)
def test_an_object_list_is_one_field(raw: str, items: tuple[str, ...]) -> None:
    assert fields_of(f'#TRANS 1910 {raw} 100 ""') == ["1910", items, "100", ""]


def test_braces_inside_quotes_are_text() -> None:
    assert fields_of('#VER A 4 20260225 "{VV cf pay-5} Inbetalning" 20260909')[3:] == [
        "{VV cf pay-5} Inbetalning",
        "20260909",
    ]


def test_an_empty_field_keeps_its_place() -> None:
    assert fields_of('#TRANS 1930 {} -218 "" "" 0') == ["1930", (), "-218", "", "", "0"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_with_lf_crlf_or_cr_and_blank_lines_count_only_as_numbers(end: str) -> None:
    lines = lex(end.join(["#A 1", "", " \t", "{", "#B 2"]))
    assert [(line.number, line.label) for line in lines] == [(1, "#A"), (4, "{"), (5, "#B")]


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\xa0"])
def test_characters_that_python_takes_for_line_ends_or_blanks_are_text(odd: str) -> None:
    assert fields_of(f"#KONTO 1910 Kassa{odd}kontor") == ["1910", f"Kassa{odd}kontor"]


@pytest.mark.parametrize("brace", ["{\t", "  {", "\t}", "} "])
def test_braces_stand_alone_with_blanks_around(brace: str) -> None:
    (line,) = lex(brace)
    assert line.label == brace.strip()


def test_a_quote_that_no_separator_follows_is_text_and_noted() -> None:
    (line,) = lex('#KONTO 1684 "Fordringar hos leverant"r" x')
    assert line.fields == ["1684", 'Fordringar hos leverant"r', "x"]
    assert line.broken == (Broken(1, STRAY),)


def test_a_bare_quote_in_a_bare_word_is_text_and_noted() -> None:
    (line,) = lex('#KONTO 1684 19"skärm')
    assert (line.fields, line.broken) == (["1684", '19"skärm'], (Broken(1, STRAY),))


def test_a_text_that_is_not_closed_ends_with_its_line() -> None:
    first, second = lex('#KONTO 1684 "Fordringar hos lever\n#SRU 1684 7201')
    assert (first.fields[1], first.broken) == ("Fordringar hos lever", (Broken(1, UNCLOSED),))
    assert second.fields == ["1684", "7201"]


def test_an_object_list_that_is_not_closed_swallows_the_rest_and_is_noted() -> None:
    (line,) = lex("#TRANS 1910 {6 P1 100")
    assert (line.fields, line.broken) == (["1910", ("6", "P1", "100")], (Broken(1, UNCLOSED_LIST),))


def test_a_line_that_is_neither_post_nor_brace_has_no_label() -> None:
    assert [line.label for line in lex("TRANS 1\n{ #TRANS\n{}")] == ["", "", ""]
