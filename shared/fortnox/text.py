"""Texts in the characters that Fortnox allows (developer guides: formats and encoding).

Anything else is refused with code 2000359. Besides single characters, "://" has been seen refused in comments.
"""

from __future__ import annotations

import re
import unicodedata

_SIGNS = frozenset("0123456789 –:.`´’,;^¤#%§£$€¢¥©™°&/\\()=+-*_!?²³®½@\u00a0\u0308\u030a\n\r")

_REPLACEMENTS = {
    **dict.fromkeys("\"'‘‚‛“”„‟«»‹›′″", "’"),
    **dict.fromkeys("[{⟨", "("),
    **dict.fromkeys("]}⟩", ")"),
    **dict.fromkeys("~|·•∙‧‐‑‒−→←", "-"),
    **dict.fromkeys("—―", "–"),
    **dict.fromkeys("<>\t\v\f", " "),
    **dict.fromkeys("\u0085\u2028\u2029", "\n"),
    **dict.fromkeys("⁄∕÷", "/"),
    "×": "x",
}

_URL_SLASHES = re.compile(r":/{2,}")


def is_allowed(character: str) -> bool:
    """Say whether Fortnox accepts this character in free text: any letter, and a list of signs."""
    return character in _SIGNS or unicodedata.category(character).startswith("L")


def allowed_text(text: str, max_length: int) -> str:
    """Return `text` in Fortnox' characters, at most `max_length` of them, without blanks at either end.

    Signs with a near relative in the class are replaced, the rest is dropped; å, ä and ö are kept in every spelling.
    The result is unchanged by a second pass, so what the user saw beforehand is what leaves.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(_nearest(character) for character in composed)
    # Dropping a mark can bring a letter and its umlaut together, so it is composed once more.
    spelled = _URL_SLASHES.sub(":/", unicodedata.normalize("NFC", kept)).strip()
    return spelled[:max_length].rstrip()


def _nearest(character: str) -> str:
    if is_allowed(character):
        return character
    if character in _REPLACEMENTS:
        return _REPLACEMENTS[character]
    # Compatibility forms: "…" is three points, "①" is 1, a thin space is a space.
    relatives = unicodedata.normalize("NFKC", character)
    return "".join(_REPLACEMENTS.get(c, c if is_allowed(c) else "") for c in relatives)
