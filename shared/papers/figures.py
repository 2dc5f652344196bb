"""Numbers, days and instants as they are read on paper (pure)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from shared.papers.words import Language

MINUS: Final = "\N{MINUS SIGN}"
_SPACE: Final = "\N{NO-BREAK SPACE}"
_RATE_DECIMALS: Final = 4


def amount(hundredths: int, language: Language) -> str:
    """Return "−12 500,00" in Swedish, with no-break spaces and a true minus, "−12,500.00" in English."""
    whole, rest = divmod(abs(hundredths), 100)
    return _signed(hundredths < 0, _separated(f"{whole:,}.{rest:02d}", language))


def count(number: int, language: Language) -> str:
    return _signed(number < 0, _separated(f"{abs(number):,}", language))


def rate(value: Decimal, language: Language) -> str:
    """Return a rate of exchange with four decimals, or as many more as it has."""
    exponent = value.normalize().as_tuple().exponent
    decimals = max(_RATE_DECIMALS, -exponent if isinstance(exponent, int) else 0)
    return _separated(f"{value:,.{decimals}f}", language)


def share(part: int, whole: int, language: Language) -> str:
    """Return the part in percent with one decimal; an en dash of nothing."""
    if whole == 0:
        return "\N{EN DASH}"
    tenths = round(Decimal(1000 * part) / whole)
    text = _separated(f"{abs(tenths) // 10}.{abs(tenths) % 10}", language)
    return _signed(tenths < 0, text + (f"{_SPACE}%" if language == "sv" else "%"))


def day(value: date | None) -> str:
    return value.isoformat() if value is not None else ""


def instant(value: datetime) -> str:
    """Return the instant to the minute, in UTC and saying so."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}{_SPACE}UTC"


def _separated(english: str, language: Language) -> str:
    return english.replace(",", _SPACE).replace(".", ",") if language == "sv" else english


def _signed(negative: bool, text: str) -> str:
    return MINUS + text if negative else text
