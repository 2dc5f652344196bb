"""What the accountant waits for: trial balance and account page over a large year, through the HTTP API."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator
from itertools import cycle
from time import perf_counter

import httpx

from tests.bench.large_year import large_ledger, large_year
from tests.bench.rows import Row, at_most, part
from tests.integration.gateway.house import House, open_house
from tests.servers import shared_postgres

CALLS = 40
SEED = 1
AT = ("2024-12-31", "2024-06-30", "2024-07-16", "2024-03-15")  # a day within a month is what costs most


@part("import")
def reading_a_large_year() -> Iterator[Row]:
    rows = f"{large_ledger().rows:,} rows"
    with shared_postgres(durable=True) as server_url, large_year(server_url) as importer:
        state = importer.run().state
        with open_house(importer.scene) as house:
            how = f"median of {CALLS} calls to the HTTP API, after an import that ended as {state}"
            trial = _trial_balance_ms(house)
            yield at_most(f"trial balance of {rows}", trial, "ms", target=50, yardstick=how)
            for day in AT:
                yield at_most(f"  at {day}", _trial_balance_ms(house, day), "ms", target=50, yardstick=how)
            first, further = _account_pages_ms(house)
            yield at_most("account page, the first", first, "ms", target=20, yardstick=how)
            yield at_most("account page, further on", further, "ms", target=20, yardstick=how)


def _trial_balance_ms(house: House, *days: str) -> float:
    path = house.engagement_path("/trial-balance")
    wanted = cycle(days or AT)
    return _median_ms(lambda: house.http.get(path, params={"at": next(wanted)}))


def _account_pages_ms(house: House) -> tuple[float, float]:
    """Open the accounts in a seeded order: their first page, and the page after it."""
    accounts = sorted(large_ledger().row_sums)
    random.Random(SEED).shuffle(accounts)
    pages = [house.engagement_path(f"/accounts/{account}/transactions") for account in accounts]
    cursors = [house.http.get(page).json()["next_cursor"] for page in pages[:CALLS]]
    firsts, places = cycle(pages), cycle(zip(pages, cursors, strict=False))

    def further() -> httpx.Response:
        page, cursor = next(places)
        return house.http.get(page, params={"cursor": cursor})

    return _median_ms(lambda: house.http.get(next(firsts))), _median_ms(further)


def _median_ms(call: Callable[[], httpx.Response]) -> float:
    taken = []
    for _ in range(CALLS):
        began = perf_counter()
        answer = call()
        taken.append((perf_counter() - began) * 1000)
        answer.raise_for_status()
    return statistics.median(taken)
