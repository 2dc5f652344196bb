"""The verdict before anything is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from shared.adjustments import RowContent, YearFacts, as_it_arrives, verdict
from tests.unit.exporter.samples import YEAR_END, content

FACTS = YearFacts(
    year_id=4,
    first_day=date(2025, 1, 1),
    last_day=YEAR_END,
    series={"A": True, "B": False},
    accounts={5010: True, 2990: True, 1010: False},
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


def test_the_preview_shows_the_text_as_it_will_arrive() -> None:
    arriving = as_it_arrives(content(RowContent("5010", 1, text="a|b" + "x" * 200), text="[Hyra]"))
    assert arriving.text == "(Hyra)"
    assert arriving.rows[0].text == "a-b" + "x" * 97
