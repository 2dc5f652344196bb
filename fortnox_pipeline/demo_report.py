"""The table at the end of the demo, for a person who knows bookkeeping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from services.sandbox.truth import Truth
from shared.money import kronor_spaced, ore_from

if TYPE_CHECKING:
    from fortnox_pipeline.demo import Outcome

KINDS = {"receivables": "Receivables", "payables": "Payables"}


def print_report(console: Console, outcome: Outcome) -> bool:
    """Print what came out, and return whether it came out as it should."""
    checks = _checks(outcome)
    console.print()
    console.print(_summary(outcome))
    console.print(_schedules(outcome))
    console.print(_vouchers(outcome))
    for text, holds in checks:
        console.print(f"  [green]✓[/] {text}" if holds else f"  [red]✗ {text}[/]")
    good = all(holds for _, holds in checks)
    console.print()
    console.print("[bold green]The main job ran from start to end.[/]" if good else "[bold red]Something is wrong.[/]")
    return good


def _checks(outcome: Outcome) -> list[tuple[str, bool]]:
    rows = outcome.trial_balance["rows"]
    proof = outcome.the_import["completeness"]
    vouchers = outcome.export["vouchers"]
    return [
        ("The import is complete", outcome.the_import["state"] == "completed"),
        (f"Its proof holds: {len(proof)} checks of balances, rows and numbers", all(c["holds"] for c in proof)),
        ("The trial balance adds up to zero", sum(ore_from(row["closing"]) for row in rows) == 0),
        ("Trial balance and books agree to the öre", _agrees_with_books(outcome)),
        ("Both schedules list what was open at the balance date, to the öre", _schedules_are_true(outcome)),
        (
            f"All {len(vouchers)} adjustments are in Fortnox, each once",
            bool(vouchers) and all(v["state"] == "posted" for v in vouchers) and _is_in_books_once(outcome),
        ),
    ]


def _agrees_with_books(outcome: Outcome) -> bool:
    """Compare with the company's own books, the vouchers of this export left out."""
    year = outcome.company.year_of(outcome.year_end)
    if year is None:
        return False
    exported = {(v["series"], v["fortnox_number"]) for v in outcome.export["vouchers"]}
    books: dict[str, int] = {}
    for (year_id, number), account in outcome.company.accounts.items():
        if year_id == year.id:
            books[str(number)] = account.opening_ore
    for voucher in outcome.company.vouchers.values():
        if voucher.year == year.id and (voucher.series, voucher.number) not in exported:
            for row in voucher.booked_rows:
                books[str(row.account)] = books.get(str(row.account), 0) + row.amount_ore
    imported = {row["account"]: ore_from(row["closing"]) for row in outcome.trial_balance["rows"]}
    return {a: ore for a, ore in books.items() if ore} == {a: ore for a, ore in imported.items() if ore}


def _schedules_are_true(outcome: Outcome) -> bool:
    """Compare with what the generator knows; a company from a SIE file has no sub-ledger, so nothing is open."""
    kinds = {schedule["kind"] for schedule in outcome.schedules}
    return kinds == set(KINDS) and all(
        ore_from(schedule["total"])
        == (
            outcome.truth.schedule_total(schedule["kind"], outcome.year_end, "vouchers")
            if isinstance(outcome.truth, Truth)
            else 0
        )
        for schedule in outcome.schedules
    )


def _is_in_books_once(outcome: Outcome) -> bool:
    posted = [(v["series"], v["fortnox_number"]) for v in outcome.export["vouchers"]]
    year = outcome.company.year_of(outcome.year_end)
    in_books = [(year.id, series, number) in outcome.company.vouchers for series, number in posted] if year else []
    return len(set(posted)) == len(posted) and bool(in_books) and all(in_books)


def _summary(outcome: Outcome) -> Table:
    counts = outcome.the_import["counts"]
    table = Table(box=box.SIMPLE, show_header=False, title=outcome.company.name, title_justify="left")
    table.add_column(style="dim")
    table.add_column(justify="left")
    table.add_row("Organisation number", outcome.company.organisation_number)
    table.add_row("Balance date", outcome.year_end.isoformat())
    table.add_row("Financial years read", str(counts["years"]))
    table.add_row("Accounts · vouchers · rows", " · ".join(_count(counts[k]) for k in ("accounts", "vouchers", "rows")))
    table.add_row(
        "Requests to Fortnox", f"{outcome.requests} in all, {outcome.the_import['fortnox_requests']} for the import"
    )
    return table


def _schedules(outcome: Outcome) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Schedules", title_justify="left")
    table.add_column("Schedule")
    table.add_column("Accounts")
    for heading in ("Items", "Schedule", "Ledger", "Difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for schedule in sorted(outcome.schedules, key=lambda s: str(s["kind"]), reverse=True):
        table.add_row(
            KINDS[schedule["kind"]],
            ", ".join(account["number"] for account in schedule["accounts"]),
            _count(len(schedule["items"])),
            *(kronor_spaced(ore_from(schedule[name])) for name in ("total", "ledger", "difference")),
        )
    return table


def _vouchers(outcome: Outcome) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Year-end adjustments in Fortnox", title_justify="left")
    for heading in ("Adjustment", "Text", "Fortnox voucher", "State"):
        table.add_column(heading, no_wrap=True)
    texts = {(entry["kind"], entry["number"]): entry["text"] for entry in outcome.adjustments}
    for voucher in outcome.export["vouchers"]:
        number = f"{voucher['series']} {voucher['fortnox_number']}" if voucher.get("fortnox_number") else "–"
        table.add_row(
            f"{voucher['kind']} {voucher['number']}", texts[voucher["kind"], voucher["number"]], number, _state(voucher)
        )
    return table


def _state(voucher: dict[str, Any]) -> str:
    if voucher["state"] == "posted":
        return "[green]posted[/]"
    return f"[red]{voucher['state']}: {voucher.get('reason') or ''}[/]"


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
