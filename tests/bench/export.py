"""What an export costs beyond Fortnox' rate limit: 200 vouchers into the stand-in, which enforces the limit."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from shared.adjustments.states import POSTED
from shared.fortnox.pacing import FORTNOX_LIMIT, FORTNOX_WINDOW_S
from tests.bench.rows import Row, at_least, at_most, part
from tests.integration.exporter.closing import YEAR_END, Closing
from tests.scene import open_scene
from tests.servers import fresh_database, shared_postgres

VOUCHERS = 200
# What has to be read once before anything may be written: company, years, series, chart, locked period, the day's vouchers.
READS = 6
MOST_REQUESTS = VOUCHERS + 10


@part("export")
def two_hundred_vouchers() -> Iterator[Row]:
    with (
        shared_postgres(durable=True) as server_url,
        fresh_database(server_url) as database_url,
        open_scene(database_url, year_end=YEAR_END, paced=True) as scene,
    ):
        closing = Closing(scene)
        for number in range(1, VOUCHERS + 1):
            closing.adjust("V", number)
        event = closing.plan()
        start = perf_counter()
        closing.deliver(event)
        spent_s = perf_counter() - start
        posted = [voucher for voucher in closing.vouchers() if voucher.state == POSTED]
        requests = closing.export().requests
        seen = scene.sandbox.state.rate.arrivals[scene.company.database_number]
    posts_s, calls_s = _dictated_s(VOUCHERS), _dictated_s(VOUCHERS + READS)
    yield at_least("vouchers posted", len(posted), "", target=VOUCHERS, yardstick="all of them, each once")
    yield at_most(
        f"{VOUCHERS} vouchers exported ({spent_s:.1f} s)",
        spent_s / calls_s,
        "×",
        target=1.15,
        yardstick=f"{VOUCHERS} calls and the {READS} that go before at Fortnox' limit ({calls_s:g} s; alone {posts_s:g} s)",
    )
    yield at_most(
        "requests of the export", requests, "", target=MOST_REQUESTS, yardstick=f"one per voucher, {READS} reads"
    )
    yield at_most("refused with 429", seen.refused, "", target=0, yardstick="P6: never over the limit")
    yield at_most("most calls within 5 s", seen.peak, "", target=FORTNOX_LIMIT, yardstick="what Fortnox allows")


def _dictated_s(calls: int) -> float:
    """Return when the last of so many calls can leave at the earliest: bursts of 25, one every five seconds."""
    return (calls - 1) // FORTNOX_LIMIT * FORTNOX_WINDOW_S
