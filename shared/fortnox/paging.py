"""Reading a paged list to its end, or saying that the end was not reached.

Fortnox pages by offset: what is deleted between two pages makes the next one skip a record. Reading fewer records than
the first page promised is therefore an error, never a shorter list.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, NamedTuple, TypeVar

from shared.fortnox.errors import AnswerUnusable, UnreadableDocument
from shared.fortnox.records import Record

PAGE_LIMIT = 500  # Fortnox' largest page

OnUnreadable = Callable[[UnreadableDocument], None]
R = TypeVar("R", bound=Record)


class Page(NamedTuple):
    """Items as decoded JSON; the totals and the number, from 1, are None where the answer does not tell them."""

    items: list[Any]
    total_resources: int | None
    total_pages: int | None
    number: int | None = None


def read_listing(fetch: Callable[[int], Page], record: type[R], on_unreadable: OnUnreadable | None) -> Iterator[R]:
    """Yield each record of the list once; of namesakes all, where the record keeps them.

    `fetch` returns the page with a given number, from 1. A document that does not parse goes to `on_unreadable` and the
    rest follows; without it, UnreadableDocument is raised. Raises AnswerUnusable ("fortnox-listing-moved") after the last record
    when fewer came than were promised. Namesakes that are alike word for word on different pages come once: the pages
    together have to show all that was promised then, and all of them to promise the same.
    """
    seen: set[Hashable] = set()
    promised: int | None = None
    is_steady = record.keeps_namesakes
    read = shown = 0
    number = 1
    while True:
        page = fetch(number)
        promised = page.total_resources if promised is None else promised
        is_steady = is_steady and page.total_resources == promised and page.number == number
        shown += len(page.items)
        fresh = _fresh(page.items, record, seen)
        read += len(fresh)
        for item in fresh:
            try:
                parsed = record.read(item)
            except UnreadableDocument as unreadable:
                if on_unreadable is None:
                    raise
                on_unreadable(unreadable)
            else:
                yield parsed
        # Some lists ignore `page` and send the same one for ever: a page without news is the end, unless Fortnox says
        # that it is the page asked for.
        if _is_last(page, number) or not (fresh or (is_steady and page.items and shown < (promised or 0))):
            break
        number += 1
    if promised is not None and read < promised and not (is_steady and shown == promised):
        raise AnswerUnusable(
            "fortnox-listing-moved", f"{record.kind}: {read} of {promised} were read, the list changed meanwhile"
        )


def _fresh(items: list[Any], record: type[Record], seen: set[Hashable]) -> list[Any]:
    """Return the items of a page that no page has shown yet, and note them in `seen`.

    Paging shows a record twice on different pages only. So of namesakes those on one page are all kept, and those on
    different pages when they are not alike word for word.
    """
    keep_all = record.keeps_namesakes
    keys = [(record.key_of(item), repr(item)) if keep_all else record.key_of(item) for item in items]
    fresh = []
    here: set[Hashable] = set()
    for key, item in zip(keys, items, strict=True):
        if key not in seen and (keep_all or key not in here):
            fresh.append(item)
        here.add(key)
    seen |= here
    return fresh


def _is_last(page: Page, number: int) -> bool:
    if page.total_pages is not None:
        return number >= page.total_pages
    return len(page.items) < PAGE_LIMIT
