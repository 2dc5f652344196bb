"""Schedules on paper, as they are asked for over HTTP; the papers themselves are tested apart."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

import httpx
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from uuid6 import uuid7

from services.gateway.routes.papers import entity_tag
from shared.schedules.reading import read_schedule
from shared.store.schedules import ScheduleSignOff
from tests.integration.gateway.house import House, problem_of

NAME = "556703-7485-2025-12-31"


@pytest.fixture
def owner(lasting_house: House) -> Iterator[httpx.Client]:
    """The other firm, whose schedule it is."""
    with lasting_house.as_firm(lasting_house.other) as http:
        http.timeout = httpx.Timeout(60)
        yield http


def path(house: House, suffix: str) -> str:
    return f"/v1/schedules/{house.other.ids['schedule_id']}.{suffix}"


def test_the_pdf_is_given_out_under_a_name_that_says_what_it_is(lasting_house: House, owner: httpx.Client) -> None:
    answer = owner.get(path(lasting_house, "pdf"), params={"lang": "sv"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="kundfordringar-{NAME}.pdf"'
    assert answer.headers["content-language"] == "sv"
    assert "Kund AB" in PdfReader(BytesIO(answer.content)).pages[0].extract_text()


def test_the_workbook_the_list_and_the_pack_are_given_out(lasting_house: House, owner: httpx.Client) -> None:
    xlsx, csv, pack = (owner.get(path(lasting_house, suffix)) for suffix in ("xlsx", "csv", "zip"))
    assert load_workbook(BytesIO(xlsx.content)).sheetnames == ["Items", "Ageing", "Bridge", "Source"]
    assert xlsx.headers["content-type"].endswith("spreadsheetml.sheet")
    assert csv.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert csv.content.decode("utf-8-sig").startswith("Invoice no.,")
    assert pack.headers["content-type"] == "application/zip"
    assert f"receivables-{NAME}.pdf" in ZipFile(BytesIO(pack.content)).namelist()


def test_the_language_is_the_one_told_else_the_one_preferred(lasting_house: House, owner: httpx.Client) -> None:
    swedish = {"Accept-Language": "sv-SE,sv;q=0.9,en;q=0.8"}
    names = [
        owner.get(path(lasting_house, "csv"), headers=headers, params=params).headers["content-disposition"]
        for headers, params in (({}, {}), (swedish, {}), (swedish, {"lang": "en"}), ({}, {"lang": "sv"}))
    ]
    assert ["kundfordringar" in name for name in names] == [False, True, False, True]
    problem_of(owner.get(path(lasting_house, "csv"), params={"lang": "fi"}), 422, "invalid-request")


def test_a_copy_that_is_the_present_one_is_not_sent_again(lasting_house: House, owner: httpx.Client) -> None:
    first = owner.get(path(lasting_house, "csv"))
    tag = first.headers["etag"]
    assert first.headers["vary"] == "Accept-Language"
    again = owner.get(path(lasting_house, "csv"), headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    other_language = owner.get(path(lasting_house, "csv"), headers={"If-None-Match": tag}, params={"lang": "sv"})
    assert other_language.status_code == 200


def test_the_tag_has_the_content_hash_and_changes_with_a_sign_off(house: House) -> None:
    firm_id, schedule_id = house.other.firm_id, house.other.ids["schedule_id"]
    with house.store.read() as session:
        before = read_schedule(session, firm_id, schedule_id)
    sign_off = {"role": "reviewer", "name": "Bo", "comment": "", "signed_with": "x", "at": house.scene.clock.now()}
    with house.store.write() as session:
        session.add(ScheduleSignOff(firm_id=firm_id, schedule_id=schedule_id, **sign_off))
    with house.store.read() as session:
        after = read_schedule(session, firm_id, schedule_id)
    assert before.content_hash == after.content_hash
    assert before.content_hash in entity_tag(before, "sv", None)
    assert entity_tag(before, "sv", None) != entity_tag(after, "sv", None)


@pytest.mark.parametrize("suffix", ["xlsx", "pdf", "csv", "zip"])
def test_another_firms_schedule_is_answered_as_an_unknown_one(lasting_house: House, suffix: str) -> None:
    problem_of(lasting_house.http.get(path(lasting_house, suffix)), 404, "not-found")
    problem_of(lasting_house.http.get(f"/v1/schedules/{uuid7()}.{suffix}"), 404, "not-found")


def test_a_paper_of_another_kind_is_no_schedule(lasting_house: House, owner: httpx.Client) -> None:
    problem_of(owner.get(path(lasting_house, "docx")), 422, "invalid-request")
