"""What JSON can carry and a database cannot hold (pure)."""

from __future__ import annotations

import math
import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(content: object) -> bool:
    """Say whether decoded JSON can be kept: no NUL and no half of a surrogate pair in its texts, no NaN or infinity.

    PostgreSQL takes none of them in a text or in JSON (PostgreSQL manual, 8.14 JSON types).
    """
    left = [content]
    while left:
        match left.pop():
            case str(text) if _UNSTORABLE.search(text):
                return False
            case float(number) if not math.isfinite(number):
                return False
            case dict(members):
                left += [*members.keys(), *members.values()]
            case list(items):
                left += items
    return True
