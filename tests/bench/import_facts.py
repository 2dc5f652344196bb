"""What it costs to turn a large year into committed facts, and to import it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import NamedTuple

import psycopg
from sqlalchemy import func, literal, select

from services.importer.sie import read_sie
from services.importer.year_file import store_year, take_year
from shared.store.database import Store
from shared.store.ledger import VoucherFact, VoucherRowFact
from shared.store.tables import Base
from tests.bench.large_year import YEAR, large_ledger, large_year, target_of
from tests.bench.rows import Row, at_most, part
from tests.bench.sie_file import ORGANISATION_NUMBER
from tests.integration.importer.importing import Importer
from tests.servers import shared_postgres

ROUNDS = 5
COPIED = (VoucherFact.__tablename__, VoucherRowFact.__tablename__)
CHUNK_BYTES = 1 << 20


class Round(NamedTuple):
    parse_s: float
    copy_s: float
    whole_s: float

    @property
    def ratio(self) -> float:
        return self.whole_s / (self.parse_s + self.copy_s)


@part("import")
def facts_of_a_large_year() -> Iterator[Row]:
    with shared_postgres(durable=True) as server_url:
        rounds = [_round(server_url) for _ in range(ROUNDS)]
        yield _bytes_to_facts(rounds)
        yield from _second_imports(server_url)


def _round(server_url: str) -> Round:
    data = large_ledger().data
    with large_year(server_url) as importer:
        store = importer.scene.store
        parse_s = _seconds(lambda: read_sie(data))
        whole_s = _seconds(lambda: _store(store, importer, data))
        return Round(parse_s, _bare_copy_s(store), whole_s)


def _store(store: Store, importer: Importer, data: bytes) -> None:
    target = target_of(importer)
    with store.read() as session:
        taken = take_year(session, target, YEAR, data, ORGANISATION_NUMBER)
    with store.write() as session:
        store_year(session, target, taken)


def _bytes_to_facts(rounds: list[Round]) -> Row:
    """Take the middle round: what is measured and what it is held against ran one after the other there."""
    first, *_, last = by_ratio = sorted(rounds, key=lambda one: one.ratio)
    middle = by_ratio[len(rounds) // 2]
    return at_most(
        f"SIE bytes to committed facts, {large_ledger().rows:,} rows",
        middle.ratio,
        "×",
        target=2,
        yardstick=f"parse alone + bare COPY of the same rows; median of {ROUNDS} rounds of {first.ratio:.2f} to "
        f"{last.ratio:.2f}: {middle.whole_s:.2f} s to {middle.parse_s:.2f} + {middle.copy_s:.2f} s",
    )


def _bare_copy_s(store: Store) -> float:
    """Copy what was stored once more, into tables with the same columns and nothing else."""
    url = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        contents = []
        for table in COPIED:
            connection.execute(f'CREATE TABLE "bare_{table}" (LIKE "{table}")')
            with connection.cursor().copy(f'COPY "{table}" TO STDOUT (FORMAT csv)'.encode()) as copy:
                contents.append(b"".join(copy))
        connection.commit()
        return _seconds(lambda: _copy_all(connection, contents))


def _copy_all(connection: psycopg.Connection, contents: list[bytes]) -> None:
    for table, content in zip(COPIED, contents, strict=True):
        with connection.cursor().copy(f'COPY "bare_{table}" FROM STDIN (FORMAT csv)'.encode()) as copy:
            for start in range(0, len(content), CHUNK_BYTES):
                copy.write(content[start : start + CHUNK_BYTES])
    connection.commit()


def _second_imports(server_url: str) -> Iterator[Row]:
    """Import through the stand-in, again without a change, and again after one voucher of the year was changed."""
    with large_year(server_url) as importer:
        first_s = _seconds(importer.run)
        before = _facts(importer.scene.store)
        second_s = _seconds(importer.run)
        written = sum(count != before[table] for table, count in _facts(importer.scene.store).items())
        changed_s = _seconds(lambda: _import_with_one_change(importer))
        states = [(one.state, one.counts) for one in importer.scene.imports()]
    yield at_most(
        "unchanged second import of the year",
        second_s / first_s,
        "×",
        target=0.4,
        yardstick=f"the first import, from request to proof: {second_s:.2f} s to {first_s:.2f} s",
    )
    yield at_most(
        "tables of facts that it touched",
        written,
        "",
        target=0,
        yardstick="rows counted before and after, and those that have ended",
    )
    yield at_most(
        "second import after one voucher was changed",
        changed_s / first_s,
        "×",
        target=1,
        yardstick=f"the first import: {changed_s:.2f} s; ended as {', '.join(state for state, _ in states)}",
    )


def _import_with_one_change(importer: Importer) -> None:
    (tenant,) = importer.scene.sandbox.state.tenants.values()
    ((year_id, data),) = tenant.sie_files.items()
    at = data.rindex(b"#VER ")
    changed = data[:at] + data[at:].replace(b' "', b' "x', 1)
    tenant.sie_files[year_id] = changed
    importer.run()


def _facts(store: Store) -> dict[str, tuple[int, int]]:
    """Return for every table of facts how many rows it has, and how many of them have ended."""
    found: dict[str, tuple[int, int]] = {}
    with store.read() as session:
        for table in Base.metadata.sorted_tables:
            if "since_run" in table.columns or table.name == VoucherRowFact.__tablename__:
                ended = func.count(table.columns["until_run"]) if "until_run" in table.columns else literal(0)
                every, over = session.execute(select(func.count(), ended).select_from(table)).one()
                found[table.name] = every, over
    return found


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began
