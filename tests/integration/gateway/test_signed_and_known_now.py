"""Two clocks: what was signed stays as it was, and what is known otherwise since then is named figure by figure."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from uuid import UUID

from openpyxl import load_workbook

from shared.money import kronor, ore_from
from shared.schedules.hashing import content_hash, figures_hash
from tests.integration.gateway.closing import Closing
from tests.integration.gateway.house import problem_of
from tests.integration.scheduler.test_known_at import open_invoice


def test_what_is_stored_is_what_was_computed_and_hashed(closing_on_both: Closing) -> None:
    for kind in ("receivables", "payables"):
        schedule = closing_on_both.newest(kind)
        content, row = closing_on_both.content(schedule), closing_on_both.row(schedule)
        assert content_hash(content) == content.content_hash == row.content_hash
        assert figures_hash(content) == row.figures_hash
        assert sum(line.amount_ore for line in content.bridge.lines) == content.difference_ore
        assert sum(content.ageing.values()) == sum(item.open_ore for item in content.items) == content.total_ore
        assert sum(account.balance_ore for account in content.accounts) == content.ledger_ore
        assert all(account.name for account in content.accounts)
        assert content.source.ledger_read_at <= content.source.subledger_read_at == content.known_at


def test_nothing_that_happens_after_the_balance_date_touches_a_signed_schedule(closing_on_both: Closing) -> None:
    closing, scene = closing_on_both, closing_on_both.scene
    schedule = closing.newest()
    closing.sign(schedule)
    before = closing.content(schedule)
    number = open_invoice(closing.builder)
    later = closing.year_end + timedelta(days=20)
    scene.desk.add_payment("customer", number, later, 100_00, booked=True)
    scene.clock.advance(timedelta(days=20))
    closing.builder.after_import()
    assert closing.content(schedule) == before
    assert content_hash(closing.content(schedule)) == before.content_hash
    assert closing.newest() != schedule
    newer = next(item for item in closing.content(closing.newest()).items if item.document_number == str(number))
    older = next(item for item in before.items if item.document_number == str(number))
    assert (newer.paid_after_ore, newer.open_ore) == (older.paid_after_ore + 100_00, older.open_ore)
    found = closing.changes(schedule)
    assert [found[name] for name in ("is_changed", "ageing", "bridge", "accounts", "items", "faults")] == [
        False,
        {},
        {},
        [],
        [],
        [],
    ]
    assert found["known_now"]["version"] == found["schedule"]["version"] + 1 == 2
    assert closing.signed_changed() == []
    assert [event.data["signed_changed"] for event in closing.builder.built()[-1:]] == [[]]


def test_a_later_change_before_the_balance_date_names_the_signed_figures_it_touches(closing_on_both: Closing) -> None:
    closing, scene = closing_on_both, closing_on_both.scene
    schedule = closing.newest()
    closing.sign(schedule)
    before = closing.content(schedule)
    number = open_invoice(closing.builder)
    scene.desk.add_payment("customer", number, closing.year_end - timedelta(days=1), 100_00, booked=True)
    closing.builder.after_import()

    found = closing.changes(schedule)
    assert found["is_changed"] is True
    assert found["total"] == {
        "before": kronor(before.total_ore),
        "after": kronor(before.total_ore - 100_00),
        "change": "-100.00",
    }
    assert (found["ledger"]["change"], found["difference"]["change"]) == ("-100.00", "0.00")
    item = next(item for item in before.items if item.document_number == str(number))
    assert {age: amounts["change"] for age, amounts in found["ageing"].items()} == {item.bucket: "-100.00"}
    assert [(each["number"], each["change"]) for each in found["accounts"]] == [("1510", "-100.00")]
    [changed] = found["items"]
    assert (changed["document_number"], changed["touched"]) == (str(number), ["total", f"ageing.{item.bucket}"])
    assert (changed["before"], changed["after"]) == (kronor(item.open_ore), kronor(item.open_ore - 100_00))

    assert closing.content(schedule).content_hash == content_hash(closing.content(schedule)) == before.content_hash
    assert closing.signed_changed() == [schedule]
    listed = closing.get("/v1/engagements")["items"]
    assert [each["signed_changed"] for each in listed] == [[schedule]]
    assert [event.data["signed_changed"] for event in closing.builder.built()[-1:]] == [[schedule]]


def test_the_papers_of_a_signed_schedule_show_what_is_known_now(closing: Closing) -> None:
    """As signed they stay; what is known otherwise stands beside it, under another entity tag."""
    schedule, http = closing.newest(), closing.house.http
    closing.sign(schedule)
    before = http.get(f"/v1/schedules/{schedule}.xlsx")
    number = open_invoice(closing.builder)
    closing.scene.desk.add_payment("customer", number, closing.year_end, 100_00, booked=True)
    closing.builder.after_import()
    after = http.get(f"/v1/schedules/{schedule}.xlsx", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "Changes" not in load_workbook(BytesIO(before.content)).sheetnames
    rows = list(load_workbook(BytesIO(after.content), data_only=True)["Changes"].iter_rows(values_only=True))
    [item] = [row for row in rows if row[0] == str(number)]
    assert item[5] == -100
    again = http.get(f"/v1/schedules/{schedule}.xlsx", headers={"If-None-Match": after.headers["etag"]})
    assert again.status_code == 304
    newest = http.get(f"/v1/schedules/{closing.newest()}.xlsx")
    assert "Changes" not in load_workbook(BytesIO(newest.content)).sheetnames


def test_signing_what_is_known_now_settles_the_change(closing: Closing) -> None:
    schedule = closing.newest()
    closing.sign(schedule)
    number = open_invoice(closing.builder)
    closing.scene.desk.add_payment("customer", number, closing.year_end, 100_00, booked=True)
    closing.builder.after_import()
    assert closing.signed_changed() == [schedule]
    closing.sign(closing.newest())
    assert closing.signed_changed() == []
    assert closing.changes(schedule)["is_changed"] is True
    closing.withdraw(closing.newest(), "preparer")
    assert closing.signed_changed() == [schedule]


def test_every_signed_balance_date_is_built_anew_on_its_own_terms(closing: Closing) -> None:
    day = closing.year_end - timedelta(days=100)
    rates = {"EUR": {"rate": "10.90", "unit": 1}}
    closing.ask(balance_date=str(day), closing_rates=rates)
    schedule = closing.newest("payables", day)
    closing.sign(schedule)
    closing.builder.after_import()
    assert closing.row(closing.newest("payables", day)).known_run == 2
    assert closing.row(closing.newest("payables", day)).terms == closing.row(schedule).terms
    assert closing.row(closing.newest("receivables", day)).known_run == 1
    assert closing.changes(schedule)["is_changed"] is False
    assert [event.data["balance_date"] for event in closing.builder.built()[-2:]] == [str(closing.year_end), str(day)]


def test_a_schedule_that_was_not_built_from_the_newest_reading_is_not_called_unchanged(closing: Closing) -> None:
    day = closing.year_end - timedelta(days=100)
    closing.ask(balance_date=str(day))
    schedule = closing.newest(day=day)
    closing.builder.after_import()
    answer = closing.house.http.get(f"/v1/schedules/{schedule}/changes")
    problem_of(answer, 409, "schedule-not-compared")
    closing.ask(balance_date=str(day))
    assert closing.changes(schedule)["is_changed"] is False


def test_the_past_is_asked_for_as_it_was_known_then(closing: Closing) -> None:
    scene, day = closing.scene, closing.year_end - timedelta(days=1)
    then = scene.clock.now()
    scene.clock.advance(timedelta(hours=1))
    number = open_invoice(closing.builder)
    scene.desk.add_payment("customer", number, day, 100_00, booked=True)
    closing.builder.after_import()
    now = closing.ask(balance_date=str(day), kind="receivables")
    both = closing.ask(balance_date=str(day), kind="receivables", known_at=then.isoformat())
    assert [each["version"] for each in both] == [2, 1]
    assert both[1] == now[0]
    assert ore_from(both[0]["total"]) == ore_from(now[0]["total"]) + 100_00
    assert closing.row(both[0]["id"]).known_run == 1


def test_what_was_read_before_needs_no_connection(closing: Closing) -> None:
    closing.house.forget_connection()
    assert len(closing.ask(balance_date=str(closing.year_end - timedelta(days=3)))) == 2


def test_closing_rates_are_part_of_what_a_schedule_is(closing: Closing) -> None:
    first = closing.newest()
    [with_rates, without] = closing.ask(
        kind="receivables", balance_date=str(closing.year_end), closing_rates={"EUR": {"rate": "10.90"}}
    )
    assert (without["id"], with_rates["version"], without["version"]) == (first, 2, 1)
    assert with_rates["content_hash"] != without["content_hash"]
    again = closing.ask(
        kind="receivables",
        balance_date=str(closing.year_end),
        closing_rates={"EUR": {"rate": "10.900", "unit": 1}},
    )
    assert [each["id"] for each in again] == [with_rates["id"], first]
    shown = closing.get(f"/v1/schedules/{with_rates['id']}")
    assert shown["terms"] == {"accounts": [], "closing_rates": {"EUR": {"rate": "10.9", "unit": 1}}}
    for revaluation in shown["revaluations"]:
        if revaluation["currency"] == "EUR":
            assert ore_from(revaluation["change"]) == ore_from(revaluation["revalued"]) - ore_from(
                revaluation["booked"]
            )
            assert sum(ore_from(row["amount"]) for row in revaluation["entry"]) == 0
        else:
            assert (revaluation["rate"], revaluation["entry"]) == (None, [])


def test_accounts_that_the_firm_chooses_are_in_the_next_schedule(closing: Closing) -> None:
    path = f"/v1/clients/{closing.scene.client_id}/schedule-accounts"
    assert closing.get(path) == {"receivables": [], "payables": []}
    first, before = closing.newest(), closing.row(closing.newest())
    chosen = {"receivables": ["1930"], "payables": ["2448"]}
    answer = closing.house.http.put(path, json=chosen)
    assert (answer.status_code, answer.json(), closing.get(path)) == (200, chosen, chosen)
    [entry] = closing.house.audit()
    assert (entry.action, entry.details) == ("schedule-accounts-chosen", {"before": {}, "after": chosen})

    closing.ask(balance_date=str(closing.year_end))
    second = closing.content(closing.newest())
    bank_ore = closing.scene.truth.ledger_balance([1930], closing.year_end)
    assert [account.number for account in second.accounts] == ["1510", "1511", "1930"]
    assert second.accounts[-1].balance_ore == bank_ore
    assert second.ledger_ore == before.ledger_ore + bank_ore
    assert second.bridge.difference_ore == sum(line.amount_ore for line in second.bridge.lines)
    assert second.bridge.unexplained_ore == 0
    assert closing.row(first).ledger_ore == before.ledger_ore


def test_a_schedule_on_other_accounts_is_not_compared_with_one_on_these(closing: Closing) -> None:
    """Only what is known moves between two readings; what people have chosen since is another schedule."""
    schedule = closing.newest()
    closing.sign(schedule)
    chosen = {"receivables": ["1930"], "payables": []}
    closing.house.http.put(f"/v1/clients/{closing.scene.client_id}/schedule-accounts", json=chosen)
    closing.builder.after_import()
    found = closing.changes(schedule)
    assert (found["is_changed"], found["accounts"]) == (False, [])
    assert UUID(found["known_now"]["id"]) != UUID(schedule)
    assert closing.signed_changed() == []


def test_versions_count_per_kind_and_balance_date(closing: Closing) -> None:
    closing.builder.after_import()
    closing.ask(balance_date=str(date(closing.year_end.year, 6, 30)))
    listed = closing.get(closing.house.engagement_path("/schedules"))["items"]
    versions = {(each["kind"], each["balance_date"], each["version"]) for each in listed}
    year_end, summer = str(closing.year_end), f"{closing.year_end.year}-06-30"
    assert versions == {
        (kind, day, version)
        for kind in ("receivables", "payables")
        for day, version in ((year_end, 1), (year_end, 2), (summer, 1))
    }
