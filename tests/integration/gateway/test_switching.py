"""Changing the data source of an engagement in progress: shown first, accepted then, and until then nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from services.sandbox.company import Company, VoucherKey, VoucherRow
from services.sandbox.edits import Desk
from services.sandbox.state import SandboxState
from shared.messaging.events import ConnectionAuthorized
from tests.integration.gateway.filing import Filing
from tests.integration.gateway.house import House, problem_of
from tests.scene import names

YEAR = date(2025, 1, 1)


@pytest.fixture
def filing(house: House) -> Filing:
    """An engagement on Fortnox whose ledger was imported from there."""
    filing = Filing(house)
    assert house.http.post(house.engagement_path("/imports"), json={}).status_code == 202
    filing.work()
    return filing


@pytest.fixture
def carried(house: House) -> Filing:
    """An engagement on files whose ledger came in one; its client is connected."""
    filing = Filing(house)
    filing.read_from("sie")
    filing.imported(filing.file())
    return filing


def put(filing: Filing, source: str, accept: bool | str = False) -> httpx.Response:
    body = {"data_source": source, "accept_differences": accept}
    return filing.house.http.put(filing.house.engagement_path("/data-source"), json=body, timeout=60)


def source_of(filing: Filing) -> str:
    found: str = filing.house.http.get(filing.house.engagement_path()).json()["data_source"]
    return found


def edited(filing: Filing) -> tuple[Company, dict[str, VoucherKey]]:
    """The books with one voucher edited, one deleted and one added in 2025, as another program would have them."""
    company = deepcopy(filing.company)
    state = SandboxState()
    state.add_company(company, filing.house.scene.truth)
    desk = Desk(state, state.tenants[company.database_number])
    year = next(year for year in company.years.values() if year.from_date == YEAR)
    changed, gone = [voucher for voucher in company.vouchers_of(year.id) if voucher.series == "A"][:2]
    desk.edit_voucher(changed.key, [VoucherRow(5010, debit_ore=12_345), VoucherRow(1930, credit_ore=12_345)])
    desk.delete_voucher(gone.key)
    added = desk.add_voucher(
        year.id,
        "A",
        day=date(2025, 12, 31),
        description="Ny",
        rows=[VoucherRow(6570, debit_ore=700), VoucherRow(1930, credit_ore=700)],
    )
    return company, {"changed": changed.key, "gone": gone.key, "added": added.key}


def everything(filing: Filing) -> tuple[Any, ...]:
    """What readers see, and which source it is."""
    shown = filing.house.http.get(filing.house.engagement_path()).json()
    return filing.balances(), filing.balances("2024-12-31"), shown["data_source"], shown["freshness"]


def test_a_file_is_compared_shown_account_by_account_and_voucher_by_voucher_and_then_accepted(filing: Filing) -> None:
    company, keys = edited(filing)
    before = everything(filing)
    shown = filing.imported(filing.file(company=company), compare=True)
    assert (shown["state"], shown["purpose"], shown["reason_code"], shown["share_done"]) == (
        "waiting",
        "comparison",
        "differences-not-accepted",
        1.0,
    )
    problem = problem_of(put(filing, "sie"), 409, "differences-not-accepted")
    assert everything(filing) == before

    differences = problem["differences"]
    assert differences["import_id"] == shown["id"]
    assert {change: differences["counts"][change] for change in keys} == {"changed": 1, "gone": 1, "added": 1}
    assert {(item["change"], item["series"], int(item["number"])) for item in differences["vouchers"]} == {
        (change, key[1], key[2]) for change, key in keys.items()
    }
    changed = next(item for item in differences["vouchers"] if item["change"] == "changed")
    booked = [row for row in changed["after"]["rows"] if row["kind"] == "booked"]
    assert [(row["account"], row["amount"]) for row in booked] == [("5010", "123.45"), ("1930", "-123.45")]
    assert changed["before"]["rows"] != changed["after"]["rows"]
    accounts = {account["account"]: account for account in differences["accounts"]}
    assert accounts["6570"]["periods"] == [{"period": "2025-12", "difference": "7.00"}]
    assert accounts["6570"]["difference"] == "7.00"
    for account in accounts.values():
        assert account["closing_before"] == before[0].get(account["account"], "0.00")

    assert filing.house.http.get(f"/v1/imports/{shown['id']}/differences").json() == differences
    answer = put(filing, "sie", accept=shown["id"])
    assert (answer.status_code, answer.json()["data_source"]) == (200, "sie")
    after = filing.balances()
    assert {account: accounts[account]["closing_after"] for account in accounts} == {
        account: after.get(account, "0.00") for account in accounts
    }
    assert filing.balances("2024-12-31") == before[1]  # a year that the file does not hold stays as it was
    assert filing.house.audited()[-1] == "data-source-changed"
    assert names(filing.work())[-1] == "import-completed"


def test_fortnox_is_read_for_comparison_before_it_takes_the_place_of_files(carried: Filing) -> None:
    company, _ = edited(carried)
    carried.imported(carried.file(company=company))
    before = carried.balances()
    started = put(carried, "fortnox")
    assert (started.status_code, put(carried, "fortnox").json()) == (202, started.json())  # asked twice, read once
    carried.work()
    shown = carried.shown(started)
    assert (shown["state"], shown["source"], shown["purpose"]) == ("waiting", "fortnox", "comparison")
    problem_of(put(carried, "fortnox"), 409, "differences-not-accepted")
    assert (carried.balances(), source_of(carried)) == (before, "sie")
    differences = carried.house.http.get(f"{started.headers['location']}/differences").json()
    assert {year["from_date"]: year["state"] for year in differences["years"]} == {
        "2023-01-01": "added",
        "2024-01-01": "added",
        "2025-01-01": "compared",
    }
    assert {voucher["year_from"] for voucher in differences["vouchers"]} == {"2025-01-01"}
    assert put(carried, "fortnox", accept=True).status_code == 200
    assert carried.balances() == carried.truth()
    assert carried.balances("2024-12-31") == carried.truth(2024)
    assert (carried.shown(started)["state"], source_of(carried)) == ("completed", "fortnox")


def test_where_nothing_differs_the_source_changes_without_a_question(carried: Filing) -> None:
    started = put(carried, "fortnox")
    carried.work()
    assert put(carried, "fortnox").status_code == 200
    assert (carried.balances(), source_of(carried)) == (carried.truth(), "fortnox")
    assert carried.shown(started)["state"] == "completed"
    for accept in (False, True):
        assert put(carried, "fortnox", accept=accept).status_code == 200


def test_there_and_back_the_ledger_is_what_it_was(filing: Filing) -> None:
    company, _ = edited(filing)
    before = filing.balances()
    filing.imported(filing.file(company=company), compare=True)
    assert put(filing, "sie", accept=True).status_code == 200
    assert filing.balances() != before
    put(filing, "fortnox")
    filing.work()
    problem_of(put(filing, "fortnox"), 409, "differences-not-accepted")
    assert put(filing, "fortnox", accept=True).status_code == 200
    assert filing.balances() == before == filing.truth()


def test_keeping_the_source_ends_the_comparison_and_leaves_nothing_of_it(filing: Filing) -> None:
    company, _ = edited(filing)
    before, facts = everything(filing), filing.facts()
    shown = filing.imported(filing.file(company=company), compare=True)
    assert put(filing, "fortnox").status_code == 200
    assert (filing.row(shown).state, filing.kept()) == ("cancelled", [])
    assert everything(filing) == before
    filing.house.http.post(filing.house.engagement_path("/imports"), json={})
    filing.work()
    assert everything(filing)[:3] == before[:3]
    assert {name: count for name, (count, _) in filing.facts().items() if name == "VoucherFact"} == {
        "VoucherFact": facts["VoucherFact"][0]
    }


def test_only_the_comparison_that_was_shown_is_accepted(filing: Filing) -> None:
    company, _ = edited(filing)
    shown = filing.imported(filing.file(company=company), compare=True)
    filing.house.scene.clock.advance(timedelta(minutes=1))
    other = filing.imported(filing.file(), compare=True)
    assert filing.row(shown).reason_code == "superseded"
    assert filing.row(other).state == "waiting"
    filing.house.scene.clock.advance(timedelta(minutes=1))
    latest = filing.imported(filing.file(company=company), compare=True)
    problem = problem_of(put(filing, "sie", accept=shown["id"]), 409, "differences-not-accepted")
    assert problem["differences"]["import_id"] == latest["id"]
    assert source_of(filing) == "fortnox"


def test_an_import_that_is_asked_for_meanwhile_ends_the_comparison(carried: Filing) -> None:
    company, _ = edited(carried)
    started = put(carried, "fortnox")
    carried.work()
    carried.house.scene.clock.advance(timedelta(minutes=1))
    carried.imported(carried.file(company=company))
    assert carried.shown(started)["reason_code"] == "superseded"
    again = put(carried, "fortnox", accept=True)
    assert (again.status_code, again.json()["id"] != started.json()["id"]) == (202, True)  # what was never shown
    carried.work()
    problem_of(put(carried, "fortnox"), 409, "differences-not-accepted")


def test_what_reads_the_old_source_is_ended_when_the_source_changes(carried: Filing) -> None:
    put(carried, "fortnox")
    carried.work()
    carried.house.scene.clock.advance(timedelta(minutes=1))
    late = carried.upload(carried.file(2024))
    assert put(carried, "fortnox").status_code == 200
    carried.work()
    assert carried.shown(late)["reason_code"] == "superseded"
    assert carried.kept() == [len(carried.file())]


def test_before_the_first_import_the_source_changes_at_once(house: House) -> None:
    filing = Filing(house)
    started = house.http.post(house.engagement_path("/imports"), json={})
    assert put(filing, "sie").json()["data_source"] == "sie"
    filing.work()
    assert filing.shown(started)["state"] == "cancelled"
    assert filing.imported(filing.file())["state"] == "completed"


def test_a_file_that_came_to_be_compared_before_the_first_import_is_taken_with_the_change(house: House) -> None:
    filing = Filing(house)
    shown = filing.imported(filing.file(), compare=True)
    assert put(filing, "sie").status_code == 200
    assert (filing.row(shown).state, filing.balances()) == ("completed", filing.truth())


def test_a_comparison_needs_what_it_compares_with(filing: Filing) -> None:
    problem_of(put(filing, "sie"), 409, "file-needed")
    problem_of(put(filing, "sie", accept=True), 409, "file-needed")
    assert source_of(filing) == "fortnox"


def test_changing_to_fortnox_needs_a_connection(carried: Filing) -> None:
    carried.house.forget_connection()
    problem_of(put(carried, "fortnox"), 409, "not-connected")


def test_connecting_an_engagement_on_files_starts_no_import(carried: Filing) -> None:
    scene = carried.house.scene
    before = len(scene.imports())
    scene.send("connection-authorized", ConnectionAuthorized(connection_id=scene.connection_id))
    carried.work()
    assert len(scene.imports()) == before


@pytest.mark.parametrize(
    "spoil",
    [lambda data: data.replace(b"#ORGNR ", b"#ORGNR 556016-0680\r\n#BKOD "), lambda data: data[:-200]],
    ids=["wrong company", "truncated"],
)
def test_a_comparison_that_fails_changes_nothing(filing: Filing, spoil: Callable[[bytes], bytes]) -> None:
    before = everything(filing)
    assert filing.imported(spoil(filing.file()), compare=True)["state"] == "failed"
    assert everything(filing) == before
    problem_of(put(filing, "sie", accept=True), 409, "file-needed")


def test_an_accepted_comparison_that_could_not_be_proven_is_incomplete(filing: Filing) -> None:
    content = filing.file()
    shown = filing.imported(content[: content.rindex(b"#VER")], compare=True)
    assert put(filing, "sie", accept=True).status_code == 200
    assert filing.row(shown).state == "incomplete"


def test_the_differing_vouchers_come_in_pages(filing: Filing) -> None:
    content = filing.file().replace(b"#VER A", b"#VER AA")
    shown = filing.imported(content, compare=True)
    path, seen, cursor = f"/v1/imports/{shown['id']}/differences", [], None
    while True:
        page = filing.house.http.get(path, params={"limit": 7} | ({"cursor": cursor} if cursor else {})).json()
        seen += [(item["change"], item["series"], item["number"]) for item in page["vouchers"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["vouchers"]) == 7
    counts = page["counts"]
    assert (counts["added"], counts["gone"], counts["accounts"]) == (counts["gone"], counts["added"], 0)
    assert len(seen) == len(set(seen)) == counts["added"] + counts["gone"] > 7
    problem_of(filing.house.http.get(path, params={"cursor": "x"}), 422, "cursor-invalid")


def test_any_finished_import_says_what_it_changed(filing: Filing) -> None:
    [first] = filing.house.http.get(filing.house.engagement_path("/imports")).json()["items"]
    shown = filing.house.http.get(f"/v1/imports/{first['id']}/differences").json()
    assert {year["state"] for year in shown["years"]} == {"added"}
    assert (shown["vouchers"], shown["accounts"]) == ([], [])
    queued = filing.house.http.post(filing.house.engagement_path("/imports"), json={}).headers["location"]
    problem_of(filing.house.http.get(f"{queued}/differences"), 409, "import-not-read")
