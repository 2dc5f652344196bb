"""Schedules made by hand, for the papers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from shared.schedules.content import (
    BUCKETS,
    AccountBalance,
    Bridge,
    BridgeLine,
    Bucket,
    Calls,
    EntryRow,
    Fault,
    Item,
    Kind,
    Reclassification,
    Revaluation,
    Schedule,
    SignOff,
    Source,
)
from shared.schedules.hashing import content_hash

BALANCE_DATE = date(2025, 12, 31)
KNOWN_AT = datetime(2026, 3, 2, 13, 5, tzinfo=UTC)
SOURCE = Source(
    data_source="fortnox",
    import_id=UUID("01980000-0000-7000-8000-000000000001"),
    run=3,
    ledger_read_at=datetime(2026, 3, 2, 13, 1, tzinfo=UTC),
    subledger_read_at=KNOWN_AT,
    requests=14,
    plan=(Calls("invoices", 6), Calls("invoice payments", 5), Calls("single credit notes", 3)),
)
SIGNED = (
    SignOff("preparer", "Anna Åkesson", datetime(2026, 3, 3, 8, 30, tzinfo=UTC)),
    SignOff("reviewer", "Bo Öberg", datetime(2026, 3, 4, 15, 0, tzinfo=UTC), "Stickprov mot fakturor utan anmärkning."),
)


def item(number: int | str, billed_ore: int, *, days: int | None = -20, **changes: Any) -> Item:
    """An invoice of customer 10 that is due `days` before the balance date, nothing settled unless told."""
    due = BALANCE_DATE - timedelta(days=days) if days is not None else None
    values: dict[str, Any] = {
        "document_number": str(number),
        "external_number": None,
        "counterparty_number": "10",
        "counterparty_name": "Bergströms Bygg AB",
        "invoice_date": (due or BALANCE_DATE) - timedelta(days=30),
        "accounting_date": (due or BALANCE_DATE) - timedelta(days=30),
        "due_date": due,
        "currency": "SEK",
        "rate": Decimal(1),
        "unit": 1,
        "billed_ore": billed_ore,
        "settled_ore": 0,
        "credited_ore": 0,
        "days_past_due": days,
        "bucket": bucket(days),
    } | changes
    open_ore = values["billed_ore"] - values["settled_ore"] - values["credited_ore"]
    return Item(**({"open_ore": open_ore, "open_minor": open_ore} | values))


def bucket(days: int | None) -> Bucket:
    if days is None:
        return "no_due_date"
    return next((name for limit, name in zip((0, 30, 60, 90), BUCKETS, strict=False) if days <= limit), "over_90")


def schedule(items: Iterable[Item] = (), lines: Sequence[BridgeLine] = (), **changes: Any) -> Schedule:
    """A schedule of the items whose ledger differs by the lines; all that follows from them is right."""
    items = tuple(items)
    total_ore = sum(each.open_ore for each in items)
    difference_ore = sum(line.amount_ore for line in lines)
    ageing = {name: sum(each.open_ore for each in items if each.bucket == name) for name in BUCKETS}
    kind: Kind = changes.get("kind", "receivables")
    account = ("1510", "Kundfordringar") if kind == "receivables" else ("2440", "Leverantörsskulder")
    parted_on = min((line.first_date for line in lines if line.first_date and line.amount_ore), default=None)
    values: dict[str, Any] = {
        "id": UUID("01980000-0000-7000-8000-000000000002"),
        "kind": kind,
        "company_name": "Exempelbolaget i Växjö AB",
        "organisation_number": "556677-8899",
        "year_from": date(2025, 1, 1),
        "year_to": BALANCE_DATE,
        "balance_date": BALANCE_DATE,
        "known_at": KNOWN_AT,
        "accounts": (AccountBalance(*account, total_ore - difference_ore),),
        "total_ore": total_ore,
        "ledger_ore": total_ore - difference_ore,
        "difference_ore": difference_ore,
        "ageing": ageing,
        "items": items,
        "bridge": Bridge(tuple(lines), difference_ore, parted_on),
        "revaluations": (),
        "reclassifications": (),
        "faults": (),
        "complete": not changes.get("faults"),
        "source": SOURCE,
    } | changes
    made = Schedule(**values)
    return replace(made, content_hash=content_hash(made))


def worked_example(**changes: Any) -> Schedule:
    """Receivables at 31 December 2025: 26 700 open, 27 700 in the ledger, one manual voucher between them."""
    euro: dict[str, Any] = {"currency": "EUR", "rate": Decimal("11.20"), "open_minor": 1_000_00, "flags": ("currency",)}
    january: dict[str, Any] = {"paid_after_ore": 12_500_00, "paid_after_on": date(2026, 1, 15)}
    items = (
        item(101, 12_500_00, days=21, external_number="10112", **january),
        item(102, 8_000_00, settled_ore=3_000_00, paid_after_ore=5_000_00, paid_after_on=date(2026, 2, 1)),
        item(
            104, -2_000_00, days=None, flags=("credit_note",), counterparty_number="12", counterparty_name="Kiosk & Co"
        ),
        item(105, 11_200_00, counterparty_number="31", counterparty_name="Müller Handels GmbH", **euro),
        item(106, 0, flags=("unbooked",)),
    )
    vouchers = ("A 57 2025-12-31",)
    lines = (
        BridgeLine("D01", -1_000_00, (), vouchers, BALANCE_DATE, BALANCE_DATE, "Rättelse kundfordran"),
        BridgeLine("D02", 0, ("106",), (), date(2025, 12, 30), date(2025, 12, 30), "not booked: in neither sum"),
    )
    entry = (EntryRow("1510", -300_00), EntryRow("7960", 300_00))
    revaluation = Revaluation(
        "EUR", 1_000_00, 11_200_00, Decimal("10.90"), 1, 10_900_00, -300_00, entry, date(2026, 1, 1)
    )
    advance = Reclassification("12", "Kiosk & Co", 2_000_00, "1510", "2420", ("104",))
    return schedule(items, lines, **({"revaluations": (revaluation,), "reclassifications": (advance,)} | changes))


def unreadable() -> Fault:
    return Fault("107", "unreadable", "Total: Input should be a valid decimal")


def many(count: int, seed: int = 1, **changes: Any) -> Schedule:
    """A schedule of as many items, of a hundred customers, some of them negative, part-paid or in euro."""
    random = Random(seed)
    return schedule([_any_item(number, random) for number in range(1, count + 1)], **changes)


def _any_item(number: int, random: Random) -> Item:
    party = random.randint(1, 100)
    billed_ore = random.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, -1)) * random.randint(100, 25_000_000)
    changes: dict[str, Any] = {"counterparty_number": str(1000 + party), "counterparty_name": f"Kund {party} Handel AB"}
    if random.random() < 0.2:
        changes["settled_ore"] = billed_ore // 3
    if random.random() < 0.3:
        changes |= {"paid_after_ore": billed_ore // 2, "paid_after_on": date(2026, 1, random.randint(1, 31))}
    if random.random() < 0.05:
        changes |= {
            "currency": "EUR",
            "rate": Decimal("11.2345"),
            "open_minor": billed_ore // 11,
            "flags": ("currency",),
        }
    return item(number, billed_ore, days=random.choice((None, *range(-30, 120, 7))), **changes)
