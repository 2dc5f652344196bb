"""The imported ledger through the API, beside what the books in the stand-in say."""

from __future__ import annotations

from datetime import date

import pytest

from services.importer.actors import routes
from shared.messaging.events import ImportRequested
from shared.money import kronor
from tests.integration.gateway.house import House, problem_of

JANUARY = date(2025, 1, 1)


@pytest.fixture
def imported(house: House) -> House:
    importer = house.scene.consumer("importer", routes(house.scene.access))
    house.scene.send("import-requested", ImportRequested())
    house.scene.pump({"import-requested": importer})
    return house


def test_before_the_first_import_there_is_no_ledger(house: House) -> None:
    for path in ("/trial-balance", "/accounts/1510/transactions"):
        problem_of(house.http.get(house.engagement_path(path)), 409, "not-imported")


@pytest.mark.parametrize(
    ("query", "until"),
    [("", date(2025, 12, 31)), ("?period=2025-02", date(2025, 2, 28)), ("?at=2025-05-15", date(2025, 5, 15))],
)
def test_the_trial_balance_agrees_with_fortnox_at_any_day(imported: House, query: str, until: date) -> None:
    shown = imported.http.get(imported.engagement_path(f"/trial-balance{query}")).json()
    year = next(year for year in imported.scene.company.years.values() if year.from_date == JANUARY)
    truth = imported.scene.company.closing_balances_ore(year.id, until)
    assert {row["account"]: row["closing"] for row in shown["rows"] if row["closing"] != "0.00"} == {
        str(account): kronor(ore) for account, ore in truth.items() if ore
    }
    assert (shown["at"], shown["year_from"], shown["run"]) == (until.isoformat(), "2025-01-01", 1)


def test_a_year_that_was_not_imported_is_not_found(imported: House) -> None:
    problem_of(imported.http.get(imported.engagement_path("/trial-balance?at=1999-12-31")), 404, "year-not-imported")


def test_transactions_lead_from_page_to_page_to_the_closing_balance(imported: House) -> None:
    path, seen, cursor = imported.engagement_path("/accounts/1930/transactions"), [], ""
    while True:
        page = imported.http.get(path, params={"limit": 20} | ({"cursor": cursor} if cursor else {})).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    rows = imported.http.get(imported.engagement_path("/trial-balance")).json()["rows"]
    closing = next(row["closing"] for row in rows if row["account"] == "1930")
    assert len(seen) > 20
    assert seen[-1]["balance"] == closing
    assert len({(row["series"], row["number"], row["amount"], row["balance"]) for row in seen}) == len(seen)
    problem_of(imported.http.get(f"{path}?cursor=nonsense"), 422, "cursor-invalid")


def test_the_transactions_of_a_period_lead_from_one_balance_to_the_next(imported: House) -> None:
    path = imported.engagement_path("/accounts/1930/transactions")
    closing = "0.00"
    for period in ("2025-01", "2025-02", "2025-03"):
        rows = imported.http.get(path, params={"period": period, "limit": 200}).json()["items"]
        assert {row["date"][:7] for row in rows} == {period}
        balance = imported.http.get(imported.engagement_path("/trial-balance"), params={"period": period}).json()
        closing = next(row["closing"] for row in balance["rows"] if row["account"] == "1930")
        assert rows[-1]["balance"] == closing
    until = imported.http.get(path, params={"at": "2025-03-31", "limit": 200}).json()["items"]
    assert (until[-1]["balance"], max(row["date"] for row in until)[:7]) == (closing, "2025-03")
    problem_of(imported.http.get(path, params={"at": "2025-03-31", "period": "2025-03"}), 422, "invalid-request")


def test_an_engagement_says_how_fresh_its_books_are(imported: House) -> None:
    shown = imported.http.get(imported.engagement_path()).json()
    assert shown["last_import"]["state"] == "completed"
    assert shown["freshness"] == shown["last_import"]["finished_at"]
