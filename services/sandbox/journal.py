"""What the stand-in was asked and did: the truth against which "no voucher twice" is checked."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

MAX_ENTRIES = 200_000


@dataclass(frozen=True)
class Entry:
    """One answered request; `created` is the whole entity behind a 201, sent or not."""

    sequence: int
    at: str
    method: str
    path: str
    tenant: int | None
    body: str
    status: int
    created: Any = None


class Journal:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._sequence = itertools.count(1)

    def record(self, *, status: int, created: Any = None, **request: Any) -> None:
        """Append an entry; `request` are the fields of Entry that come from the request."""
        self._entries.append(Entry(next(self._sequence), status=status, created=created, **request))

    def entries(self, tenant: int | None = None, method: str | None = None) -> list[dict[str, Any]]:
        return [
            asdict(entry)
            for entry in list(self._entries)  # others go on adding
            if tenant in (None, entry.tenant) and method in (None, entry.method)
        ]

    def clear(self) -> None:
        self._entries.clear()
