"""Pagination and sorting as every Fortnox list has them (Fortnox, "Parameters")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from services.sandbox.call import Call
from services.sandbox.errors import bad_filter, bad_parameter
from services.sandbox.wire import API_URL, Answer, json_answer

DEFAULT_LIMIT = 100
MAX_LIMIT = 500

T = TypeVar("T")
Keys = Mapping[str, Callable[[T], Any]]
Filters = Mapping[str, Callable[[T], bool]]


def listing(call: Call, name: str, items: Sequence[T], to_json: Callable[[T], Any], *, paged: bool = True) -> Answer:
    """Answer one page of `items` (already filtered and sorted) under `name`, with MetaInformation beside it."""
    page, limit, offset = _whole(call, "page", 1), _whole(call, "limit", DEFAULT_LIMIT), _whole(call, "offset", 0)
    if page < 1 or not 1 <= limit <= MAX_LIMIT:
        raise bad_parameter()
    if not paged:
        page, limit, offset = 1, max(len(items), 1), 0
    total = len(items)
    if offset and offset >= total:
        # Recorded: past the end by offset, Fortnox counts nothing at all.
        page, total = 1, 0
    start = offset + (page - 1) * limit
    meta = {"@TotalResources": total, "@TotalPages": -(-total // limit), "@CurrentPage": page}
    shown = [_spoiled(call, to_json(item)) for item in items[start : start + limit]]
    return json_answer({"MetaInformation": meta, name: shown})


def _spoiled(call: Call, shown: Any) -> Any:
    """Put in what the desk has spoiled: companies of long standing hold records that no rule of today lets in."""
    if not call.tenant.spoiled or not isinstance(shown, dict):
        return shown
    return shown | call.tenant.spoiled.get(str(shown.get("@url", "")).removeprefix(f"{API_URL}/"), {})


def ordered(call: Call, items: Iterable[T], keys: Keys[T], default: Callable[[T], Any]) -> list[T]:
    """Sort by `sortby` (one of `keys`) or by `default`, in the direction of `sortorder`."""
    order = call.query.get("sortorder", "ascending")
    name = call.query.get("sortby")
    if order not in ("ascending", "descending") or (name is not None and name not in keys):
        raise bad_parameter()
    return sorted(items, key=keys[name] if name else default, reverse=order == "descending")


def filtered(call: Call, items: Iterable[T], filters: Filters[T]) -> list[T]:
    """Keep those that pass `filter`; an unknown filter is refused with 2000587."""
    name = call.query.get("filter")
    if name is None:
        return list(items)
    if name not in filters:
        raise bad_filter()
    return [item for item in items if filters[name](item)]


def searched(call: Call, items: Iterable[T], fields: Mapping[str, Callable[[T], str]]) -> list[T]:
    """Keep those whose search fields contain what is asked for, whatever the case."""
    asked = [(call.query[name].casefold(), read) for name, read in fields.items() if name in call.query]
    return [item for item in items if all(text in read(item).casefold() for text, read in asked)]


def _whole(call: Call, name: str, default: int) -> int:
    text = call.query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise bad_parameter()
    return int(text)
