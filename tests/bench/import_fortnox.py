"""What a first import asks of Fortnox and waits for, beside the usual way of one request per voucher."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from time import perf_counter

from services.sandbox.spec import CompanySpec
from shared.fortnox import FortnoxClient
from tests.bench.rows import Row, at_most, part
from tests.bench.stand_in import elsewhere
from tests.integration.importer.importing import Importer
from tests.scene import Scene, open_scene
from tests.servers import fresh_database, shared_postgres

SIZES = (60, 600, 10_000)
BESIDE = 600
LATENCY_S = 0.12
YEAR_END = date(2025, 12, 31)
FIVE_SECONDS, CALLS_IN_FIVE_SECONDS = 5.0, 25
MOST_REQUESTS = 12
MOST_OWN_TIME = 20
ROUNDS = 3


class _NoPace:
    """Lets every call through; the usual way is counted here, not slowed down."""

    def take_turn(self) -> None:
        pass

    def pause_until(self, until: datetime) -> None:
        raise AssertionError("the stand-in's limit is switched off")


@part("import")
def requests_of_a_first_import() -> Iterator[Row]:
    with shared_postgres(durable=True) as server_url:
        for size in SIZES:
            spec = CompanySpec(seed=1, vouchers_per_year=size)
            with fresh_database(server_url) as url, open_scene(url, spec, year_end=YEAR_END, paced=True) as scene:
                yield from _first_import(Importer(scene), size)


def _first_import(importer: Importer, size: int) -> Iterator[Row]:
    began = perf_counter()
    run = importer.run()
    wall_s = perf_counter() - began
    calls = importer.scene.journal()
    pages = sum("/accounts" in call for call in calls)
    yield at_most(
        f"requests of the first import, {size:,} vouchers a year",
        len(calls) - pages,
        "",
        target=MOST_REQUESTS,
        yardstick=f"three years, {run.counts['vouchers']:,} vouchers; {run.state}; and {pages} pages of accounts",
    )
    if size == BESIDE:
        yield _beside_the_usual_way(importer.scene, len(calls), wall_s)


@part("import")
def waiting_of_a_first_import() -> Iterator[Row]:
    spec = CompanySpec(seed=1, vouchers_per_year=max(SIZES))
    with shared_postgres(durable=True) as server_url:
        rounds = sorted(_first_import_s(server_url, spec) for _ in range(ROUNDS))
    share, wall_s, waited_s = rounds[len(rounds) // 2]
    yield at_most(
        f"own share of the wall time, {LATENCY_S * 1000:g} ms latency",
        share,
        "%",
        target=MOST_OWN_TIME,
        yardstick=f"median of {', '.join(f'{one[0]:.0f}' for one in rounds)} %: {wall_s:.1f} s in all, "
        f"{waited_s:.1f} s of it with a request under way to a stand-in in a process of its own",
    )


def _first_import_s(server_url: str, spec: CompanySpec) -> tuple[float, float, float]:
    """Return the share of the wall time in which no request was under way in per cent, the whole, and the rest of it."""
    with (
        fresh_database(server_url) as url,
        open_scene(url, spec, year_end=YEAR_END) as scene,
        elsewhere(scene, spec, latency_s=LATENCY_S) as exchanges,
    ):
        began = perf_counter()
        Importer(scene).run()
        wall_s = perf_counter() - began
    waited_s = exchanges.waited_s(began)
    return 100 * (1 - waited_s / wall_s), wall_s, waited_s


def _beside_the_usual_way(scene: Scene, calls: int, wall_s: float) -> Row:
    """Read the same three years voucher by voucher, as fast as the stand-in can answer."""
    scene.sandbox.state.switches.rate_limit = False
    before = len(scene.journal())
    tokens = scene.access.tokens(scene.connection_id)
    years = [year for year in scene.company.years_by_date() if year.to_date <= YEAR_END][-3:]
    began = perf_counter()
    with FortnoxClient(scene.sandbox.url, tokens=tokens, pacer=_NoPace(), clock=scene.clock) as fortnox:
        for year in years:
            for listed in fortnox.vouchers(year.id):
                fortnox.voucher(listed.series, listed.number, year.id)
    usual_s = perf_counter() - began
    usual = len(scene.journal()) - before
    allowed_s = usual / CALLS_IN_FIVE_SECONDS * FIVE_SECONDS
    return at_most(
        "requests, of those of one GET per voucher",
        100 * calls / usual,
        "%",
        target=5,
        yardstick=f"{calls} to {usual:,}; {wall_s:.1f} s to {usual_s:.1f} s without Fortnox' limit, {allowed_s:.0f} s with it",
    )
