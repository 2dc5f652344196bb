"""Commands: the run and its event in one transaction, a Location to follow, and Idempotency-Key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.store.tables import Connection, Engagement, Export, Import
from tests.integration.gateway.house import YEAR_END, House, add_finished_import, problem_of

ADJUSTMENTS = [
    {
        "kind": "V",
        "number": 1,
        "date": "2025-12-31",
        "text": "Avskrivning [inventarier]",
        "rows": [{"account": "7832", "debit": "12500.00"}, {"account": "1229", "credit": "12500"}],
    },
    {
        "kind": "S",
        "number": 1,
        "date": "2025-12-31",
        "text": "Årets skatt",
        "rows": [{"account": "8910", "debit": "0.01"}, {"account": "2512", "credit": "0.01", "text": "Skatt"}],
    },
]


def add_adjustments(house: House) -> list[dict[str, Any]]:
    answer = house.http.post(house.engagement_path("/adjustments"), json=ADJUSTMENTS)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_an_import_is_a_queued_run_and_an_event(house: House) -> None:
    answer = house.http.post(house.engagement_path("/imports"), json={"lane": "bulk"})
    run = answer.json()
    assert (answer.status_code, run["state"]) == (202, "queued")
    [row] = house.outbox()
    assert (row.name, row.lane, row.body["data"]) == ("import-requested", "bulk", {"import_id": run["id"]})
    shown = house.http.get(answer.headers["location"]).json()
    assert (shown["id"], shown["state"], shown["lane"], shown["fortnox_requests"]) == (run["id"], "queued", "bulk", 0)
    engagement = house.http.get(house.engagement_path()).json()
    assert engagement["last_import"]["id"] == run["id"]
    assert engagement["connection"]["state"] == "active"
    assert engagement["freshness"] is None


def test_an_import_needs_a_connection_and_fortnox_as_data_source(house: House) -> None:
    house.forget_connection()
    before = house.counts()
    problem_of(house.http.post(house.engagement_path("/imports"), json={}), 409, "not-connected")
    problem_of(house.http.get(house.engagement_path("/voucher-series")), 409, "not-connected")
    house.scene.change(Engagement, house.scene.engagement_id, data_source="sie")
    problem_of(house.http.post(house.engagement_path("/imports"), json={}), 409, "data-source-not-fortnox")
    assert house.counts() == before


@pytest.mark.parametrize(
    ("path", "body", "other_body"),
    [
        ("/imports", {}, {"lane": "bulk"}),
        ("/exports", {"series": "A"}, {"series": "B"}),
        ("/schedules", {}, {"balance_date": "2025-06-30"}),
    ],
)
def test_a_command_with_the_same_key_runs_once(
    house: House, path: str, body: dict[str, Any], other_body: dict[str, Any]
) -> None:
    add_adjustments(house)
    add_finished_import(house)
    key = {"Idempotency-Key": "a-key"}
    first = house.http.post(house.engagement_path(path), json=body, headers=key)
    before = house.counts()
    again = house.http.post(house.engagement_path(path), json=body, headers=key)
    assert (first.status_code, again.status_code) == (202, 202), first.text
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
    assert "idempotency-hit" not in first.headers
    assert again.headers["idempotency-hit"] == "true"
    other = house.http.post(house.engagement_path(path), json=other_body, headers=key)
    problem_of(other, 409, "idempotency-key-reused")
    elsewhere = "/schedules" if path == "/imports" else "/imports"
    problem_of(house.http.post(house.engagement_path(elsewhere), json={}, headers=key), 409, "idempotency-key-reused")
    assert house.counts() == before


def test_a_refused_command_does_not_use_its_key_up(house: House) -> None:
    key = {"Idempotency-Key": "a-key"}
    problem_of(
        house.http.post(house.engagement_path("/exports"), json={"series": "A"}, headers=key), 409, "nothing-to-export"
    )
    add_adjustments(house)
    assert house.http.post(house.engagement_path("/exports"), json={"series": "A"}, headers=key).status_code == 202


def test_the_same_command_at_the_same_instant_runs_once(house: House) -> None:
    """Eight calls with one key: each looks for the key before any has committed, one writes it first, seven find it."""

    def call(_number: int) -> httpx.Response:
        path = house.url + house.engagement_path("/imports")
        return httpx.post(path, json={}, headers={**house.http.headers, "Idempotency-Key": "a-key"}, timeout=30)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-hit" not in answer.headers for answer in answers) == 1


def test_a_cancelled_import_is_over(house: House) -> None:
    path = house.http.post(house.engagement_path("/imports"), json={}).headers["location"]
    assert house.http.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert house.http.post(f"{path}/cancel").status_code == 200
    assert house.audited() == ["import-cancelled"]
    [ours] = house.http.get(house.engagement_path("/imports")).json()["items"]
    house.scene.change(Import, UUID(ours["id"]), state="completed")
    problem_of(house.http.post(f"{path}/cancel"), 409, "import-finished")


def test_progress_is_sent_as_it_happens_until_the_end(house: House) -> None:
    path = house.http.post(house.engagement_path("/imports"), json={}).headers["location"]
    import_id = UUID(path.rpartition("/")[2])
    with house.http.stream("GET", f"{path}/progress", timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = _events(answer)
        assert _of(next(events)) == ("progress", "queued", None)
        house.scene.change(Import, import_id, state="running", stage="ledger")
        assert _of(next(events)) == ("progress", "running", "ledger")
        house.scene.change(Import, import_id, state="completed", stage="proof")
        assert _of(next(events)) == ("done", "completed", "proof")
        assert list(events) == []


def test_schedules_need_an_import_of_their_year_and_a_connection(house: House) -> None:
    path = house.engagement_path("/schedules")
    problem_of(house.http.post(path, json={}), 409, "not-imported")
    add_finished_import(house)
    problem_of(house.http.post(path, json={"balance_date": "2019-12-31"}), 404, "year-not-imported")
    house.forget_connection()
    problem_of(house.http.post(path, json={}), 409, "not-connected")
    assert house.outbox() == []


def test_schedules_are_asked_for_by_an_event(house: House) -> None:
    add_finished_import(house)
    body = {"kind": "payables", "balance_date": "2025-06-30"}
    answer = house.http.post(house.engagement_path("/schedules"), json=body)
    assert answer.status_code == 202
    [row] = house.outbox()
    assert (row.name, row.body["data"]) == ("schedules-requested", {"balance_date": "2025-06-30"})
    assert row.event_id == answer.json()["event_id"]
    assert house.http.get(answer.headers["location"]).json() == {"items": [], "next_cursor": None}


def test_a_schedule_is_shown_with_its_items_in_kronor(house: House) -> None:
    with house.as_firm(house.other) as other:
        listed = other.get(f"/v1/engagements/{house.other.ids['engagement_id']}/schedules?kind=receivables").json()
        shown = other.get(f"/v1/schedules/{house.other.ids['schedule_id']}").json()
    assert [item["id"] for item in listed["items"]] == [shown["id"]]
    assert (shown["total"], shown["ledger"], shown["difference"]) == ("100.00", "90.00", "10.00")
    assert {age: amount for age, amount in shown["ageing"].items() if amount != "0.00"} == {"1_30": "100.00"}
    assert shown["accounts"] == [{"number": "1510", "name": "Kundfordringar", "balance": "90.00"}]
    assert [(line["code"], line["amount"]) for line in shown["bridge"]] == [("D01", "10.00")]
    [item] = shown["items"]
    assert (item["open"], item["due_date"], item["days_past_due"]) == ("100.00", "2025-12-30", 1)


def test_the_voucher_series_are_those_of_the_engagements_year(house: House) -> None:
    found = house.http.get(house.engagement_path("/voucher-series")).json()["items"]
    company = house.scene.company
    year = next(year.id for year in company.years.values() if year.to_date == YEAR_END)
    assert {item["code"]: item["manual"] for item in found} == {
        series.code: series.manual for (of_year, _), series in company.series.items() if of_year == year
    }


def test_a_lost_connection_is_no_matter_of_waiting(house: House) -> None:
    house.scene.change(Connection, house.scene.connection_id, state="lost", state_reason="refused")
    problem_of(house.http.get(house.engagement_path("/voucher-series")), 409, "reconnect-needed")


def test_a_company_that_was_not_checked_yet_is_not_asked_for_series_nor_for_a_preview(house: House) -> None:
    add_adjustments(house)
    house.scene.change(Connection, house.scene.connection_id, company_name=None)
    problem_of(house.http.get(house.engagement_path("/voucher-series")), 409, "company-unchecked")
    preview = house.http.post(house.engagement_path("/exports/preview"), json={"series": {"V": "A", "S": "I"}})
    problem_of(preview, 409, "company-unchecked")
    assert house.scene.journal() == []


def test_a_preview_shows_what_fortnox_will_show_and_what_speaks_against_it(house: House) -> None:
    add_adjustments(house)
    before = house.counts()
    answer = house.http.post(house.engagement_path("/exports/preview"), json={"series": {"V": "A", "S": "ZZ"}})
    first, second = answer.json()["vouchers"]
    assert (first["kind"], first["number"], first["text"]) == ("V", 1, "Avskrivning (inventarier)")
    assert [row["debit"] for row in first["rows"]] == ["12500.00", "0.00"]
    assert [fault["code"] for fault in second["faults"]][:1] == ["series-unknown"]
    assert house.counts() == before


def test_an_export_plans_its_vouchers_and_asks_for_them(house: House) -> None:
    add_adjustments(house)
    answer = house.http.post(house.engagement_path("/exports"), json={"series": {"V": "A"}})
    assert answer.status_code == 202
    [row] = house.outbox()
    assert (row.name, row.body["data"]) == ("export-requested", {"export_id": answer.json()["id"]})
    shown = house.http.get(answer.headers["location"]).json()
    [voucher] = shown["vouchers"]
    assert (voucher["kind"], voucher["date"], voucher["text"]) == ("V", "2025-12-31", "Avskrivning [inventarier]")
    assert (voucher["state"], voucher["series"]) == ("planned", "A")
    assert house.audited() == ["export-requested"]
    before = house.counts()
    again = house.http.post(house.engagement_path("/exports"), json={"series": {"V": "A"}})
    problem_of(again, 409, "nothing-to-export")
    assert house.counts() == before
    assert len(house.rows(Export)) == 2


def _events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            yield event
            event = {}


def _of(event: dict[str, str]) -> tuple[str, str, str | None]:
    data = json.loads(event["data"])
    return event["event"], data["state"], data["stage"]
