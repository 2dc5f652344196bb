"""What the papers of a large schedule cost; processor time, because wall time is the machine's business."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from time import process_time

from shared.papers.csv import csv_of
from shared.papers.pdf import LISTED_AT_MOST, pdf_of
from shared.papers.xlsx import xlsx_of
from tests.bench.rows import Row, at_most, part
from tests.unit.papers.samples import many

ROWS = 20_000


@part("schedules")
def papers_of_a_large_schedule() -> Iterator[Row]:
    large, longest = many(ROWS), many(LISTED_AT_MOST)
    xlsx_s = _seconds(lambda: xlsx_of(large, "sv"))
    yield at_most(f"XLSX of {ROWS:,} items", xlsx_s, "s", target=5, yardstick="20 columns, sums and ageing as formulas")
    yield at_most(f"CSV of {ROWS:,} items", _seconds(lambda: csv_of(large, "sv")), "s", target=2, yardstick="the same")
    pdf_s = _seconds(lambda: pdf_of(longest, "sv"))
    yardstick = "tagged PDF/A; more items are summed by counterparty"
    yield at_most(f"PDF of {LISTED_AT_MOST:,} items", pdf_s, "s", target=10, yardstick=yardstick)


def _seconds(make: Callable[[], bytes]) -> float:
    start = _processor_s()
    make()
    return _processor_s() - start


def _processor_s() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime
