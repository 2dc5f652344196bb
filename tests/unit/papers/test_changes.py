"""A signed schedule on paper beside what is known now."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO, StringIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from pypdf import PdfReader

from shared.papers.changes_page import LARGEST, changes_page
from shared.papers.csv import csv_of
from shared.papers.evidence import evidence_of
from shared.papers.pdf import page_of, pdf_of
from shared.papers.words import Language
from shared.papers.xlsx import xlsx_of
from shared.schedules.changes import KnownNow, known_now
from shared.schedules.content import BridgeLine, Schedule
from tests.unit.papers.reckoning import Reckoned
from tests.unit.papers.samples import BALANCE_DATE, SIGNED, item, schedule, unreadable, worked_example
from tests.unit.papers.test_pdf import has, text_of

AT = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)
MADE = worked_example(sign_offs=SIGNED)


def later(signed: Schedule = MADE) -> KnownNow:
    """A payment of 500 on 101 was entered later for a day before the balance date, 109 is new, and 102 is spoiled."""
    items = [
        replace(each, settled_ore=500_00, open_ore=12_000_00, open_minor=12_000_00)
        if each.document_number == "101"
        else each
        for each in signed.items
        if each.document_number != "102"
    ]
    items.append(item(109, 950_00))
    lines = [BridgeLine("D01", -1_250_00, (), ("A 57 2025-12-31", "A 61 2025-12-30"), BALANCE_DATE, BALANCE_DATE)]
    newest = schedule(items, lines, faults=(unreadable(),), version=2, known_at=AT, id=UUID(int=7))
    return known_now(signed, newest)


def sheet_of(book: Reckoned, name: str) -> list[tuple[object, ...]]:
    return [row for row in book.stored[name].iter_rows(values_only=True) if any(cell is not None for cell in row)]


@pytest.mark.parametrize(("language", "name"), [("sv", "Ändringar"), ("en", "Changes")])
def test_the_workbook_shows_both_figure_by_figure_and_the_items_add_up(language: Language, name: str) -> None:
    book = Reckoned.of(xlsx_of(MADE, language, later()))
    rows = sheet_of(book, name)
    figures = {row[2]: row[3:6] for row in rows if isinstance(row[3], int | float)}
    total = {"sv": "Summa öppna poster enligt reskontran", "en": "Total open items in the sub-ledger"}[language]
    assert figures[total] == (26_700, 22_150, -4_550)
    items = {row[0]: row[3:6] for row in rows if row[0] in ("101", "102", "109")}
    assert items == {"101": (12_500, 12_000, -500), "102": (5_000, 0, -5_000), "109": (0, 950, 950)}
    for sheet, place, formula, stored in book.cells():
        assert book.value(sheet, formula) == pytest.approx(stored, abs=0.001), (sheet, place, formula)
    check = {"sv": "Kontroll (ska vara 0)", "en": "Check (must be 0)"}[language]
    assert [row[5] for row in rows if check in row] == [0]


def test_every_sheet_says_that_it_has_changed_and_none_when_it_has_not() -> None:
    book = Reckoned.of(xlsx_of(MADE, "sv", later()))
    for sheet in book.stored.sheetnames:
        assert any("ÄNDRAD EFTER SIGNERING" in str(cell) for row in sheet_of(book, sheet) for cell in row), sheet
    unchanged = Reckoned.of(xlsx_of(MADE, "sv"))
    assert "Ändringar" not in unchanged.stored.sheetnames


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_pdf_shows_both_beside_each_other(language: Language) -> None:
    text = text_of(PdfReader(BytesIO(pdf_of(MADE, language, later()))))
    if language == "sv":
        has(text, "ÄNDRAD EFTER SIGNERING", "Signerat och känt nu", "Känt nu enligt version 2, 2026-04-01 06:30 UTC")
        has(text, "Summa öppna poster enligt reskontran26 700,0022 150,00−4 550,00", "12 500,0012 000,00−500,00")
        has(text, "D01 Manuell verifikation på kontot−1 000,00−1 250,00−250,00", "Underlag som inte längre kan bedömas")
    else:
        has(text, "CHANGED SINCE SIGNED", "As signed and as known now", "26,700.0022,150.00−4,550.00")
    assert page_of(MADE, language)["changes"] is None


def test_many_changed_items_are_the_largest_and_a_row_of_the_others() -> None:
    signed = schedule([item(number, 100 * number) for number in range(1, LARGEST + 11)])
    shown = changes_page(known_now(signed, schedule()), "en")["items"]
    assert len(shown) == LARGEST + 1
    assert (shown[0]["number"], shown[-1]["party"], shown[-1]["touched"]) == ("11", "Others", "10 items")
    assert shown[-1]["amounts"] == ["55.00", "0.00", "−55.00"]


@pytest.mark.parametrize(("language", "delimiter"), [("sv", ";"), ("en", ",")])
def test_the_list_remarks_on_items_that_differ_and_adds_up_as_signed(language: Language, delimiter: str) -> None:
    text = csv_of(MADE, language, later()).decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))
    opened = rows[0].index({"sv": "Öppet", "en": "Open"}[language])
    sums = sum(float(row[opened].replace(",", ".")) for row in rows[1:] if row[opened])
    assert sums == MADE.total_ore / 100
    remarks = {row[0]: row[-1] for row in rows[1:]}
    number = {"sv": "12000,00", "en": "12000.00"}[language]
    assert remarks["101"].endswith(f": {number}")
    assert (rows[-1][0], rows[-1][opened]) == ("109", "")


def test_the_pack_has_the_changes_as_facts_and_its_readme_says_so() -> None:
    pack = ZipFile(BytesIO(evidence_of(MADE, "sv", later())))
    facts = json.loads(pack.read("changes.json"))
    assert facts["version"] == 2
    assert facts["changes"]["total"] == {"before_ore": 26_700_00, "after_ore": 22_150_00}
    assert "ändrats sedan bilagan signerades" in pack.read("README.txt").decode("utf-8-sig")
    assert "changes.json" in pack.read("SHA256SUMS").decode()
    assert json.loads(pack.read("content.json"))["total_ore"] == MADE.total_ore
