"""Exported vouchers that come back in SIE files, alone or compared before the data source changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from services.sandbox.company import Voucher, VoucherRow
from services.sandbox.generator import generate
from services.sandbox.sie_writer import write_sie
from tests.integration.exporter.closing import Closing
from tests.integration.gateway.filing import Filing, check_of
from tests.integration.gateway.house import YEAR_END, House, open_house
from tests.integration.gateway.test_switching import put
from tests.scene import SMALL, open_scene

CHECK = "exported-vouchers-unchanged"
TOO_LATE = "it was posted after the ledger was read, or just before"


@dataclass
class Desk:
    """An engagement whose adjustment V1 has been exported; what its ledger comes from is up to the test."""

    house: House

    @property
    def filing(self) -> Filing:
        return Filing(self.house)

    def export(self) -> Voucher:
        closing = Closing(self.house.scene)
        closing.adjust("V", 1)
        closing.deliver(closing.plan())
        assert closing.finish().state == "completed"
        return closing.booked()[0]

    def later(self, days: int) -> None:
        self.house.scene.clock.advance(timedelta(days=days))

    def file(self, *, made_days_ago: int = 0) -> bytes:
        company, made = self.filing.company, self.house.scene.clock.now() - timedelta(days=made_days_ago)
        year = next(year for year in company.years.values() if year.to_date == YEAR_END)
        return write_sie(company, year.id, 4, generated=made.date())

    def adjustment(self) -> dict[str, Any]:
        found: dict[str, Any] = self.house.http.get(self.house.engagement_path("/adjustments")).json()["items"][0]
        return found

    def seen(self) -> tuple[str, str | None, str | None]:
        """Status of the adjustment, and how its voucher has been seen, as the API shows them."""
        shown = self.adjustment()
        voucher = shown["voucher"]
        return shown["status"], voucher["in_ledger"], voucher["in_ledger_reason"]


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    with open_scene(sqlite_url, year_end=YEAR_END, generated=generate(SMALL)) as scene, open_house(scene) as house:
        yield Desk(house)


def test_a_file_tells_of_deletions_only_when_it_was_made_after_the_day_of_the_posting(desk: Desk) -> None:
    desk.filing.read_from("sie")
    ours = desk.export()
    before = desk.file()
    shown = desk.filing.imported(before)
    assert desk.seen() == ("transferred_excluded", "as-posted", None)
    assert check_of(shown, CHECK)["holds"]

    desk.house.scene.desk.delete_voucher(ours.key)
    shown = desk.filing.imported(desk.file())
    assert desk.seen() == ("transferred", None, TOO_LATE)
    assert check_of(shown, CHECK)["compared"] == 0
    desk.later(3)
    desk.filing.imported(desk.file(made_days_ago=3))
    assert desk.seen() == ("transferred", None, TOO_LATE)
    shown = desk.filing.imported(desk.file(made_days_ago=1))
    assert desk.seen() == ("transferred", "missing", "the ledger has no voucher under its number")
    assert desk.adjustment()["voucher"]["in_ledger_import_id"] == shown["id"]
    assert check_of(shown, CHECK)["found"] == [
        f"A {ours.number} (V1): missing, the ledger has no voucher under its number"
    ]


def test_a_file_that_was_edited_in_fortnox_says_what(desk: Desk) -> None:
    desk.filing.read_from("sie")
    ours = desk.export()
    rows = [VoucherRow(5020, debit_ore=700), VoucherRow(2990, credit_ore=700)]
    desk.house.scene.desk.edit_voucher(ours.key, rows)
    desk.later(3)
    desk.filing.imported(desk.file())
    reason = "rows: 2990 -12500.00, 5020 12500.00 became 2990 -7.00, 5020 7.00"
    assert desk.seen() == ("transferred_excluded", "edited", reason)


def test_a_file_that_is_dated_in_the_future_says_nothing_of_what_is_posted_after_it_came(desk: Desk) -> None:
    desk.filing.read_from("sie")
    old = desk.file(made_days_ago=-30)
    desk.filing.imported(old)
    desk.export()
    desk.filing.imported(old)
    assert desk.seen() == ("transferred", None, TOO_LATE)


def test_a_file_of_an_earlier_year_says_nothing_of_our_vouchers(desk: Desk) -> None:
    desk.filing.read_from("sie")
    desk.export()
    desk.filing.imported(desk.file())
    shown = desk.filing.imported(desk.filing.file(2024))
    assert shown["state"] in {"completed", "incomplete"}
    assert CHECK not in {check["check"] for check in shown["completeness"]}
    assert desk.seen() == ("transferred_excluded", "as-posted", None)


def test_a_comparison_changes_nothing_until_it_is_accepted_and_then_is_believed(desk: Desk) -> None:
    assert desk.house.http.post(desk.house.engagement_path("/imports"), json={}).status_code == 202
    desk.filing.work()
    ours = desk.export()
    desk.later(3)
    shown = desk.filing.imported(desk.file(), compare=True)
    assert shown["state"] == "waiting"
    assert desk.seen() == ("transferred", None, None)
    differences = put(desk.filing, "sie").json()["differences"]
    assert {name: differences["counts"][name] for name in ("added", "ours")} == {"added": 1, "ours": 1}
    [voucher] = differences["vouchers"]
    assert (voucher["adjustment"], voucher["as_posted"], int(voucher["number"])) == ("V1", True, ours.number)
    assert desk.seen() == ("transferred", None, None)

    assert put(desk.filing, "sie", accept=shown["id"]).status_code == 200
    assert desk.seen() == ("transferred_excluded", "as-posted", None)
    accepted = desk.house.http.get(f"/v1/imports/{shown['id']}").json()
    assert check_of(accepted, CHECK)["compared"] == 1


def test_a_ledger_that_is_older_than_the_export_makes_our_own_copy_count_again(desk: Desk) -> None:
    old = desk.file()
    desk.export()
    desk.house.scene.clock.advance(timedelta(minutes=2))
    assert desk.house.http.post(desk.house.engagement_path("/imports"), json={}).status_code == 202
    desk.filing.work()
    assert desk.seen() == ("transferred_excluded", "as-posted", None)
    shown = desk.filing.imported(old, compare=True)
    assert desk.seen() == ("transferred_excluded", "as-posted", None)
    assert put(desk.filing, "sie", accept=shown["id"]).status_code == 200
    assert desk.seen() == ("transferred", None, TOO_LATE)
