"""A schedule is recognised by its content, years later and from another copy."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.schedules.content import (
    AccountBalance,
    Bridge,
    BridgeLine,
    Calls,
    EntryRow,
    Fault,
    Item,
    Reclassification,
    Revaluation,
    Schedule,
    SignOff,
    Source,
)
from shared.schedules.hashing import canonical_json, content, content_hash, figures, figures_hash

DAY, INSTANT = date(2025, 12, 31), datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ITEM = Item(
    document_number="105",
    external_number=None,
    counterparty_number="2",
    counterparty_name="Köln GmbH",
    invoice_date=date(2025, 12, 1),
    accounting_date=date(2025, 12, 1),
    due_date=None,
    currency="EUR",
    rate=Decimal("11.20"),
    unit=1,
    billed_ore=11_200_00,
    settled_ore=0,
    credited_ore=0,
    open_ore=11_200_00,
    open_minor=1_000_00,
    days_past_due=None,
    bucket="no_due_date",
    flags=("currency",),
)
SCHEDULE = Schedule(
    id=UUID(int=1),
    kind="receivables",
    company_name="Åkeri AB",
    organisation_number="556016-0680",
    year_from=date(2025, 1, 1),
    year_to=DAY,
    balance_date=DAY,
    known_at=INSTANT,
    accounts=(AccountBalance("1510", "Kundfordringar", 12_200_00),),
    total_ore=11_200_00,
    ledger_ore=12_200_00,
    difference_ore=-1_000_00,
    ageing={"not_due": 0, "no_due_date": 11_200_00},
    items=(ITEM,),
    bridge=Bridge((BridgeLine("D01", -1_000_00, (), ("A 57 2025-12-31",), DAY, DAY),), -1_000_00, DAY),
    revaluations=(
        Revaluation("EUR", 1_000_00, 11_200_00, Decimal("10.9"), 1, 10_900_00, -300_00, (EntryRow("1510", -300_00),)),
    ),
    reclassifications=(Reclassification("7", "Kund", 5_00, "1510", "2420", ("9",)),),
    faults=(Fault("8", "credit-unclear", "why"),),
    complete=False,
    source=Source("fortnox", UUID(int=2), 3, INSTANT, INSTANT, 6, (Calls("invoices", 6),)),
)


def changed_item(**changes: Any) -> Schedule:
    return replace(SCHEDULE, items=(replace(ITEM, **changes),))


@pytest.mark.parametrize(
    "changed",
    [
        changed_item(open_ore=1),
        changed_item(paid_after_ore=1),
        changed_item(flags=()),
        replace(SCHEDULE, total_ore=1),
        replace(SCHEDULE, known_at=INSTANT + timedelta(seconds=1)),
        replace(SCHEDULE, faults=()),
        replace(SCHEDULE, bridge=replace(SCHEDULE.bridge, parted_on=None)),
        replace(SCHEDULE, source=replace(SCHEDULE.source, run=4)),
        replace(SCHEDULE, ageing={"not_due": 11_200_00, "no_due_date": 0}),
    ],
)
def test_every_part_of_the_content_changes_the_hash(changed: Schedule) -> None:
    assert content_hash(changed) != content_hash(SCHEDULE)


def test_another_copy_and_a_signature_do_not_change_the_hash() -> None:
    signed = replace(
        SCHEDULE,
        id=UUID(int=9),
        version=2,
        sign_offs=(SignOff("preparer", "Eva Ek", INSTANT),),
        content_hash=content_hash(SCHEDULE),
    )
    assert content_hash(signed) == content_hash(SCHEDULE)


def test_the_same_value_written_in_another_way_has_the_same_hash() -> None:
    stockholm = timezone(timedelta(hours=1))
    again = replace(
        changed_item(rate=Decimal("11.2")),
        known_at=INSTANT.astimezone(stockholm),
        ageing={"no_due_date": 11_200_00, "not_due": 0},
    )
    assert content_hash(again) == content_hash(SCHEDULE)


def test_the_hash_is_the_one_of_earlier_releases() -> None:
    """A change of this value would make every signed schedule unrecognisable."""
    assert content_hash(SCHEDULE) == "b6461bd9f32acd906af6a5f3094ab95b67426df8d83c01e65810ecfb3019cf91"


def test_the_canonical_form_is_json_that_reads_back_as_it_was_written() -> None:
    written = canonical_json(content(SCHEDULE))
    assert canonical_json(json.loads(written)) == written
    assert "Köln GmbH".encode() in written
    assert json.loads(written)["accounts"] == [{"number": "1510", "name": "Kundfordringar", "balance_ore": 12_200_00}]


def test_what_happens_after_the_balance_date_is_in_the_content_and_not_in_the_figures() -> None:
    later = replace(changed_item(paid_after_ore=5_00, paid_after_on=DAY), known_at=INSTANT + timedelta(days=1))
    remark = BridgeLine("D04", 0, ("105",))
    later = replace(later, bridge=replace(SCHEDULE.bridge, lines=(*SCHEDULE.bridge.lines, remark)))
    assert figures(later) == figures(SCHEDULE)
    assert figures(changed_item(open_ore=1)) != figures(SCHEDULE)


@pytest.mark.parametrize(
    "renamed",
    [
        replace(SCHEDULE, company_name="Nytt AB"),
        replace(SCHEDULE, organisation_number="556703-7485"),
        changed_item(counterparty_name="Kölner GmbH"),
        replace(SCHEDULE, accounts=(SCHEDULE.accounts[0]._replace(name="Fordringar"),)),
        replace(SCHEDULE, reclassifications=(replace(SCHEDULE.reclassifications[0], counterparty_name="Ny"),)),
    ],
)
def test_a_new_name_is_in_the_content_and_not_in_the_figures(renamed: Schedule) -> None:
    assert figures_hash(renamed) == figures_hash(SCHEDULE)
    assert content_hash(renamed) != content_hash(SCHEDULE)


def test_another_number_is_in_the_figures() -> None:
    for changed in (
        changed_item(counterparty_number="3"),
        replace(SCHEDULE, accounts=(SCHEDULE.accounts[0]._replace(number="1511"),)),
        replace(SCHEDULE, reclassifications=(replace(SCHEDULE.reclassifications[0], counterparty_number="8"),)),
    ):
        assert figures_hash(changed) != figures_hash(SCHEDULE)


def test_a_value_without_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        canonical_json({"amount": 1.5})
