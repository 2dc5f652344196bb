"""The canonical form of a schedule, and the hash over it (pure).

JSON with sorted names, without spaces, in UTF-8; days and instants (UTC) in ISO 8601, rates as decimal strings without
closing zeros, amounts as whole hundredths. The same content gives the same bytes, years later as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

from shared.schedules.content import Schedule

OF_THE_COPY: Final = frozenset({"id", "version", "sign_offs", "content_hash"})
"""What names or signs a copy and is no content."""

OF_THE_READING: Final = frozenset({"known_at", "source"})
AFTERWARDS: Final = frozenset({"paid_after_ore", "paid_after_on"})
OF_THE_COMPANY: Final = frozenset({"company_name", "organisation_number"})
PARTY, ACCOUNT = frozenset({"counterparty_name"}), frozenset({"name"})
"""Names: numbers tell which counterparty and which account."""


def content_hash(schedule: Schedule) -> str:
    """Return SHA-256 in hexadecimal over all of the schedule but what names or signs a copy of it."""
    return hashlib.sha256(_dumped(content(schedule))).hexdigest()


def figures_hash(schedule: Schedule) -> str:
    """Return SHA-256 in hexadecimal over the figures: two readings of the same past have the same."""
    return hashlib.sha256(_dumped(figures(schedule))).hexdigest()


def content(schedule: Schedule) -> dict[str, Any]:
    """Return what the content hash is over: names and values, ready for JSON."""
    return {name: _plain(getattr(schedule, name)) for name in _names(Schedule) if name not in OF_THE_COPY}


def figures(schedule: Schedule) -> dict[str, Any]:
    """Return what may not change with what happens after the balance date (P14).

    That is the content without when and how it was read, without what was paid afterwards, without names (a rename
    changes no figure), and without the bridge's remarks, its lines of 0.
    """
    found = _without(content(schedule), OF_THE_READING | OF_THE_COMPANY)
    found["accounts"] = [_without(account, ACCOUNT) for account in found["accounts"]]
    found["items"] = [_without(item, AFTERWARDS | PARTY) for item in found["items"]]
    found["reclassifications"] = [_without(each, PARTY) for each in found["reclassifications"]]
    lines = [line for line in found["bridge"]["lines"] if line["amount_ore"]]
    return found | {"bridge": found["bridge"] | {"lines": lines}}


def canonical_json(value: object) -> bytes:
    """Return the canonical JSON of values, mappings, sequences and dataclasses; TypeError for anything else."""
    return _dumped(_plain(value))


def _without(values: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: values[name] for name in values.keys() - names}


def _dumped(plain: Any) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if kind in _WRITTEN:
        return _WRITTEN[kind](value)
    if is_dataclass(kind):
        return {name: _plain(getattr(value, name)) for name in _names(kind)}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    raise TypeError(f"{kind.__name__} has no canonical form")


_SIMPLE: Final = frozenset({int, str, bool, type(None)})
_WRITTEN: Final[dict[type, Callable[[Any], str]]] = {
    date: date.isoformat,
    datetime: lambda instant: instant.astimezone(UTC).isoformat(),
    Decimal: lambda rate: format(rate.normalize(), "f"),
    UUID: str,
}


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
