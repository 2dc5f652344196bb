"""Every real file's own figures come out of the command as another reader finds them: the one of the stand-in for Fortnox.

That one knows the format from elsewhere and shares no code, so both would have to be wrong in the same way.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import pytest
from typer.testing import CliRunner

from fortnox_pipeline.cli import app
from services.sandbox.sie_lines import Item, read_items
from shared.money import kronor, ore_from
from tests.unit.sie.test_reference_files import EXPECTED, FOLDER, data_of


def shown(name: str) -> dict[str, Any]:
    data_of(name)  # says so and leaves the test out where the files are not at hand
    result = CliRunner().invoke(app, ["sie", str(FOLDER / name), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout_bytes)
    return found


def balances_of(items: list[Item]) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, defaultdict[str, dict[str, str]]] = {kind: defaultdict(dict) for kind in ("IB", "UB", "RES")}
    for item in items:
        if item.label in found:
            found[item.label][item.get(0)][item.get(1)] = kronor(ore_from(item.get(2)))
    return {kind: dict(years) for kind, years in found.items()}


def row_sums_of(items: list[Item]) -> dict[str, str]:
    sums: Counter[str] = Counter()
    for item in items:
        if item.label == "TRANS":
            sums[item.get(0)] += ore_from(item.get(2))
    return {account: kronor(ore) for account, ore in sums.items()}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_command_gives_each_file_its_own_figures(name: str) -> None:
    found, items = shown(name), list(read_items(data_of(name)))
    labels = Counter(item.label for item in items)
    assert found["balances"] == balances_of(items)
    assert found["row_sums"] == row_sums_of(items)
    assert (found["vouchers"], found["rows"]) == (labels["VER"], labels["TRANS"])
    assert found["accounts"] == len({item.get(0) for item in items if item.label == "KONTO"})
    years = [item for item in items if item.label == "RAR" and item.get(1)]
    assert found["years"] == [
        {"year": int(item.get(0)), "from": day(item.get(1)), "to": day(item.get(2))}
        for item in sorted(years, key=lambda item: int(item.get(0)), reverse=True)
    ]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_command_names_company_program_type_checksum_and_every_fault(name: str) -> None:
    found, items = shown(name), list(read_items(data_of(name)))
    said = {item.label: item.get(0) for item in items if item.label in {"FNAMN", "ORGNR", "PROGRAM"}}
    assert [found[field] for field in ("company", "organisation_number", "program")] == [
        said.get(label, "") for label in ("FNAMN", "ORGNR", "PROGRAM")
    ]
    expected = EXPECTED[name]
    assert (found["type"], found["checksum"], len(found["faults"])) == (
        expected.variant,
        expected.checksum,
        expected.faults,
    )
    assert all(fault["reason"] and fault["line"] >= 0 for fault in found["faults"])


def day(written: str) -> str:
    return f"{written[:4]}-{written[4:6]}-{written[6:]}"
