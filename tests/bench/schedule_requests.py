"""`ONLY=schedules make bench`: what both schedules cost in requests to Fortnox, by the size of the company."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from services.sandbox.spec import CAUSES, CompanySpec
from tests.bench.rows import Row, at_most, part
from tests.integration.scheduler.building import Builder
from tests.scene import Scene, open_scene

SIZES = (100, 1_000, 5_000)
"""About so many invoices, of customers and suppliers together."""
YEARS = 4
AT_MOST_AGAIN = 12
"""Years and predefined accounts; of each list its changes and its count; of those of documents the unpaid ones."""


@part("schedules")
def requests_by_size() -> Iterator[Row]:
    for size in SIZES:
        yield from _of_company(size)


def _of_company(size: int) -> Iterator[Row]:
    per_year = size // YEARS // 2
    spec = CompanySpec(
        seed=size, vouchers_per_year=60, invoices_per_year=per_year, supplier_invoices_per_year=per_year, causes=CAUSES
    )
    with tempfile.TemporaryDirectory() as folder, open_scene(f"sqlite:///{Path(folder) / 'bench.db'}", spec) as scene:
        builder = Builder(scene)
        company = scene.company
        invoices = len(company.invoices) + len(company.supplier_invoices)
        first = len(builder.after_import())
        scene.clock.advance(timedelta(days=1))
        again = len(builder.after_import())
        _change(scene, invoices // 100)
        scene.clock.advance(timedelta(days=1))
        changed = len(builder.after_import())
    yardstick = f"{invoices:,} calls, one per invoice, each time"
    what = f"requests for both schedules of a company of {invoices:,} invoices"
    yield at_most(f"{what}, first import", first, "requests", target=max(20, invoices // 50), yardstick=yardstick)
    yield at_most(f"{what}, next import", again, "requests", target=AT_MOST_AGAIN, yardstick=yardstick)
    name = f"{what}, next import with 1 % changed"
    yield at_most(name, changed, "requests", target=AT_MOST_AGAIN + 1, yardstick=yardstick)


def _change(scene: Scene, invoices: int) -> None:
    """Let customers pay a part of so many open invoices; the stand-in's clock tells of it as of any change."""
    scene.sandbox.state.clock.advance(timedelta(days=1).total_seconds())
    day = scene.engagement().year_end
    open_ = [each for each in scene.company.invoices.values() if each.booked and not each.cancelled]
    for place, invoice in enumerate(open_[-max(1, invoices) :]):
        scene.desk.add_payment("customer", invoice.number, day, 100_00 + place, booked=True)
