"""What an import must show before it may say completed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.importer.cursor import (
    COMPANY,
    LEDGER,
    PROOF,
    REGISTERS,
    SETTINGS,
    Cursor,
    FaultRead,
    PlannedYear,
    YearRead,
)
from services.importer.proof import (
    Check,
    YearBalances,
    contradictions_of,
    differing_accounts,
    holds_every_voucher,
    missing_at_the_end,
    nothing_missing,
    prove,
)
from services.importer.sie import Mismatch

FIRST, SECOND = date(2024, 1, 1), date(2025, 1, 1)
YEARS = (
    PlannedYear(id=7, from_date=FIRST, to_date=date(2024, 12, 31)),
    PlannedYear(id=3, from_date=SECOND, to_date=date(2025, 12, 31)),
)
RESULTS = {"3001": -400}
FIRST_BALANCES = YearBalances({}, {"1930": 500}, {"3001": -500}, {"1930": 500, "3001": -500, "6000": 0})
SECOND_BALANCES = YearBalances({"1930": 500}, {"1930": 900}, RESULTS, {"1930": 900, **RESULTS})
STORED = {FIRST: FIRST_BALANCES, SECOND: SECOND_BALANCES}


def read(from_date: date, **other: Any) -> YearRead:
    said = {
        "accounts": 10,
        "vouchers": 4,
        "rows_in_file": 8,
        "rows_stored": 8,
        "added": 4,
        "changed": 0,
        "gone": 0,
        "balances": 3,
        "periods": 5,
        **other,
    }
    return YearRead(from_date=from_date, **said)


def proof(
    *years_read: YearRead, second: YearBalances = SECOND_BALANCES, years: tuple[PlannedYear, ...] = YEARS
) -> dict[str, Check]:
    checks = prove(Cursor(years=years, read=years_read), {FIRST: FIRST_BALANCES, SECOND: second})
    return {check.name: check for check in checks}


def opening_with(balances: Mapping[str, int]) -> YearBalances:
    """A year that ends as it begins."""
    return YearBalances(balances, balances, {}, balances)


def failing(checks: dict[str, Check]) -> list[str]:
    return [name for name, check in checks.items() if not check.holds]


def test_a_whole_import_passes_every_check() -> None:
    checks = proof(read(FIRST), read(SECOND))
    assert failing(checks) == []
    assert nothing_missing(checks.values())


@pytest.mark.parametrize(
    ("years_read", "check", "said"),
    [
        ((read(FIRST),), "years-read", "2025-01-01 to 2025-12-31"),
        ((read(FIRST), read(SECOND, rows_stored=7)), "rows-counted", "8 rows in the file, 7 stored"),
        ((read(FIRST), read(SECOND, stored_otherwise=("1930",))), "rows-stored", "1930"),
        ((read(FIRST), read(SECOND, contradictions=("UB 1930: …",))), "balances-agree", "UB 1930"),
        ((read(FIRST), read(SECOND, balances=0)), "balances-agree", "no closing balance"),
        ((read(FIRST), read(SECOND, period_contradictions=("PSALDO 1930 …",))), "periods-agree", "PSALDO 1930"),
        ((read(FIRST), read(SECOND, unproven=("no #RES …",))), "balances-agree", "no #RES"),
        ((read(FIRST), read(SECOND, outside=("A 1 of 2026-01-05",))), "dates-within-year", "A 1 of 2026-01-05"),
        ((read(FIRST), read(SECOND, currency="EUR")), "currency-is-sek", "2025-01-01: amounts in EUR"),
        (
            (read(FIRST), read(SECOND, objects=700, objects_stored=500)),
            "objects-stored",
            "700 objects in the file, 500",
        ),
        (
            (read(FIRST), read(SECOND, vouchers_told=6, missing=("A 5-6",))),
            "vouchers-counted",
            "Fortnox counts 6 vouchers, the file has 4; 2025-01-01: A 5-6",
        ),
    ],
)
def test_whatever_means_that_something_is_missing_forbids_to_say_completed(
    years_read: tuple[YearRead, ...], check: str, said: str
) -> None:
    checks = proof(*years_read)
    assert failing(checks) == [check]
    assert said in checks[check].detail
    assert not nothing_missing(checks.values())


@pytest.mark.parametrize(
    ("served", "said"),
    [
        ({"1930": 899, **RESULTS}, "UB 1930: 9.00 stated, 8.99 in the trial balance"),
        ({"1930": 900}, "RES 3001: -4.00 stated, 0.00 in the trial balance"),
        ({"1930": 900, "1510": 7, **RESULTS}, "1510: nothing stated, 0.07 in the trial balance"),
        (RESULTS, "UB 1930: 9.00 stated, 0.00 in the trial balance"),
    ],
)
def test_a_trial_balance_that_readers_would_get_otherwise_than_stated_forbids_to_say_completed(
    served: Mapping[str, int], said: str
) -> None:
    checks = proof(read(FIRST), read(SECOND), second=SECOND_BALANCES._replace(served=served))
    assert failing(checks) == ["trial-balance-agrees"]
    assert checks["trial-balance-agrees"].found == (f"2025-01-01: {said}",)
    assert not nothing_missing(checks.values())


def test_an_account_with_a_result_and_a_closing_balance_must_be_served_as_both() -> None:
    both = SECOND_BALANCES._replace(results={"1930": 400, **RESULTS})
    assert failing(proof(read(FIRST), read(SECOND), second=both)) == []
    wrong = both._replace(closing={"1930": 999})
    assert failing(proof(read(FIRST), read(SECOND), second=wrong)) == ["trial-balance-agrees"]


def test_months_by_the_dates_of_rows_are_told_and_miss_nothing() -> None:
    checks = proof(read(FIRST), read(SECOND, periods_by_row_date=("PSALDO 1930 202501: …",)))
    assert failing(checks) == ["periods-by-voucher-date"]
    assert nothing_missing(checks.values())


def test_of_a_file_nobody_claims_to_know_why_a_number_is_missing() -> None:
    years = tuple(year.model_copy(update={"id": None}) for year in YEARS)
    for planned, said in ((YEARS, "deleted in Fortnox"), (years, "a file does not tell")):
        check = proof(read(FIRST, gaps=("A 17",)), read(SECOND), years=planned)["numbers-without-gaps"]
        assert said in (check.told_only or "")


def test_an_import_without_a_plan_is_not_complete() -> None:
    assert not nothing_missing(prove(Cursor(), {}))


def test_gaps_and_an_opening_balance_of_its_own_are_told_and_miss_nothing() -> None:
    checks = proof(read(FIRST, gaps=("A 17",)), read(SECOND), second=opening_with({"1930": 400, "2081": 100}))
    assert failing(checks) == ["numbers-without-gaps", "opening-follows-closing"]
    assert checks["numbers-without-gaps"].detail == "2024-01-01: A 17"
    assert "1930 opens with 4.00, closed with 5.00" in checks["opening-follows-closing"].detail
    assert nothing_missing(checks.values())


def opened_with(balances: Mapping[str, int], locked_until: date | None) -> Check:
    cursor = Cursor(years=YEARS, read=(read(FIRST), read(SECOND)), locked_until=locked_until)
    checks = prove(cursor, {FIRST: FIRST_BALANCES, SECOND: opening_with(balances)})
    return next(check for check in checks if check.name == "opening-follows-closing")


def test_an_opening_balance_that_differs_from_a_closed_year_means_that_something_is_missing() -> None:
    check = opened_with({"1930": 400}, locked_until=date(2024, 12, 31))
    assert (check.holds, check.required, check.compared) == (False, True, 1)
    assert not nothing_missing([check])


def test_while_the_year_before_is_open_in_fortnox_its_closing_balances_are_only_told_of() -> None:
    for locked_until in (None, date(2024, 11, 30)):
        check = opened_with({"1930": 400}, locked_until)
        assert (check.holds, check.required) == (False, False)
        assert "2024-12-31 is open in Fortnox" in (check.told_only or "")


def test_a_result_carried_over_within_equity_is_told_even_of_a_closed_year() -> None:
    check = opened_with({"1930": 500, "2099": -70, "2091": 70}, locked_until=date(2025, 3, 31))
    assert (check.holds, check.required) == (False, False)
    assert "within equity" in (check.told_only or "")


def test_what_was_not_asked_for_is_named_and_a_register_that_was_refused_is_missing() -> None:
    cursor = Cursor(years=YEARS, read=(read(FIRST), read(SECOND)), left_out=("2021-01-01 to 2021-12-31",))
    checks = {check.name: check for check in prove(cursor, STORED)}
    assert checks["years-read"].holds
    assert checks["years-read"].detail.endswith("not asked for: 2021-01-01 to 2021-12-31")
    refused = cursor.model_copy(update={"refused": ("predefined accounts and lock date: no right",)})
    assert not nothing_missing(prove(refused, STORED))


def test_the_ends_of_series_that_a_file_does_not_reach_are_named() -> None:
    assert missing_at_the_end({"A": 117, "B": 4}, {"A": 121, "B": 5, "C": 2, "D": 1}) == ("A 118-120", "C 1")


def test_the_share_done_grows_with_every_step_and_ends_before_one() -> None:
    plan = Cursor(years=YEARS)
    shares = [
        Cursor().share_done(COMPANY),
        plan.share_done(REGISTERS),
        plan.share_done(LEDGER),
        plan.with_year(read(FIRST)).share_done(LEDGER),
        plan.with_year(read(FIRST)).with_year(read(SECOND)).share_done(SETTINGS),
        plan.with_year(read(FIRST)).with_year(read(SECOND)).share_done(PROOF),
    ]
    assert shares == [0, 0.167, 0.333, 0.5, 0.667, 0.833]


def test_faults_are_told_with_their_year_and_at_most_a_hundred_of_them() -> None:
    fault = FaultRead(line=3, label="#KONTO", reason="a quote is broken")
    cursor = Cursor(read=(read(FIRST, faults=(fault,) * 70), read(SECOND, faults=(fault,) * 70)))
    assert len(cursor.faults()) == 100
    assert cursor.faults()[0] == {"year": "2024-01-01", "line": 3, "label": "#KONTO", "reason": "a quote is broken"}


def test_years_with_a_hole_between_them_carry_nothing_over() -> None:
    later = PlannedYear(id=3, from_date=date(2025, 2, 1), to_date=date(2025, 12, 31))
    checks = prove(
        Cursor(years=(YEARS[0], later), read=(read(FIRST), read(later.from_date))),
        {FIRST: FIRST_BALANCES, later.from_date: opening_with({})},
    )
    assert all(check.holds for check in checks)


def test_differences_are_named_by_account_and_stay_short() -> None:
    assert differing_accounts({"1930": 5, "3001": -5}, {"1930": 5, "3001": -4, "1510": 1}) == ("1510", "3001")
    assert differing_accounts({"1930": 0}, {}) == ()
    named = contradictions_of([Mismatch("UB", str(1000 + place), None, (), 0, 1) for place in range(12)])
    assert named[0] == "UB 1000: 0.00 stated, 0.01 from the rows"
    assert named[-1] == "and 2 more"


def test_the_cursor_survives_its_row_and_goes_on_with_the_next_year() -> None:
    cursor = Cursor(years=YEARS).with_year(read(FIRST, gaps=("A 17",)))
    again = Cursor.model_validate(cursor.to_json())
    assert again == cursor
    assert again.next_year == YEARS[1]
    assert cursor.model_copy(update={"read": ()}).next_two_years == YEARS
    assert again.next_two_years == (YEARS[1], None)
    whole = again.with_year(read(SECOND, changed=2))
    assert whole.next_year is None
    assert whole.counts() == {
        "years": 2,
        "accounts": 10,
        "vouchers": 8,
        "rows": 16,
        "objects": 0,
        "added": 8,
        "changed": 2,
        "gone": 0,
    }


@pytest.mark.parametrize(
    ("damage", "holds"),
    [
        ({}, True),
        ({"gaps": ("A 17",)}, True),
        ({"currency": "EUR", "outside": ("A 3 of 2026-01-02",)}, True),
        ({"rows_stored": 7}, False),
        ({"contradictions": ("1930",)}, False),
        ({"vouchers_told": 5}, False),
        ({"missing": ("A 5",)}, False),
    ],
)
def test_of_the_own_year_alone_it_is_told_whether_every_voucher_came(damage: dict[str, Any], holds: bool) -> None:
    """Whatever is missing in another year, and whatever is wrong that loses no voucher, does not matter."""
    own, other = read(SECOND, **damage), read(FIRST, contradictions=("3001",), rows_stored=1)
    cursor = Cursor(years=YEARS, read=(other, own), refused=("lock date",))
    assert holds_every_voucher(cursor, STORED, YEARS[1].to_date) is holds


def test_of_a_year_that_was_not_read_nothing_is_told() -> None:
    assert not holds_every_voucher(Cursor(years=YEARS, read=(read(FIRST),)), STORED, YEARS[1].to_date)
    assert not holds_every_voucher(Cursor(years=YEARS[:1], read=(read(FIRST),)), STORED, YEARS[1].to_date)
