"""What must hold whatever bytes the reader is given: a result that is true, or a refusal that has a name."""

from __future__ import annotations

import re
from collections import Counter

import polars as pl

from fortnox_pipeline.sie_report import json_of
from services.importer.sie import REFUSALS, SieError, SieFile, check_balances, count_rows, read_sie, row_sums
from services.sandbox.sie_lines import read_items
from shared.money import ore_from
from tests.fuzz.fleet import UntrueError
from tests.fuzz.sie_damage import case
from tests.unit.sie.specimens import everything

TAKEN = "taken"
ROW_LABELS = {"#TRANS", "#BTRANS", "#RTRANS"}
READ_TWICE_EVERY = 5


def judge(seed: int, number: int) -> str:
    """Return TAKEN or the code of the refusal; raises UntrueError, and whatever the reader should not raise."""
    data = case(seed, number)
    try:
        file = read_sie(data)
    except SieError as refused:
        if refused.code not in REFUSALS or not refused.reason:
            raise UntrueError(f"refused as {refused.code}: {refused.reason!r}") from refused
        return refused.code
    _require_whole(file)
    _require_true(file, data)
    check_balances(file)
    json_of(file)
    if number % READ_TWICE_EVERY == 0 and everything(read_sie(data)) != everything(file):
        raise UntrueError("read again it says something else")
    return TAKEN


def _require_whole(file: SieFile) -> None:
    """Every row has its voucher, and a voucher that does not sum to zero is reported."""
    for frame, names in (
        (file.heads, ("series", "number", "date", "line")),
        (file.rows, ("voucher", "kind", "account", "amount_ore", "date", "objects")),
    ):
        if any(frame[name].null_count() for name in names):
            raise UntrueError(f"nothing stands where something must: {frame.null_count()}")
    if file.rows.height and not 0 <= int(file.rows["voucher"].max()) < file.heads.height:  # type: ignore[arg-type]
        raise UntrueError("a row belongs to no voucher")
    sums = file.rows.filter(pl.col("kind") == "booked").group_by("voucher").agg(pl.col("amount_ore").sum())
    unbalanced = sums.filter(pl.col("amount_ore") != 0)["voucher"]
    lines = {fault.line for fault in file.faults if "instead of zero" in fault.reason}
    if lines != set(file.heads["line"].gather(unbalanced).to_list()):
        raise UntrueError(f"vouchers that do not sum to zero stand elsewhere than on lines {sorted(lines)}")


def _require_true(file: SieFile, data: bytes) -> None:
    booked = int((file.rows["kind"] == "booked").sum())
    if count_rows(data) != booked:
        raise UntrueError(f"{booked} rows, but {count_rows(data)} counted in the bytes")
    if any(fault.label in ROW_LABELS for fault in file.faults) or re.search(rb"\r(?!\n)", data):
        return  # two readers may differ about what is not legal
    if row_sums(file) != _sums_by_another_reader(data):
        raise UntrueError(f"the rows sum to {row_sums(file)}, by another reader to {_sums_by_another_reader(data)}")


def _sums_by_another_reader(data: bytes) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for item in read_items(data):
        if item.label == "TRANS":
            sums[item.get(0)] += ore_from(item.get(2))
    return dict(sums)
