"""A company whose only year is a large one: what the measurements of facts and balances begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache

from services.importer.cursor import PlannedYear
from services.importer.target import Target
from services.sandbox.generator import generate
from services.sandbox.spec import CompanySpec
from tests.bench.sie_file import ORGANISATION_NUMBER, Ledger, ledger_file
from tests.integration.importer.importing import Importer
from tests.scene import open_scene
from tests.servers import fresh_database

VOUCHERS = 100_000
YEAR = PlannedYear(id=1, from_date=date(2024, 1, 1), to_date=date(2024, 12, 31))


@cache
def large_ledger() -> Ledger:
    return ledger_file(VOUCHERS)


@contextmanager
def large_year(server_url: str) -> Iterator[Importer]:
    """Set the scene on an empty PostgreSQL database; the stand-in serves the large file as the company's only year."""
    company, truth = generate(
        CompanySpec(
            seed=1,
            vouchers_per_year=60,
            years=((YEAR.from_date, YEAR.to_date),),
            today=YEAR.to_date,
            organisation_number=ORGANISATION_NUMBER,
        )
    )
    with (
        fresh_database(server_url) as url,
        open_scene(url, year_end=YEAR.to_date, generated=(company, truth)) as scene,
    ):
        (year_id,) = company.years
        scene.sandbox.state.tenants[company.database_number].sie_files[year_id] = large_ledger().data
        yield Importer(scene)


def target_of(importer: Importer, run: int = 1) -> Target:
    return Target(importer.scene.firm_id, importer.scene.engagement_id, run)
