from __future__ import annotations

import re
from pathlib import Path

import pytest

import shared.papers
from services.scheduler.open_items import UNREADABLE
from services.scheduler.remarks import NOTES
from shared.papers import phrases
from shared.papers.words import SAID, words
from shared.schedules.content import CAUSES, Fault

FOLDER = Path(shared.papers.__file__).parent


def test_every_word_is_there_in_both_languages() -> None:
    for key, said in (SAID | phrases.CAUSES | phrases.FLAGS | phrases.FAULTS).items():
        assert said.sv.strip(), key
        assert said.en.strip(), key


def test_every_fault_has_words_and_is_documented() -> None:
    root = FOLDER.parents[1]
    sources = "".join(path.read_text() for path in (root / "services" / "scheduler").glob("*.py"))
    named = set(re.findall(r"Fault\([^\"()]*, \"([a-z-]+)\"", sources)) | {UNREADABLE}
    assert named == phrases.FAULTS.keys()
    for document in ("architecture.md", "schedules.md"):
        text = (root / "docs" / document).read_text()
        assert [code for code in named if f"`{code}`" not in text] == []


def test_every_cause_has_words() -> None:
    assert tuple(phrases.CAUSES) == CAUSES


def test_every_word_that_the_template_asks_for_is_there() -> None:
    template = (FOLDER / "schedule.typ").read_text()
    asked = set(re.findall(r"\bsaid\.([a-z_]+)\b", template)) - {"at"}
    assert asked
    assert asked <= words("sv").keys()


@pytest.mark.parametrize("note", NOTES.values())
def test_a_note_of_the_bridge_is_told_in_swedish(note: str) -> None:
    assert phrases.note(note, "sv") != note
    assert phrases.note(note, "en") == note


@pytest.mark.parametrize(
    ("english", "swedish"),
    [
        ("3 entries that take each other out", "3 poster som tar ut varandra"),
        ("moved to or from 1512, 1513 · Hyra mars", "flyttat till eller från 1512, 1513 · Hyra mars"),
        (
            "the year does not open with what 2024-12-31 closed with",
            "året öppnar inte med utgående balans per 2024-12-31",
        ),
        ("Rättelse · exported from here", "Rättelse · exporterad härifrån"),
        ("", ""),
    ],
)
def test_notes_with_something_in_them_are_told_part_by_part(english: str, swedish: str) -> None:
    assert phrases.note(english, "sv") == swedish


def test_documents_and_faults_are_named_in_the_language() -> None:
    assert phrases.document("payment 17", "sv") == "betalning 17"
    assert phrases.document("payment 17 of 101", "sv") == "betalning 17 av 101"
    assert phrases.document("payment 17 of 101", "en") == "payment 17 of 101"
    assert phrases.document("F-17", "sv") == "F-17"
    fault = Fault("7", "unknown-currency", "currency 'XXX' at the rate 0 per 1")
    assert phrases.fault_reason(fault, "sv") == "Okänd valuta eller kurs: valuta ”XXX”, kurs 0 per 1"
    assert phrases.fault_reason(Fault("7", "new-code", ""), "sv") == "new-code"


def test_flags_make_one_remark() -> None:
    assert phrases.flags(("credit_note", "currency"), "sv") == "Kreditfaktura, utländsk valuta"
    assert phrases.flags((), "en") == ""
    assert phrases.flags(("of_tomorrow",), "en") == "Of_tomorrow"


def test_requests_are_told_in_the_language() -> None:
    assert phrases.call("supplier invoices changed", "sv") == "leverantörsfakturor (ändrade)"
    assert phrases.call("single payments", "sv") == "enskilda betalningar"
    assert phrases.call("new things counted", "sv") == "new things (räknade)"
    assert phrases.call("invoices changed", "en") == "invoices changed"


@pytest.mark.parametrize(
    ("label", "reason", "named", "why"),
    [
        (
            "supplier invoice 17",
            "supplier invoice 17: Total: Value error, not a number: 'tolv'",
            "leverantörsfaktura 17",
            "Underlaget kan inte läsas: Total: inget tal: 'tolv'",
        ),
        (
            "invoice payment 9",
            "invoice payment 9: PaymentDate: Value error, not a date: None",
            "inbetalning 9",
            "Underlaget kan inte läsas: PaymentDate: inget datum: None",
        ),
        (
            "invoice 3",
            "invoice 3: CustomerNumber: Field required",
            "kundfaktura 3",
            "Underlaget kan inte läsas: CustomerNumber: saknas",
        ),
        (
            "invoice 3",
            "invoice 3: Total: Value error, too large an amount at its rate",
            "kundfaktura 3",
            "Underlaget kan inte läsas: Total: ett för stort belopp till sin kurs",
        ),
        (
            "invoice payment 9",
            "invoice payment 9: Number: String should have at most 30 characters",
            "inbetalning 9",
            "Underlaget kan inte läsas: Number: längre än 30 tecken",
        ),
        (
            "invoice payment 9",
            "is in Fortnox' list, and cannot be read there singly",
            "inbetalning 9",
            "Underlaget kan inte läsas: finns i Fortnox lista, men går inte att läsa enskilt där",
        ),
    ],
)
def test_what_cannot_be_read_is_named_in_swedish_with_the_field(label: str, reason: str, named: str, why: str) -> None:
    assert phrases.document(label, "sv") == named
    assert phrases.fault_reason(Fault(label, "unreadable", reason), "sv") == why
    english = phrases.fault_reason(Fault(label, "unreadable", reason), "en")
    assert english.startswith("The document cannot be read: ")
    assert "Value error" not in english
