from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from shared.papers.words import Language
from shared.papers.xlsx import xlsx_of
from shared.schedules.content import BUCKETS, BridgeLine, Item, Schedule
from tests.unit.papers.reckoning import Reckoned
from tests.unit.papers.samples import BALANCE_DATE, SIGNED, item, many, schedule, unreadable, worked_example

LANGUAGES: tuple[Language, ...] = ("sv", "en")


def opened(made: Schedule, language: Language = "sv") -> Reckoned:
    return Reckoned.of(xlsx_of(made, language))


def texts(book: Reckoned, sheet: str) -> list[Any]:
    return [cell for row in book.stored[sheet].iter_rows(values_only=True) for cell in row if cell is not None]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "made",
    [worked_example(), many(60), many(40, kind="payables"), schedule(), schedule(complete=False)],
    ids=["worked example", "many", "payables", "empty", "empty and not complete"],
)
def test_every_formula_gives_the_value_that_is_stored_beside_it(made: Schedule, language: Language) -> None:
    book = opened(made, language)
    formulas = list(book.cells())
    assert len(formulas) > 20
    for sheet, place, formula, stored in formulas:
        assert book.value(sheet, formula) == pytest.approx(stored, abs=0.001), (sheet, place, formula)


def test_the_sums_are_those_of_the_schedule_and_both_checks_are_nought() -> None:
    made = many(60)
    book = opened(made)
    items = book.formulas["Poster"]
    titles = [cell.value for cell in items[5]]
    total = str(items.cell(3, titles.index("Öppet") + 1).value)
    assert book.value("Poster", total) == pytest.approx(made.total_ore / 100)
    ageing = {row[0]: row[4] for row in book.stored["Åldersfördelning"].iter_rows(min_row=5, values_only=True)}
    assert [ageing[name] for name in list(ageing)[:6]] == [made.ageing[bucket] / 100 for bucket in BUCKETS]
    for sheet in ("Åldersfördelning", "Avstämning"):
        checks = [row for row in book.stored[sheet].iter_rows(values_only=True) if "Kontroll (ska vara 0)" in row]
        assert [value for value in checks[0] if isinstance(value, int | float)] == [0]


def test_a_bridge_that_does_not_lead_to_the_items_is_told_by_its_check() -> None:
    made = worked_example()
    lines = (BridgeLine("D01", -900_00),)
    wrong = replace(made, bridge=replace(made.bridge, lines=lines))
    rows = opened(wrong).stored["Avstämning"].iter_rows(values_only=True)
    check = next(row for row in rows if "Kontroll (ska vara 0)" in row)
    assert 100 in check


def test_items_have_real_dates_and_numbers_a_filter_and_a_header_that_stays() -> None:
    book = opened(worked_example())
    sheet = book.stored["Poster"]
    rows = list(sheet.iter_rows(min_row=5, values_only=True))
    shown = dict(zip(rows[0], rows[4], strict=True))
    assert (shown["Fakturanr"], shown["Kund"], shown["Valuta"]) == ("105", "Müller Handels GmbH", "EUR")
    assert (shown["Kurs"], shown["Öppet"], shown["Öppet i valuta"]) == (11.2, 11200, 1000)
    assert shown["Anmärkning"] == "Utländsk valuta"
    assert isinstance(shown["Fakturadatum"], datetime)
    assert shown["Fakturadatum"].date() == date(2025, 12, 21)
    assert sheet.auto_filter.ref == "A5:T10"
    assert sheet.freeze_panes == "B6"
    assert sheet["M6"].number_format.startswith("#,##0.00")


def test_the_source_says_where_it_comes_from_and_who_signed() -> None:
    made = worked_example(sign_offs=SIGNED)
    shown = texts(opened(made), "Källa")
    for value in (
        "556677-8899",
        made.content_hash,
        str(made.id),
        "Anna Åkesson",
        "Bo Öberg",
        "2026-03-02 13:05\xa0UTC",
    ):
        assert value in shown
    assert "Ej signerad" in texts(opened(worked_example()), "Källa")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_schedule_that_is_not_complete_says_so_on_every_sheet(language: Language) -> None:
    book = opened(worked_example(faults=(unreadable(),)), language)
    loud = {"sv": "OFULLSTÄNDIG", "en": "NOT COMPLETE"}[language]
    for sheet in book.stored.sheetnames:
        assert any(str(text).startswith(loud) for text in texts(book, sheet)), sheet
    assert "107" in texts(book, book.stored.sheetnames[-1])


def test_proposals_are_there_when_there_are_any() -> None:
    shown = texts(opened(worked_example()), "Förslag")
    for value in ("EUR", 10.9, "1510", "7960", -300, 300, "Kiosk & Co", "2420"):
        assert value in shown
    assert opened(schedule()).stored.sheetnames == ["Poster", "Åldersfördelning", "Avstämning", "Källa"]


def test_each_document_behind_a_line_has_a_row_however_many_there_are() -> None:
    documents = tuple(str(number) for number in range(1, 9001))  # more letters than a cell can hold
    made = schedule([item(1, 5_00)], [BridgeLine("D11", 5_00, documents, ("A 1 2025-12-31",), BALANCE_DATE)])
    shown = texts(opened(made), "Avstämning")
    assert set(documents) <= {text for text in shown if isinstance(text, str)}
    assert "A 1 2025-12-31" in shown


@pytest.mark.parametrize(
    "name", ["=1+1", "+46", "-5", "@SUM(A1)", "http://a.example/", "internal:A1", "{=1}", "\x07bell", "a" * 40_000]
)
def test_a_name_is_a_text_whatever_it_looks_like(name: str) -> None:
    book = Reckoned.of(xlsx_of(schedule([item(1, 100, counterparty_name=name)]), "sv"))
    cell = book.formulas["Poster"]["D6"]
    assert cell.data_type == "s"
    assert cell.hyperlink is None
    assert str(cell.value)[:30] == name.replace("\x07", " ")[:30]


def test_a_day_that_excel_does_not_know_is_shown_as_text() -> None:
    old: Item = item(1, 100, invoice_date=date(1753, 1, 1))
    assert opened(schedule([old])).stored["Poster"]["E6"].value == "1753-01-01"


def test_the_same_schedule_gives_the_same_bytes() -> None:
    assert xlsx_of(many(30), "sv") == xlsx_of(many(30), "sv")
    assert xlsx_of(many(30), "sv") != xlsx_of(many(30), "en")
