from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest

from shared.papers.csv import csv_of
from shared.papers.evidence import SUMS, evidence_of
from shared.papers.filenames import file_stem
from shared.papers.pdf import pdf_of
from shared.papers.words import Language
from shared.papers.xlsx import xlsx_of
from tests.unit.papers.samples import SIGNED, schedule, unreadable, worked_example

SIGNED_EXAMPLE = worked_example(sign_offs=SIGNED)


@pytest.fixture(scope="module")
def pack() -> ZipFile:
    return ZipFile(BytesIO(evidence_of(SIGNED_EXAMPLE, "sv")))


def test_it_holds_the_papers_as_they_are_given_out_singly(pack: ZipFile) -> None:
    stem = "kundfordringar-556677-8899-2025-12-31"
    assert pack.read(f"{stem}.pdf") == pdf_of(SIGNED_EXAMPLE, "sv")
    assert pack.read(f"{stem}.xlsx") == xlsx_of(SIGNED_EXAMPLE, "sv")
    assert pack.read(f"{stem}.csv") == csv_of(SIGNED_EXAMPLE, "sv")


def test_the_sums_hold_for_every_file_in_the_form_of_sha256sum(pack: ZipFile) -> None:
    lines = pack.read(SUMS).decode().splitlines()
    told = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    assert told.keys() == set(pack.namelist()) - {SUMS}
    for name, digest in told.items():
        assert hashlib.sha256(pack.read(name)).hexdigest() == digest


def test_the_sum_of_the_facts_is_the_hash_that_stands_on_the_papers(pack: ZipFile) -> None:
    facts = pack.read("content.json")
    assert hashlib.sha256(facts).hexdigest() == SIGNED_EXAMPLE.content_hash
    content = json.loads(facts)
    assert content["total_ore"] == 26_700_00
    assert [item["document_number"] for item in content["items"]] == ["101", "102", "104", "105", "106"]
    copy = json.loads(pack.read("copy.json"))
    assert [sign["name"] for sign in copy["sign_offs"]] == ["Anna Åkesson", "Bo Öberg"]
    assert copy["content_hash"] == SIGNED_EXAMPLE.content_hash


def test_the_readme_says_what_it_is_and_how_to_check_it(pack: ZipFile) -> None:
    text = pack.read("README.txt").decode("utf-8-sig")
    for wanted in ("Kundfordringar per 2025-12-31", "556677-8899", "Granskad av: Bo Öberg", "sha256sum -c SHA256SUMS"):
        assert wanted in text
    assert "OFULLSTÄNDIG" not in text
    assert "VARNING" not in text


def test_the_readme_warns_when_the_content_is_not_what_was_hashed() -> None:
    altered = replace(schedule(faults=(unreadable(),)), company_name="Annan AB")
    text = ZipFile(BytesIO(evidence_of(altered, "en"))).read("README.txt").decode("utf-8-sig")
    assert "NOT COMPLETE" in text
    assert "WARNING" in text


def test_the_same_schedule_gives_the_same_bytes() -> None:
    assert evidence_of(schedule(), "sv") == evidence_of(schedule(), "sv")


@pytest.mark.parametrize(
    ("language", "kind", "stem"),
    [
        ("sv", "receivables", "kundfordringar-556677-8899-2025-12-31"),
        ("sv", "payables", "leverantorsskulder-556677-8899-2025-12-31"),
        ("en", "payables", "payables-556677-8899-2025-12-31"),
    ],
)
def test_file_names_say_what_is_in_them(language: Language, kind: str, stem: str) -> None:
    assert file_stem(schedule(kind=kind), language) == stem
    assert file_stem(schedule(kind=kind, complete=False), language).startswith(f"{stem}-")


def test_a_file_name_is_safe_whatever_the_organisation_number_says() -> None:
    assert file_stem(schedule(organisation_number='5566\r\n"../x'), "sv") == "kundfordringar-5566-2025-12-31"
