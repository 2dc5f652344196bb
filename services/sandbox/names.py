"""Invented Swedish names, texts and registration numbers with correct check digits."""

from __future__ import annotations

import random

from services.sandbox.company import Party

FIRST_NAMES = ("Åsa", "Örjan", "Lena", "Håkan", "Märta", "Jonas", "Elif", "Göran", "Sofia", "Pär", "Amira", "Björn")
LAST_NAMES = ("Öberg", "Lindström", "Håkansson", "Sjögren", "Åkerlund", "Demir", "Nyström", "Björk", "Fält", "Wäppling")
PLACES = (
    "Örebro",
    "Malmö",
    "Göteborg",
    "Umeå",
    "Åmål",
    "Västerås",
    "Kalmar",
    "Luleå",
    "Jönköping",
    "Ängelholm",
    "Ystad",
)
TRADES = ("Bygg", "Måleri", "Åkeri", "Konsult", "Livs", "Trädgård", "El & Värme", "Redovisning", "Smide", "Däck", "Rör")
SUFFIXES = ("AB", "Handelsbolag", "i Sverige AB", "& Söner AB", "Partner AB")
FOREIGN = (
    ("Müller & Cie GmbH", "DE", "EUR", "Köln"),
    ("Étoile Conseil SARL", "FR", "EUR", "Lyon"),
    ("Łódź Metal Sp. z o.o.", "PL", "EUR", "Łódź"),
    ("Granite Tools Inc.", "US", "USD", "Boston"),
    ("Lake Supply LLC", "US", "USD", "Duluth"),
)
VOUCHER_TEXTS = (
    "Bankavgift",
    "Kontorsmateriel",
    "Köp av ”förbrukningsmaterial”",
    'Återbetalning "presentkort"',
    "{VV cf kvitto-%d} Utlägg",
    "Öresutjämning och överföring",
    "Telefoni & data",
    "Resa Malmö–Göteborg tur/retur",
    "Reglering ",
    "Försäkring halvår",
    "Account:BANK Text:PRIS ENL SPEC",
    "Övriga främmande tjänster",
    "Représentation, café",
)
ROW_TEXTS = ("", "", "", "", "", "", "", "Ställ om period", 'Enl. "spec"', "Båda avd.", "Ł-faktura")


def luhn_digit(digits: str) -> int:
    """Return the check digit that makes `digits` plus itself pass the modulus-10 test."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def organisation_number(rng: random.Random) -> str:
    """Return an organisation number of a limited company, `NNNNNN-NNNN`, the third digit at least 2."""
    digits = f"55{rng.randint(20, 99)}{rng.randint(0, 99):02}{rng.randint(0, 999):03}"
    return f"{digits[:6]}-{digits[6:]}{luhn_digit(digits)}"


def ocr(number: int) -> str:
    """Return an OCR reference: the number, a length digit and a check digit."""
    digits = f"{number}{(len(str(number)) + 2) % 10}"
    return f"{digits}{luhn_digit(digits)}"


def person(rng: random.Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def company_name(rng: random.Random) -> str:
    return f"{rng.choice(PLACES)} {rng.choice(TRADES)} {rng.choice(SUFFIXES)}"


def parties(rng: random.Random, count: int, first_number: int, foreign_share: float) -> list[Party]:
    """Return `count` customers or suppliers, about `foreign_share` of them with a foreign currency."""
    found = []
    for offset in range(count):
        number = str(first_number + offset)
        if rng.random() < foreign_share:
            name, country, currency, city = rng.choice(FOREIGN)
            found.append(Party(number, name, "", city, country, currency))
        else:
            found.append(Party(number, company_name(rng), organisation_number(rng), rng.choice(PLACES)))
    return found


def voucher_text(rng: random.Random) -> str:
    return rng.choice(VOUCHER_TEXTS).replace("%d", str(rng.randint(1, 9999)))
