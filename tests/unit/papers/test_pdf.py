from __future__ import annotations

import json
import re
import unicodedata
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from shared.papers import figures
from shared.papers.characters import typesettable
from shared.papers.pdf import LISTED_AT_MOST, page_of, pdf_of
from shared.papers.typesetting import compiled
from shared.papers.words import Language
from shared.schedules.content import AccountBalance, BridgeLine, Schedule
from tests.unit.papers.hostile import FIXED, NAMES, SEEDED
from tests.unit.papers.samples import (
    BALANCE_DATE,
    KNOWN_AT,
    SIGNED,
    item,
    many,
    schedule,
    unreadable,
    worked_example,
)


def opened(made: Schedule, language: Language = "sv") -> PdfReader:
    return PdfReader(BytesIO(pdf_of(made, language)))


def text_of(reader: PdfReader) -> str:
    return squeezed(" ".join(page.extract_text() for page in reader.pages))


def squeezed(text: str) -> str:
    """Without any space and hyphenation, which are the layout's."""
    return re.sub(r"[\s\u200b\u00ad\u2010-]", "", text)


def has(text: str, *wanted: str) -> None:
    missing = [each for each in wanted if squeezed(each) not in text]
    assert not missing


def test_it_shows_all_that_a_specification_of_a_balance_sheet_item_has_to() -> None:
    made = worked_example(sign_offs=SIGNED)
    reader = opened(made)
    text = text_of(reader)
    has(text, "Kundfordringar per 2025-12-31", made.company_name, "556677-8899", "1510", "2025-01-01 – 2025-12-31")
    has(text, "Saldo enligt huvudboken27 700,00", "Manuell verifikation på kontot", "A 57 2025-12-31", "−1 000,00")
    has(text, "Summa öppna poster enligt reskontran26 700,00", "Varav oförklarat0,00", "från och med 2025-12-31")
    has(text, "Ej förfallet", "Utan förfallodatum", "Müller Handels GmbH", "EUR 1 000,00 till kurs 11,2000")
    has(text, "Omvärdering till balansdagskurs", "10,9000", "−300,00", "7960", "återförs 2026-01-01")
    has(text, "Omklassificering av kreditsaldon", "Kiosk & Co", "2420")
    has(text, "Anna Åkesson, 2026-03-03 08:30 UTC", "Bo Öberg, 2026-03-04 15:00 UTC", "Stickprov mot fakturor")
    has(text, "Fortnox (API)", str(made.source.import_id), "2026-03-02 13:05 UTC", str(made.id), made.content_hash)
    for each in made.items:
        has(text, each.document_number, each.counterparty_name, figures.amount(each.open_ore, "sv"))
    assert "Ejsignerad" not in text


def test_it_is_an_archive_file_with_title_language_and_tags() -> None:
    reader = opened(worked_example(), "en")
    root: Any = reader.trailer["/Root"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Accounts receivable as at 2025-12-31, Exempelbolaget i Växjö AB"
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    xmp = root["/Metadata"].get_data().decode()
    assert "pdfaid:part" in xmp
    assert "pdfuaid:part" in xmp
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]


def test_every_page_has_its_number_and_the_columns_their_names() -> None:
    made = many(130, kind="payables")
    pages = opened(made).pages
    assert len(pages) >= 3
    numbers = []
    for place, page in enumerate(pages, 1):
        text = squeezed(page.extract_text())
        has(text, f"Sida {place} av {len(pages)}", made.company_name, "Leverantörsskulder per 2025-12-31")
        if "Summaöppna" not in text and "Källaoch" not in text:
            has(text, "Fakturadatum", "Förfallodatum", "Reglerat", "Öppet")
        numbers += re.findall(r"Kund (\d+) Handel", page.extract_text())
    assert len(numbers) == len(made.items)


