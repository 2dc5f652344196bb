"""What a SIE file holds and what is wrong with it: for programs as JSON, for people in eighty columns."""

from __future__ import annotations

import unicodedata
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.importer.sie import Mismatch, SieError, SieFile, check_balances, opening_balances, row_sums
from services.importer.sie.encoding import MAX_BYTES
from shared.money import kronor, kronor_spaced

MISMATCHES_SHOWN = 40  # one wrong voucher can contradict every month and object
BALANCE_KINDS = ("IB", "UB", "RES")
ENCODINGS = {"cp437": "CP437", "utf-8": "UTF-8", "cp1252": "Windows-1252"}
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def read_bytes(file: IO[bytes]) -> bytes:
    """Return all that is in the file; raises SieError "sie-too-large", without reading on."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SieError("sie-too-large", f"the file has more than {MAX_BYTES} bytes")
    return data


def json_of(file: SieFile) -> dict[str, Any]:
    """Return what the file holds; amounts are decimal strings, `rows` and `row_sums` are of what counts as booked."""
    return {
        "company": file.company_name,
        "organisation_number": file.organisation_number,
        "program": file.program,
        "type": file.variant,
        "encoding": file.encoding,
        "checksum": file.checksum,
        "years": [
            {"year": number, "from": year.from_date.isoformat(), "to": year.to_date.isoformat()}
            for number, year in sorted(file.years.items(), reverse=True)
        ],
        "accounts": len(file.accounts),
        "vouchers": file.heads.height,
        "rows": _count_of(file, "booked"),
        "balances": {
            kind: {
                str(year): _amounts(amounts)
                for (of_kind, year), amounts in sorted(file.balances.items(), reverse=True)
                if of_kind == kind
            }
            for kind in BALANCE_KINDS
        },
        "row_sums": _amounts(row_sums(file)),
        "faults": [{"line": fault.line, "label": fault.label, "reason": fault.reason} for fault in file.faults],
    }


def json_of_refusal(why: SieError) -> dict[str, Any]:
    """Return why the file cannot be taken: `error` stands there only then, `checksum` is null where it is not known."""
    fault = {"line": why.line, "label": why.label, "reason": why.reason}
    return {
        "checksum": "wrong" if why.code == "sie-checksum-wrong" else None,
        "faults": [fault],
        "error": {"code": why.code, "field": why.field, **fault},
    }


def print_report(console: Console, file: SieFile) -> None:
    """Print what the file holds, then what its rows contradict, then its faults, and what that means."""
    mismatches = check_balances(file)
    tables = [_summary(file), _figures(file, mismatches), _contradictions(mismatches), _faults(file)]
    for table in tables:
        if table.row_count:
            console.print(table)
            console.print()
    console.print(_verdict(file, mismatches))


def _summary(file: SieFile) -> Table:
    table = Table(box=None, show_header=False, title=_shown(file.company_name or "(no name)"), title_justify="left")
    table.title_style = "bold"
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("Organisation number", _shown(file.organisation_number or "–"))
    table.add_row("Program", _shown(f"{file.program} {file.version}".strip() or "–"))
    table.add_row("SIE type", f"{file.variant}{f', written {file.generated}' if file.generated else ''}")
    table.add_row("Character set", ENCODINGS[file.encoding])
    table.add_row("Checksum", file.checksum)
    table.add_row("Currency", _shown(file.currency))
    for number, year in sorted(file.years.items(), reverse=True):
        table.add_row(f"Financial year {number}", f"{year.from_date} – {year.to_date}")
    table.add_row("Accounts", _spaced(len(file.accounts)))
    table.add_row("Vouchers", _spaced(file.heads.height))
    corrections = [f"{_spaced(count)} {kind}" for kind in ("added", "struck") if (count := _count_of(file, kind))]
    beside = f", and {' and '.join(corrections)} as history" if corrections else ""
    table.add_row("Rows", f"{_spaced(_count_of(file, 'booked'))} booked{beside}")
    return table


def _figures(file: SieFile, mismatches: list[Mismatch]) -> Table:
    """Tell the accounts that have figures in year 0: opening balance, rows, and closing balance or result."""
    opening, rows = opening_balances(file), row_sums(file)
    closing = {**file.balances.get(("UB", 0), {}), **file.balances.get(("RES", 0), {})}
    wrong = {mismatch.account for mismatch in mismatches if mismatch.kind != "PSALDO"}
    table = _table("Year 0", expand=True)
    table.add_column("Account", no_wrap=True)
    table.add_column("Name", no_wrap=True, ratio=1)
    for heading in ("Opening", "Rows", "Closing"):
        table.add_column(heading, justify="right", no_wrap=True)
    for account in sorted({*opening, *rows, *closing}):
        figures = [stated.get(account) for stated in (opening, rows, closing)]
        if any(figures) or account in wrong:
            name = file.accounts[account].name if account in file.accounts else "(not in the chart)"
            style = "red" if account in wrong else ""
            table.add_row(_shown(account), _shown(name), *(_kronor(ore) for ore in figures), style=style)
    return table


def _contradictions(mismatches: list[Mismatch]) -> Table:
    table = _table("What the rows do not give")
    for heading in ("Figure", "Account", "Month", "Objects"):
        table.add_column(heading, overflow="fold")
    for heading in ("Stated", "By the rows"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in mismatches[:MISMATCHES_SHOWN]:
        objects = ", ".join(f"{dimension} {code}" for dimension, code in one.objects)
        amounts = kronor_spaced(one.stated_ore), kronor_spaced(one.computed_ore)
        table.add_row(f"#{one.kind}", _shown(one.account), one.period or "", _shown(objects), *amounts)
    if len(mismatches) > MISMATCHES_SHOWN:
        table.caption = f"and {_spaced(len(mismatches) - MISMATCHES_SHOWN)} more"
        table.caption_justify = "left"
    return table


def _faults(file: SieFile) -> Table:
    table = _table("Faults")
    table.add_column("Line", justify="right", no_wrap=True)
    table.add_column("Post", no_wrap=True, max_width=12)
    table.add_column("What is wrong", overflow="fold")
    for fault in file.faults:
        table.add_row(str(fault.line) if fault.line else "–", _shown(fault.label), _shown(fault.reason))
    return table


def _verdict(file: SieFile, mismatches: list[Mismatch]) -> Text:
    remarks = []
    if mismatches:
        remarks.append(f"its rows contradict {_counted(len(mismatches), 'stated figure')}")
    if file.faults:
        remarks.append(f"it has {_counted(file.fault_count, 'fault')}")
    if remarks:
        return Text(f"The file can be read, but {' and '.join(remarks)}.", style="bold yellow")
    is_proven = file.heads.height and {("UB", 0), ("RES", 0)} & file.balances.keys()
    proven = " and its rows give the balances it states" if is_proven else ""
    return Text(f"The file can be read{proven}.", style="bold green")


def _table(title: str, *, expand: bool = False) -> Table:
    return Table(
        box=box.SIMPLE_HEAD,
        title=title,
        title_justify="left",
        title_style="bold",
        expand=expand,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def _count_of(file: SieFile, kind: str) -> int:
    return int((file.rows["kind"] == kind).sum())


def _amounts(amounts: dict[str, int]) -> dict[str, str]:
    return {account: kronor(ore) for account, ore in sorted(amounts.items())}


def _kronor(ore: int | None) -> str:
    return "" if ore is None else kronor_spaced(ore)


def _counted(number: int, noun: str) -> str:
    return f"{_spaced(number)} {noun}{'' if number == 1 else 's'}"


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def _shown(text: str) -> Text:
    """Return what stood in the file for a terminal: it is neither markup nor a way to move the cursor."""
    return Text("".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNPRINTABLE else c for c in text))
