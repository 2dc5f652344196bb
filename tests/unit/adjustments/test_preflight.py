"""The verdict before anything is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shared.adjustments import AccountFacts, RowContent, TextChange, YearFacts, as_it_arrives, text_changes, verdict
from tests.unit.adjustments.samples import YEAR_END, content

FACTS = YearFacts(
    year_id=4,
    first_day=date(2025, 1, 1),
    last_day=YEAR_END,
    series={"A": True, "B": False},
    accounts={5010: AccountFacts(True), 2990: AccountFacts(True), 1010: AccountFacts(False)},
    locked_until=None,
)


def codes(series: str = "A", facts: YearFacts | None = FACTS, account: str = "5010") -> list[str]:
    adjustment = content(RowContent(account, 1000), RowContent("2990", 0, 1000))
    return [fault.code for fault in verdict(adjustment, series, facts)]


def test_nothing_speaks_against_a_good_voucher() -> None:
    assert codes() == []


def test_each_rule_has_its_code() -> None:
    assert codes(facts=None) == ["year-missing"]
    assert codes(series="Z") == ["series-unknown"]
    assert codes(series="B") == ["series-not-manual"]
    assert codes(account="1010") == ["account-inactive"]
    assert codes(account="4000") == ["account-not-found"]
    assert codes(facts=replace(FACTS, first_day=date(2024, 1, 1), last_day=date(2024, 12, 31))) == ["date-outside-year"]


def test_the_last_locked_day_is_locked_and_the_next_one_is_open() -> None:
    assert codes(facts=replace(FACTS, locked_until=YEAR_END)) == ["period-locked"]
    assert codes(facts=replace(FACTS, locked_until=date(2025, 12, 30))) == []


def test_all_faults_are_told_at_once() -> None:
    adjustment = content(RowContent("1010", 1000), RowContent("oops", 0, 900))
    found = verdict(adjustment, "B", FACTS)
    assert [(fault.row, fault.code) for fault in found] == [
        (None, "unbalanced"),
        (2, "account-invalid"),
        (None, "series-not-manual"),
        (1, "account-inactive"),
        (2, "account-not-found"),
    ]


def row_codes(row: RowContent, account: AccountFacts, **registers: dict[str, bool]) -> list[tuple[int | None, str]]:
    facts = replace(FACTS, accounts={2990: AccountFacts(True), 5010: account}, **registers)  # type: ignore[arg-type]
    return [(fault.row, fault.code) for fault in verdict(content(row, RowContent("2990", 0, 1000)), "A", facts)]


def with_dimension(name: str) -> RowContent:
    dimension: dict[str, Any] = {name: "7"}
    return RowContent("5010", 1000, **dimension)


@pytest.mark.parametrize(("name", "code"), [("cost_center", "cost-center"), ("project", "project")])
def test_what_an_account_demands_of_a_dimension_is_met_or_named(name: str, code: str) -> None:
    without, with_it = RowContent("5010", 1000), with_dimension(name)
    mandatory, not_allowed = AccountFacts(True, **{name: "MANDATORY"}), AccountFacts(True, **{name: "NOTALLOWED"})
    assert row_codes(without, mandatory) == [(1, f"{code}-missing")]
    assert row_codes(with_it, not_allowed) == [(1, f"{code}-not-allowed")]
    assert row_codes(with_it, mandatory) == row_codes(without, not_allowed) == []
    assert row_codes(with_it, AccountFacts(True, **{name: "ALLOWED"})) == []


@pytest.mark.parametrize(("name", "code"), [("cost_center", "cost-center"), ("project", "project")])
def test_a_dimension_has_to_be_in_its_register_and_open(name: str, code: str) -> None:
    row, register = with_dimension(name), f"{name}s"
    assert row_codes(row, AccountFacts(True), **{register: {}}) == [(1, f"{code}-unknown")]
    assert row_codes(row, AccountFacts(True), **{register: {"7": False}}) == [(1, f"{code}-closed")]
    assert row_codes(row, AccountFacts(True), **{register: {"7": True}}) == []


def test_a_row_text_is_judged_as_it_arrives() -> None:
    blank = RowContent("5010", 1000, text="\u200b")
    assert row_codes(blank, AccountFacts(True, row_text="MANDATORY")) == [(1, "row-text-missing")]
    assert row_codes(RowContent("5010", 1000, text="x"), AccountFacts(True, row_text="NOTALLOWED")) == [
        (1, "row-text-not-allowed")
    ]


def test_the_preview_shows_the_text_as_it_will_arrive() -> None:
    arriving = as_it_arrives(content(RowContent("5010", 1, text="a|b" + "x" * 200), text="[Hyra]"))
    assert arriving.text == "(Hyra)"
    assert arriving.rows[0].text == "a-b" + "x" * 97


def test_each_text_that_changes_on_the_way_is_told() -> None:
    rows = (RowContent("5010", 1000, text="som den är"), RowContent("2990", 0, 1000, text="5 < 7"))
    assert text_changes(content(*rows, text="[Hyra]")) == [
        TextChange(None, "[Hyra]", "(Hyra)"),
        TextChange(2, "5 < 7", "5   7"),
    ]
