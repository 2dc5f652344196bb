from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from shared.papers import figures


@pytest.mark.parametrize(
    ("hundredths", "sv", "en"),
    [
        (1_250_000, "12\xa0500,00", "12,500.00"),
        (-1_234_567_89, "−1\xa0234\xa0567,89", "−1,234,567.89"),
        (-5, "−0,05", "−0.05"),
        (0, "0,00", "0.00"),
    ],
)
def test_amounts_are_written_as_the_language_has_them(hundredths: int, sv: str, en: str) -> None:
    assert (figures.amount(hundredths, "sv"), figures.amount(hundredths, "en")) == (sv, en)


@pytest.mark.parametrize(("rate", "sv"), [("11.2", "11,2000"), ("10.123456", "10,123456"), ("1E+1", "10,0000")])
def test_a_rate_has_four_decimals_or_as_many_as_it_needs(rate: str, sv: str) -> None:
    assert figures.rate(Decimal(rate), "sv") == sv


def test_a_share_of_nothing_is_a_dash() -> None:
    assert figures.share(5, 0, "sv") == "–"
    assert figures.share(-75, 1000, "sv") == "−7,5\xa0%"
    assert figures.share(75, 1000, "en") == "7.5%"


def test_an_instant_is_told_in_utc_wherever_it_was_read() -> None:
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert figures.instant(noon.astimezone(timezone(timedelta(hours=2)))) == "2026-03-02 12:00\xa0UTC"
