"""The types of Fortnox' fields: forgiving where Fortnox wavers, strict for money and identity.

Recorded answers hold the same field as 1 and "1", as null and "", a flag as false and "false".
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shared.money import ore_from

_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_NUMBER = 28  # digits; arithmetic on a longer Decimal rounds unseen
_LONGEST_KEY = 40  # characters; Fortnox' own numbers and codes have far fewer
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")  # no database takes NUL, and no encoding half a pair

LARGEST_ORE = 10**15
"""Ten thousand billion: no invoice is as large, and thousands of them still add up to what a database holds."""


def _is_blank(value: Any) -> bool:
    return value is None or value == ""


def _number(value: Any) -> Decimal:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and _AMOUNT.fullmatch(value)):
        raise ValueError(f"not a number: {_shown(value)}")
    number = Decimal(value)
    if len(number.as_tuple().digits) + abs(number.adjusted()) > _LONGEST_NUMBER:
        raise ValueError(f"too long a number: {_shown(value)}")
    return number


def _ore(value: Any) -> int:
    ore = ore_from(_number(value))
    if abs(ore) > LARGEST_ORE:
        raise ValueError(f"too large an amount: {_shown(value)}")
    return ore


def _rate(value: Any) -> Decimal:
    rate = _number(value)
    if rate <= 0:
        raise ValueError(f"not a rate: {_shown(value)}")
    return rate


def _whole(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise ValueError(f"not a whole number: {_shown(value)}")
    return int(number)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ValueError(f"neither true nor false: {_shown(value)}")


def _date(value: Any) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError(f"not a date: {_shown(value)}")
    return date.fromisoformat(value)


def storable(text: str) -> str:
    """Return free text with a sign in the place of what can be stored nowhere."""
    return _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return storable(value)
    return "" if value is None else str(_number(value))


def _key(value: Any) -> str:
    text = _text(value).strip()
    if not text:
        raise ValueError("empty")
    if len(text) > _LONGEST_KEY:
        raise ValueError(f"longer than {_LONGEST_KEY} characters: {_shown(value)}")
    if isinstance(value, str) and _NOT_STORABLE.search(value):
        raise ValueError(f"not a number or code: {_shown(value)}")
    return text


def _shown(value: Any) -> str:
    return repr(value)[:40]


def _none_if_blank(value: Any) -> Any:
    return None if _is_blank(value) else value


def _none_if_nothing(value: Any) -> Any:
    return None if _is_blank(value) or value in (0, "0") else value


def _blank_if_nothing(value: Any) -> Any:
    return "" if value == 0 and not isinstance(value, bool) else value


Ore = Annotated[int, BeforeValidator(_ore)]
"""Hundredths of the document's currency, from 370.78 or "370.78"."""

Rate = Annotated[Decimal, BeforeValidator(_rate)]
Unit = Annotated[Rate, Field(ge=1, le=1_000_000, multiple_of=1)]
"""So many of a currency does its rate price: 1, 100 or 1000."""

Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Day = Annotated[date, BeforeValidator(_date)]

Text = Annotated[str, BeforeValidator(_text)]
"""Free text; null is ""."""

Key = Annotated[str, BeforeValidator(_key)]
"""A number or code that identifies something: never empty, always text, of no more than 40 characters."""

Dimension = Annotated[Text, BeforeValidator(_blank_if_nothing)]
"""A cost centre or project; older answers write 0 for none."""

OptionalOre = Annotated[Ore | None, BeforeValidator(_none_if_blank), Field(default=None)]
OptionalWhole = Annotated[Whole | None, BeforeValidator(_none_if_blank), Field(default=None)]
OptionalDay = Annotated[Day | None, BeforeValidator(_none_if_blank), Field(default=None)]

Blank = BeforeValidator(_none_if_blank)
"""For a part of a record that may be left out: null and "" are None."""

Reference = Annotated[Key | None, BeforeValidator(_none_if_nothing), Field(default=None)]
"""The number of another document; "", 0 and "0" mean that there is none."""
