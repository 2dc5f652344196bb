"""The page before the trip: who looks at it changes nothing, and its button begins the trip."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from services.gateway.start_words import SCOPE_WORDS
from shared.fortnox import SCOPES
from shared.store.tables import Authorization, Base, Client, Engagement
from tests.integration.gateway.browser import Browser, approve, page_of
from tests.integration.gateway.house import House

SWEDISH = ("Anslut", "Byrå", "Organisationsnummer", "till och med 31 december 2025", "Fortsätt till Fortnox")
ENGLISH = ("Connect", "Firm", "Organisation number", "ending 31 December 2025", "Continue to Fortnox")


@pytest.mark.parametrize(("language", "said"), [("sv", SWEDISH), ("en", ENGLISH)])
def test_the_page_says_whose_books_and_what_is_given_away(house: House, language: str, said: tuple[str, ...]) -> None:
    browser, company = Browser(house, language), house.scene.company
    page = browser.open(browser.ask())
    assert (page.status_code, page.headers["content-language"]) == (200, language)
    named = ("Revision &amp; Råd AB", company.name, company.organisation_number)
    allowed = [word for scope in SCOPES for word in SCOPE_WORDS["sv" if language == "sv" else "en"][scope]]
    assert [text for text in (*said, *named, *allowed) if text not in page.text] == []
    assert '<form method="post">' in page.text


def test_the_page_asks_for_an_administrator_where_a_service_account_needs_one(house: House) -> None:
    browser = Browser(house)
    assert "log in as system administrator" in browser.open(browser.ask("service_account")).text
    assert "system administrator" not in browser.open(browser.ask()).text


def test_what_others_wrote_is_shown_as_text(house: House) -> None:
    house.scene.change(Client, house.scene.client_id, name='<b onclick="x">$title</b>')
    house.scene.change(Engagement, house.scene.engagement_id, year_end=date(2024, 2, 29))
    browser = Browser(house)
    page = browser.open(browser.ask())
    assert "<b " not in page.text
    assert "&lt;b onclick=&quot;x&quot;&gt;$title&lt;/b&gt;" in page.text
    assert "ending 29 February 2024" in page.text


def test_whoever_only_looks_at_the_link_leaves_it_as_it_was(house: House) -> None:
    # A mail program that previews links, a virus scanner, and a chat program that asks for the head alone.
    path = Browser(house).ask()
    before = (house.counts(), _trips(house))
    for looker in (Browser(house), Browser(house)):
        page = looker.open(path)
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
        looker.http.head(path)
    assert (house.counts(), _trips(house)) == before
    browser = Browser(house)
    answer = browser.proceed(path)
    assert answer.status_code == 303
    assert browser.come_back(approve(answer.headers["location"])).status_code == 200


def test_a_form_on_another_site_only_leads_to_the_page(house: House) -> None:
    browser = Browser(house)
    path = browser.ask()
    before = (house.counts(), _trips(house))
    for site in ("cross-site", "same-site"):
        page = page_of(browser.http.post(path, headers={"Sec-Fetch-Site": site}))
        assert (page.status_code, "Continue to Fortnox" in page.text) == (200, True)
    assert (house.counts(), _trips(house)) == before


def test_the_token_of_a_link_is_kept_nowhere_and_a_repeated_request_gets_a_link_of_its_own(house: House) -> None:
    path, headers = house.engagement_path("/connection"), {"Idempotency-Key": "once"}
    urls = {house.http.post(path, json={}, headers=headers).json()["authorize_url"] for _ in range(2)}
    assert len(urls) == 2
    with house.store.read() as session:
        rows = [row for table in Base.metadata.sorted_tables for row in session.execute(select(table))]
    kept = " ".join(
        value.decode("latin-1") if isinstance(value, bytes) else str(value) for row in rows for value in row
    )
    assert [url for url in urls if url.rpartition("/")[2] in kept] == []


def test_other_cookies_do_not_hide_the_one_of_the_trip(house: House) -> None:
    browser = Browser(house)
    house.forget_connection()
    browser.begin()
    for number in range(30):
        browser.http.cookies.set(f"zz-other-{number}", "x")
        browser.http.cookies.set(f"fnp-trip-zz-{number}", "x")
    assert "account-locked" in browser.come_back("").text
    assert house.connection()["last_attempt"]["code"] == "account-locked"


def _trips(house: House) -> list[tuple[object, ...]]:
    return [(trip.id, trip.browser_hash, trip.expires_at, trip.used_at) for trip in house.rows(Authorization)]
