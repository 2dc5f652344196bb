"""Fields to values: amounts, dates, accounts and the rest, each exact or refused."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from services.importer.sie.lexer import Field
from services.importer.sie.records import Objects

# what the ledger's tables take
MAX_AMOUNT_ORE = 10**15
ACCOUNT_CHARS = 20
SERIES_CHARS = 20
NUMBER_CHARS = 40
SRU_CHARS = 20
OBJECT_CHARS = 100  # of a dimension's number and of an object's code, which an index holds

_AMOUNT = re.compile(r"(-?)(?=[0-9])0*+([0-9]*+)(?:\.([0-9]{1,2}))?")
_QUANTITY = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_DATE = re.compile(r"[0-9]{8}")
_ACCOUNT = re.compile(r"[0-9]+")
_PERIOD = re.compile(r"[0-9]{4}(?:0[1-9]|1[0-2])")
_YEAR = re.compile(r"0|-[0-9]{1,3}")


class FieldError(Exception):
    """A field that does not say what its place demands; whoever knows the line makes a SieError or a Fault of it."""

    def __init__(self, code: str, field: str, value: Field, expected: str) -> None:
        self.code = code
        self.field = field
        self.why = f"{shown(value)} is not {expected}" if value != "" else f"the value is missing; expected {expected}"
        super().__init__(self.why)


def shown(value: Field) -> str:
    """Return the field for people to read, cut to a length that fits a message."""
    plain = repr(text(value))
    return plain if len(plain) <= 60 else f"{plain[:57]}…'"


def at(fields: list[Field], index: int) -> Field:
    """Return the field at that place; what is missing at the end is empty (head of 12)."""
    return fields[index] if index < len(fields) else ""


def text(value: Field) -> str:
    """Return a text; braces that stand where a text is expected are text."""
    return value if isinstance(value, str) else "{" + " ".join(value) + "}"


def amount_ore(value: Field) -> int:
    """Return öre for "-218", "638.2" or "-1000.00" (5.9): a point, at most two decimals, no plus.

    The format knows no upper bound; beyond `MAX_AMOUNT_ORE` the file is refused, so that sums stay whole numbers of 64 bits.
    """
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise FieldError("sie-bad-amount", "amount", value, "an amount with a point and at most two decimals")
    sign, whole, decimals = found.groups()
    if len(whole) > len(str(MAX_AMOUNT_ORE)) or (ore := int(whole + ((decimals or "") + "00")[:2])) > MAX_AMOUNT_ORE:
        raise FieldError("sie-amount-too-large", "amount", value, "an amount of at most ten trillion kronor")
    return -ore if sign else ore


@lru_cache(maxsize=4096)
def day(value: Field, field: str) -> date:
    """Return a date written yyyymmdd (5.10)."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date(int(value[:4]), int(value[4:6]), int(value[6:]))
        except ValueError:
            pass
    raise FieldError("sie-bad-date", field, value, "a date of the form yyyymmdd")


@lru_cache(maxsize=4096)
def account(value: Field) -> str:
    """Return an account number: digits, leading zeros kept (11 #KONTO 2)."""
    if isinstance(value, str) and _ACCOUNT.fullmatch(value):
        return at_most(ACCOUNT_CHARS, value, "account")
    raise FieldError("sie-bad-account", "account", value, "an account number")


def at_most(chars: int, value: str, field: str) -> str:
    """Return an identifier that the ledger's tables take whole."""
    if len(value) > chars:
        raise FieldError("sie-too-long", field, value, f"of at most {chars} characters")
    return value


@lru_cache(maxsize=4096)
def objects(value: Field) -> Objects:
    """Return the pairs of an object list (8.21); the list is mandatory, if only `{}`."""
    if isinstance(value, tuple) and len(value) % 2 == 0:
        for item in value:
            at_most(OBJECT_CHARS, item, "objects")
        return tuple(zip(value[::2], value[1::2], strict=True))
    raise FieldError("sie-bad-object-list", "objects", value, "a list of dimension and object pairs in braces")


def year_no(value: Field) -> int:
    """Return 0 for the file's year, -1 for the year before, and so on."""
    if isinstance(value, str) and _YEAR.fullmatch(value):
        return int(value)
    raise FieldError("sie-bad-year", "year", value, "a year number (0, -1, -2 …)")


def period(value: Field) -> str:
    """Return a month written yyyymm."""
    if isinstance(value, str) and _PERIOD.fullmatch(value):
        return value
    raise FieldError("sie-bad-period", "period", value, "a month of the form yyyymm")


def quantity(value: Field) -> Decimal | None:
    """Return a signed quantity, None for none; programs without quantities write 0."""
    if value in {"", "0"}:
        return None
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return Decimal(value) or None
    raise FieldError("sie-bad-amount", "quantity", value, "a quantity")
