"""Money: integer öre inside, decimal strings with a point outside."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def ore_from(value: str | int | Decimal) -> int:
    """Return öre for an amount in kronor.

    Raises ValueError for anything but a finite amount with at most two decimals; binary floats are refused by type.
    """
    try:
        ore = Decimal(value) * 100
    except InvalidOperation:
        raise ValueError(f"not an amount: {value!r}") from None
    if not ore.is_finite() or ore != ore.to_integral_value():
        raise ValueError(f"not an amount with at most two decimals: {value!r}")
    return int(ore)


def kronor(ore: int) -> str:
    """Return the amount as a decimal string with two decimals, for example "-12500.00"."""
    sign = "-" if ore < 0 else ""
    return f"{sign}{abs(ore) // 100}.{abs(ore) % 100:02d}"


def kronor_spaced(ore: int) -> str:
    """Return the amount as people read it in Sweden, for example "-12 500,00" with no-break spaces."""
    sign = "-" if ore < 0 else ""
    whole = f"{abs(ore) // 100:,}".replace(",", "\N{NO-BREAK SPACE}")
    return f"{sign}{whole},{abs(ore) % 100:02d}"
