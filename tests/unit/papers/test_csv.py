from __future__ import annotations

import csv
from io import StringIO

from hypothesis import given

from shared.papers.csv import csv_of
from shared.papers.words import Language
from shared.schedules.content import Schedule
from tests.unit.papers.hostile import NAMES, SEEDED
from tests.unit.papers.samples import item, schedule, unreadable, worked_example


def rows(made: Schedule, language: Language) -> list[dict[str, str]]:
    text = csv_of(made, language).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline=""), delimiter={"sv": ";", "en": ","}[language]))


def test_in_swedish_it_opens_in_a_swedish_excel() -> None:
    data = csv_of(worked_example(), "sv")
    assert data.startswith(b"\xef\xbb\xbfFakturanr;")
    euro = rows(worked_example(), "sv")[3]
    assert (euro["Kund"], euro["Valuta"], euro["Kurs"]) == ("Müller Handels GmbH", "EUR", "11,20")
    assert (euro["Öppet"], euro["Öppet i valuta"], euro["Fakturadatum"]) == ("11200,00", "1000,00", "2025-12-21")


def test_in_english_it_is_as_rfc_4180_has_it() -> None:
    assert csv_of(worked_example(), "en").count(b"\r\n") == 6
    credit = rows(worked_example(), "en")[2]
    assert (credit["Invoice no."], credit["Open"], credit["Due date"]) == ("104", "-2000.00", "")
    assert credit["Remark"] == "Credit note"


def test_the_open_column_adds_up_to_the_schedule() -> None:
    made = worked_example()
    assert sum(float(row["Open"]) for row in rows(made, "en")) == made.total_ore / 100


def test_a_document_that_could_not_be_judged_is_a_row_without_amounts() -> None:
    last = rows(worked_example(faults=(unreadable(),)), "sv")[-1]
    assert last["Fakturanr"] == "107"
    assert last["Öppet"] == ""
    assert last["Anmärkning"].startswith("Kunde inte bedömas: Underlaget kan inte läsas")


@SEEDED
@given(NAMES, NAMES)
def test_no_text_becomes_a_formula_or_breaks_a_row(name: str, number: str) -> None:
    told = rows(schedule([item(number, -100, counterparty_name=name), item(2, 100)]), "sv")
    assert len(told) == 2
    assert told[0]["Öppet"] == "-1,00"
    for key in ("Kund", "Fakturanr"):
        assert not told[0][key].lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert told[1]["Kund"] == "Bergströms Bygg AB"
