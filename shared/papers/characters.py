"""Names and texts from the books, made fit for a paper (pure): they may hold anything that Unicode has."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_PLAIN: Final = re.compile(r"[\x20-\x7e\xa0-\xac\xae-\xff]*")  # what nearly every text consists of
_BLANK: Final = frozenset({"Cc", "Zl", "Zp"})
_INVISIBLE: Final = "Cf"  # soft hyphens, byte order marks, and what turns the direction of writing around
_NOT_A_CHARACTER: Final = frozenset({"Cs", "Co", "Cn"})
_NOT_IN_FONT: Final = re.compile(
    "[^\x20-\x7e\xa0-\xac\xae-\u02af\u0386-\u03ce\u0400-\u0477\u0490-\u04c4\u1e00-\u1eff"
    "\u2010-\u2027\u2030-\u2037\u2039-\u203e\u20ac\u2116\u2122\u2212\u25a1]"
)
PLACEHOLDER: Final = "\N{WHITE SQUARE}"


def printable(text: str) -> str:
    """Return the text on one line: control characters as spaces, nothing invisible, "�" for what is no character."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(map(_printable, unicodedata.normalize("NFC", text)))


def typesettable(text: str) -> str:
    """Return the printable text with "□" for each character outside Latin, Greek and Cyrillic, which the font lacks."""
    return _NOT_IN_FONT.sub(PLACEHOLDER, printable(text))


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BLANK:
        return " "
    if category == _INVISIBLE:
        return ""
    return "\N{REPLACEMENT CHARACTER}" if category in _NOT_A_CHARACTER else character