@pytest.mark.parametrize(("language", "loud"), [("sv", "OFULLSTÄNDIG"), ("en", "NOT COMPLETE")])
def test_a_schedule_that_is_not_complete_says_so_on_every_page(language: Language, loud: str) -> None:
    pages = opened(many(80, faults=(unreadable(),)), language).pages
    for page in pages:
        has(squeezed(page.extract_text()), loud)
    has(squeezed(pages[0].extract_text()), "107", "Input should be a valid decimal")


def test_an_empty_schedule_is_a_page_with_lines_to_sign_on() -> None:
    reader = opened(schedule())
    assert len(reader.pages) == 1
    has(text_of(reader), "Det fanns inga öppna poster på balansdagen.", "Upprättad av Ej signerad", "Underskrift")


def test_an_unexplained_rest_is_named() -> None:
    made = schedule([item(1, 5_00)], [BridgeLine("D99", -7, note="no cause was found")])
    has(text_of(opened(made)), "Oförklarat D99", "ingen orsak hittades", "Varav oförklarat−0,07")


def test_the_same_schedule_gives_the_same_bytes() -> None:
    assert pdf_of(worked_example(), "sv") == pdf_of(worked_example(), "sv")


def test_texts_of_the_books_are_never_taken_for_markup() -> None:
    names = FIXED[1]
    items = [item(number, 100, counterparty_name=name) for number, name in enumerate(FIXED)]
    lines = [BridgeLine("D01", 5, tuple(FIXED), tuple(FIXED), BALANCE_DATE, BALANCE_DATE, " · ".join(FIXED))]
    accounts = (AccountBalance("1510", names, 1),)
    made = schedule(items, lines, company_name=names, accounts=accounts, faults=(unreadable(),))
    text = text_of(opened(made))
    has(text, *(typesettable(name) for name in FIXED))
    has(text, "□ står för ett tecken som inte kan visas här")


def test_every_letter_that_is_let_through_is_in_the_font() -> None:
    letters = [chr(code) for code in range(0x20, 0x25B0)]
    known = [sign for sign in letters if typesettable(sign) == sign and unicodedata.category(sign) != "Zs"]
    assert len(known) > 1_000
    made = schedule([item(1, 100, counterparty_name=" ".join(known))])
    assert len(opened(made).pages) >= 2


@settings(SEEDED, max_examples=10)
@given(st.lists(NAMES, min_size=1, max_size=8))
def test_any_text_can_be_set(names: list[str]) -> None:
    made = schedule([item(name[:9], 100, counterparty_name=name, external_number=name) for name in names])
    page = json.dumps(page_of(made, "sv"))
    assert compiled(page, KNOWN_AT, format="pdf", pdf_standards=["a-2a", "ua-1"])[:5] == b"%PDF-"


def test_items_beyond_what_can_be_printed_are_summed_by_counterparty_and_the_paper_says_so() -> None:
    made = many(LISTED_AT_MOST + 1)
    page = page_of(made, "sv")
    assert page["is_summed"]
    assert len(page["items"]) == 100
    assert sum(int(row[3].partition(" ")[0]) for row in page["items"]) == LISTED_AT_MOST + 1
    assert page["sums"][2] == figures.amount(made.total_ore, "sv")
    assert not page_of(many(20), "sv")["is_summed"]


def test_counterparties_beyond_what_can_be_printed_are_one_row() -> None:
    items = [item(n, n, counterparty_number=str(n), counterparty_name="") for n in range(1, LISTED_AT_MOST + 11)]
    rows = page_of(schedule(items), "en")["items"]
    assert len(rows) == LISTED_AT_MOST + 1
    assert rows[0][2] == "11"
    assert rows[-1][2:4] == ["Others", "10 items"]


def test_dates_are_told_by_iso_and_days_not_due_have_a_true_minus() -> None:
    row = page_of(schedule([item(1, 100, due_date=date(2026, 1, 20))]), "sv")["items"][0]
    assert row[4:7] == ["2025-12-21", "2026-01-20", "−20"]
