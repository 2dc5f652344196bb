"""`fortnox-pipeline sie`: what a file holds, for programs and for people, without settings and without a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fortnox_pipeline.cli import app
from services.importer.sie import SieError
from services.importer.sie.encoding import MAX_BYTES
from tests.unit.sie.specimens import HEAD, sie_bytes, voucher, with_checksum

BOOKS = sie_bytes(
    "#ORGNR 556016-0680",
    "#RAR -1 20230101 20231231",
    "#KONTO 1910 Kassa",
    '#KONTO 3001 "Försäljning åäö ÅÄÖ"',
    "#IB 0 1910 100",
    "#UB 0 1910 350.5",
    "#UB -1 1910 100",
    "#RES 0 3001 -250.50",
    *voucher(
        "#BTRANS 3001 {} -99",
        "#TRANS 1910 {} 250.5",
        "#RTRANS 3001 {} -250.50",
        "#TRANS 3001 {} -250.50",
    ),
)


def run(data: bytes, tmp_path: Path, *options: str) -> Result:
    file = tmp_path / "books.se"
    file.write_bytes(data)
    return CliRunner().invoke(app, ["sie", str(file), *options])


def as_json(data: bytes, tmp_path: Path, exit_code: int = 0) -> dict[str, Any]:
    result = run(data, tmp_path, "--json")
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout_bytes)
    return found


def report(data: bytes, tmp_path: Path) -> str:
    result = run(data, tmp_path)
    assert result.exit_code == 0, result.output
    return result.stdout.replace("\N{NO-BREAK SPACE}", " ")


def test_a_program_reads_all_that_a_file_says_of_itself(tmp_path: Path) -> None:
    assert as_json(BOOKS, tmp_path) == {
        "company": "Åkeriet i Växjö AB",
        "organisation_number": "556016-0680",
        "program": "Prov",
        "type": "4E",
        "encoding": "cp437",
        "checksum": "absent",
        "years": [
            {"year": 0, "from": "2024-01-01", "to": "2024-12-31"},
            {"year": -1, "from": "2023-01-01", "to": "2023-12-31"},
        ],
        "accounts": 2,
        "vouchers": 1,
        "rows": 2,
        "balances": {
            "IB": {"0": {"1910": "100.00"}},
            "UB": {"0": {"1910": "350.50"}, "-1": {"1910": "100.00"}},
            "RES": {"0": {"3001": "-250.50"}},
        },
        "row_sums": {"1910": "250.50", "3001": "-250.50"},
        "faults": [],
    }


def test_every_fault_has_its_line_its_post_and_a_reason(tmp_path: Path) -> None:
    content = as_json(sie_bytes("#ORGNR", '#KONTO 1910 "Kassa'), tmp_path)
    assert [(fault["line"], fault["label"]) for fault in content["faults"]] == [(8, "#ORGNR"), (9, "#KONTO")]
    assert all(fault["reason"] for fault in content["faults"])


@pytest.mark.parametrize(
    ("lines", "variant"), [(("#SIETYP 1",), "1"), (("#SIETYP 2",), "2"), (("#SIETYP 3",), "3"), ((), "4I")]
)
def test_every_type_is_shown_and_what_it_does_not_have_is_empty(
    lines: tuple[str, ...], variant: str, tmp_path: Path
) -> None:
    head = tuple(line for line in HEAD if not (lines and line.startswith("#SIETYP")))
    content = as_json(sie_bytes(*lines, head=head), tmp_path)
    assert content["type"] == variant
    assert (content["vouchers"], content["rows"], content["row_sums"]) == (0, 0, {})
    assert content["balances"] == {"IB": {}, "UB": {}, "RES": {}}
    assert f"SIE type {variant}" in " ".join(report(sie_bytes(*lines, head=head), tmp_path).split())


def test_a_refused_file_says_why_in_json_too_and_ends_with_1(tmp_path: Path) -> None:
    content = as_json(sie_bytes(*voucher("#TRANS 1910 {} 1,50")), tmp_path, exit_code=1)
    (fault,) = content["faults"]
    assert content["checksum"] is None
    assert content["error"] == {"code": "sie-bad-amount", "field": "amount", **fault}
    assert (fault["line"], fault["label"]) == (10, "#TRANS")
    assert "1,50" in fault["reason"]


def test_a_verified_and_a_wrong_checksum_are_told_apart(tmp_path: Path) -> None:
    right = with_checksum(b"#UB 0 1910 5\r\n", "#UB", "0", "1910", "5")
    assert as_json(right, tmp_path)["checksum"] == "verified"
    wrong = as_json(right.replace(b"1910 5", b"1910 6"), tmp_path, exit_code=1)
    assert (wrong["checksum"], wrong["error"]["code"]) == ("wrong", "sie-checksum-wrong")


def test_people_see_swedish_names_figures_and_the_verdict_in_eighty_columns(tmp_path: Path) -> None:
    shown = report(BOOKS, tmp_path)
    assert max(len(line) for line in shown.splitlines()) <= 80
    for text in ("Åkeriet i Växjö AB", "556016-0680", "CP437", "2 booked, and 1 added and 1 struck as history"):
        assert text in shown
    assert "Försäljning åäö ÅÄÖ" in shown
    assert " ".join(shown.split()).count("100,00 250,50 350,50") == 1
    assert shown.rstrip().endswith("its rows give the balances it states.")


def test_people_see_what_the_rows_contradict(tmp_path: Path) -> None:
    shown = report(BOOKS.replace(b"350.5", b"351"), tmp_path)
    assert "#UB 1910 351,00 350,50" in " ".join(shown.split())
    assert "its rows contradict 1 stated figure" in shown


def test_nothing_in_a_file_is_taken_for_markup_or_for_a_command_to_the_terminal(tmp_path: Path) -> None:
    shown = report(sie_bytes('#KONTO 1910 "[red]\x1b[2JKassa[/nothing]"', "#IB 0 1910 5"), tmp_path)
    assert "[red]\N{REPLACEMENT CHARACTER}[2JKassa[/nothing]" in shown


def test_many_contradictions_are_cut_short_and_counted(tmp_path: Path) -> None:
    shown = report(sie_bytes(*(f"#UB 0 {account} 5" for account in range(1000, 1100))), tmp_path)
    assert "and 60 more" in shown
    assert "contradict 100 stated figures" in shown


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.se"
    with file.open("wb") as hole:
        hole.truncate(MAX_BYTES + 1)
    result = CliRunner().invoke(app, ["sie", str(file), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "sie-too-large"


def test_without_json_the_refusal_is_one_error(tmp_path: Path) -> None:
    result = run(b"<html>", tmp_path)
    assert isinstance(result.exception, SieError)  # main() makes it one line and exit code 1
    assert (result.exception.code, result.stdout) == ("sie-not-a-sie-file", "")


@pytest.mark.parametrize("arguments", [[], ["no-such-file.se"], ["."]])
def test_a_file_that_is_not_there_is_a_matter_of_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["sie", *arguments]).exit_code == 2


def command(*arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run as in a shell of another country, with nothing set."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "POSIX", "PYTHONIOENCODING": "latin-1"}
    call = [sys.executable, "-m", "fortnox_pipeline", "sie", *arguments]
    return subprocess.run(call, input=data, capture_output=True, env=environment, check=False, timeout=60)


def test_standard_input_is_read_and_json_is_utf_8_whatever_the_terminal_speaks() -> None:
    done = command("-", "--json", data=BOOKS)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode("utf-8"))["company"] == "Åkeriet i Växjö AB"


def test_a_refusal_is_one_line_on_standard_error() -> None:
    done = command("-", data=sie_bytes(*voucher("#TRANS [/x] {} 1")))
    assert (done.returncode, done.stdout) == (1, b"")
    (line,) = done.stderr.decode("latin-1").splitlines()
    assert line.startswith("sie-bad-account: line 10, #TRANS, account: '[/x]'")
