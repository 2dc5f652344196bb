"""What a first import asks of Fortnox and waits for, beside the usual way of one request per voucher."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from time import perf_counter

import httpx

from services.sandbox.faults import FaultRule
from services.sandbox.grants import Client as Integration
from services.sandbox.spec import CompanySpec
from shared.fortnox import FortnoxClient, OAuthClient
from shared.observability.metrics import FORTNOX_SECONDS
from tests.bench.rows import Row, at_most, part
from tests.integration.importer.importing import Importer
from tests.scene import REDIRECT_URI, Scene, open_scene
from tests.servers import fresh_database, shared_postgres

SIZES = (60, 600, 10_000)
BESIDE = 600
LATENCY_S = 0.12
YEAR_END = date(2025, 12, 31)
FIVE_SECONDS, CALLS_IN_FIVE_SECONDS = 5.0, 25
MOST_REQUESTS = 12
MOST_OWN_TIME = 20


class _Timed(httpx.HTTPTransport):
    """Adds up how long the answers of the OAuth endpoints are waited for; those of the API have a metric."""

    waited_s = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = perf_counter()
        try:
            return super().handle_request(request)
        finally:
            self.waited_s += perf_counter() - began


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
    slow = size == max(SIZES)
    if slow:
        importer.scene.sandbox.state.faults.add(FaultRule("latency", seconds=LATENCY_S, count=None))
    with _timed_oauth(importer.scene) as oauth:
        waited_before, began = _waited_s(), perf_counter()
        run = importer.run()
        # Calls follow one another, so their sum is the time in which one is under way; what is done meanwhile is no loss.
        wall_s, waited_s = perf_counter() - began, _waited_s() - waited_before + oauth.waited_s
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
    if slow:
        yield at_most(
            f"own share of the wall time, {LATENCY_S * 1000:g} ms latency",
            100 * (1 - waited_s / wall_s),
            "%",
            target=MOST_OWN_TIME,
            yardstick=f"{wall_s:.1f} s in all, {waited_s:.1f} s of it until Fortnox' answers begin",
        )


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


@contextmanager
def _timed_oauth(scene: Scene) -> Iterator[_Timed]:
    integration, timed = Integration(), _Timed()
    with OAuthClient(
        client_id=integration.id,
        client_secret=integration.secret,
        auth_url=f"{scene.sandbox.url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=scene.clock,
        transport=timed,
    ) as oauth:
        usual = scene.access
        scene.access = replace(usual, oauth=oauth)
        yield timed
        scene.access = usual


def _waited_s() -> float:
    return sum(
        sample.value
        for metric in FORTNOX_SECONDS.collect()
        for sample in metric.samples
        if sample.name.endswith("_sum")
    )
