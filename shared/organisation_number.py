"""Swedish organisation numbers, and personal numbers of sole traders (pure).

Ten digits, the last one by the Luhn rule (Skatteverket, SKV 704 and SKV 709). A legal entity has at least 20 in its
third and fourth digit, where a person has the month of birth; a coordination number has 60 added to the day.
"""

from __future__ import annotations

import re

from shared.errors import Rejected

_SHAPE = re.compile(r"(?:(?:16|18|19|20)(?=\d{6}[-+]?\d{4}$))?(\d{6})[-+]?(\d{4})", re.ASCII)


def normalised(text: str) -> str:
    """Return the number as NNNNNN-NNNN; raises ValueError with what is wrong."""
    found = _SHAPE.fullmatch(text.strip().replace(" ", ""))
    if found is None:
        raise ValueError("an organisation number has ten digits, as in 556016-0680")
    digits = found[1] + found[2]
    if not luhn_holds(digits):
        raise ValueError("the check digit of the organisation number is wrong")
    month, day = int(digits[2:4]), int(digits[4:6])
    is_person = 1 <= month <= 12 and (1 <= day <= 31 or 61 <= day <= 91)
    if month < 20 and not is_person:
        raise ValueError("neither an organisation number nor a personal number")
    return f"{found[1]}-{found[2]}"


def is_same(one: str, other: str) -> bool:
    """Say whether both are the same organisation, however they are written.

    Neither has to be valid: Fortnox does not check the numbers that its users enter.
    """
    return _bare(one) == _bare(other)


def require_company(organisation_number: str, found: str, where: str) -> None:
    """Raise Rejected "wrong-company" unless what was found there is the client's number."""
    if not is_same(organisation_number, found):
        raise Rejected(
            "wrong-company",
            f"{where} is of organisation number {found or '(none)'}, the client has {organisation_number}",
        )


def luhn_holds(digits: str) -> bool:
    """Say whether the weighted digits sum to a multiple of ten; every second one from the end counts double."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        weighted = int(digit) * (2 if place % 2 else 1)
        total += weighted - 9 if weighted > 9 else weighted
    return total % 10 == 0


def _bare(text: str) -> str:
    digits = "".join(sign for sign in text if sign.isdecimal())
    return digits[2:] if len(digits) == 12 else digits  # without the century
