"""Which years are read, and which file is refused."""

from __future__ import annotations

from datetime import date

import pytest

from services.importer.cursor import PlannedYear
from services.importer.plan import left_out, plan_years, require_ledger, require_length, require_year
from services.importer.sie import read_sie
from shared.errors import Rejected
from shared.fortnox import FinancialYear

YEAR = PlannedYear(id=2, from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))


def year(year_id: int, from_date: str, to_date: str) -> FinancialYear:
    return FinancialYear.read({"Id": year_id, "FromDate": from_date, "ToDate": to_date})


def test_the_year_of_the_engagement_and_two_before_it_are_read_earliest_first() -> None:
    years = [year(number, f"{2020 + number}-01-01", f"{2020 + number}-12-31") for number in range(1, 7)]
    assert [planned.id for planned in plan_years(years, date(2025, 12, 31))] == [3, 4, 5]


def test_more_years_are_read_when_they_are_asked_for_and_those_left_out_are_named() -> None:
    years = [year(number, f"{2020 + number}-01-01", f"{2020 + number}-12-31") for number in range(1, 7)]
    assert [planned.id for planned in plan_years(years, date(2025, 12, 31), 4)] == [2, 3, 4, 5]
    assert len(plan_years(years, date(2025, 12, 31), 20)) == 5
    planned = plan_years(years, date(2025, 12, 31), 4)
    assert left_out(years, planned) == ("2021-01-01 to 2021-12-31", "2026-01-01 to 2026-12-31")


def test_years_are_ordered_by_date_whatever_their_ids_say() -> None:
    years = [
        year(1, "2025-01-01", "2025-12-31"),
        year(2, "2026-01-01", "2026-12-31"),
        year(3, "2022-07-13", "2023-12-31"),
        year(4, "2024-01-01", "2024-12-31"),
    ]
    assert [planned.id for planned in plan_years(years, date(2025, 12, 31))] == [3, 4, 1]


def test_a_young_company_has_fewer_years_to_read() -> None:
    assert len(plan_years([year(1, "2025-06-01", "2025-12-31")], date(2025, 12, 31))) == 1


def test_a_year_that_fortnox_lacks_is_said_with_those_it_has() -> None:
    with pytest.raises(Rejected, match=r"year-missing: .*2025-08-31; there are: 2025-01-01 to 2025-12-31"):
        plan_years([year(1, "2025-01-01", "2025-12-31")], date(2025, 8, 31))


def sie_of(from_date: str, to_date: str) -> bytes:
    return f"#FLAGGA 0\r\n#SIETYP 4\r\n#RAR 0 {from_date} {to_date}\r\n".encode()


def test_the_file_of_the_year_that_was_asked_for_is_taken() -> None:
    require_year(read_sie(sie_of("20250101", "20251231")), YEAR)


@pytest.mark.parametrize("data", [sie_of("20240101", "20241231"), sie_of("20250101", "20250831"), b"#SIETYP 4\r\n"])
def test_the_file_of_another_year_or_of_none_is_refused(data: bytes) -> None:
    with pytest.raises(Rejected, match="wrong-year"):
        require_year(read_sie(data), YEAR)


def test_a_file_that_leaves_the_vouchers_out_is_refused() -> None:
    require_ledger(read_sie(b"#SIETYP 4\r\n"))
    with pytest.raises(Rejected, match=r"wrong-sie-type: .* of type 1"):
        require_ledger(read_sie(b"#SIETYP 1\r\n"))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2024-01-01", "2025-06-30"),
        ("2024-07-01", "2025-12-31"),
        ("2024-08-31", "2026-02-28"),
        ("2025-05-05", "2025-05-05"),
    ],
)
def test_a_year_may_have_eighteen_months(first: str, last: str) -> None:
    require_length(PlannedYear(id=None, from_date=date.fromisoformat(first), to_date=date.fromisoformat(last)))


@pytest.mark.parametrize(
    ("first", "last"), [("2024-01-01", "2025-07-01"), ("2024-08-31", "2026-03-01"), ("2020-01-01", "2025-12-31")]
)
def test_a_longer_year_is_refused(first: str, last: str) -> None:
    with pytest.raises(Rejected, match="longer than 18 months"):
        require_length(PlannedYear(id=None, from_date=date.fromisoformat(first), to_date=date.fromisoformat(last)))
