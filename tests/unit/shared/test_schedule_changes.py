"""What a later reading says otherwise is named figure by figure, and what was paid afterwards is no change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.schedules.changes import AccountChange, Amounts, ItemChange, changes
from shared.schedules.content import BUCKETS, AccountBalance, Bridge, BridgeLine, Bucket, Fault, Item, Schedule
from tests.unit.shared.test_schedule_hash import ITEM, SCHEDULE


def item(number: str, open_ore: int, bucket: Bucket = "not_due") -> Item:
    return replace(ITEM, document_number=number, open_ore=open_ore, open_minor=open_ore, bucket=bucket)


def schedule_of(items: Iterable[Item], accounts: tuple[AccountBalance, ...] = ()) -> Schedule:
    listed = tuple(items)
    total_ore = sum(each.open_ore for each in listed)
    ledger_ore = sum(account.balance_ore for account in accounts)
    return replace(
        SCHEDULE,
        items=listed,
        ageing={bucket: sum(each.open_ore for each in listed if each.bucket == bucket) for bucket in BUCKETS},
        accounts=accounts,
        total_ore=total_ore,
        ledger_ore=ledger_ore,
        difference_ore=total_ore - ledger_ore,
        bridge=Bridge((), 0, None),
        faults=(),
    )


def test_a_new_name_is_no_change() -> None:
    before = schedule_of([item("9", 100)], (AccountBalance("1510", "Kundfordringar", 100),))
    renamed = [replace(item("9", 100), counterparty_name="Kölner GmbH")]
    after = schedule_of(renamed, (AccountBalance("1510", "Fordringar", 100),))
    assert changes(before, after) == changes(before, before)


def test_items_that_came_went_and_moved_are_named_with_the_figures_they_touch() -> None:
    before = schedule_of([item("9", 100), item("10", 50), item("11", 70, "1_30"), item("12", 1)])
    after = schedule_of([item("10", 20), item("11", 70, "31_60"), item("12", 1), item("13", 5)])
    found = changes(before, after)
    assert [(each.document_number, each.change_ore, each.touched) for each in found.items] == [
        ("9", -100, ("total", "ageing.not_due")),
        ("10", -30, ("total", "ageing.not_due")),
        ("11", 0, ("ageing.1_30", "ageing.31_60")),
        ("13", 5, ("total", "ageing.not_due")),
    ]
    assert found.total == Amounts(221, 96)
    assert found.ageing == {"not_due": Amounts(151, 26), "1_30": Amounts(70, 0), "31_60": Amounts(0, 70)}


def test_a_document_of_which_something_else_is_known_touches_no_figure() -> None:
    before, after = item("1", 5), replace(item("1", 5), due_date=date(2026, 1, 31))
    [changed] = changes(schedule_of([before]), schedule_of([after])).items
    assert changed == ItemChange(5, 5, "1", ITEM.counterparty_number, ITEM.counterparty_name, ())


def test_what_was_paid_after_the_balance_date_is_no_change() -> None:
    paid = replace(item("1", 5), paid_after_ore=5, paid_after_on=date(2026, 2, 1))
    assert changes(schedule_of([item("1", 5)]), schedule_of([paid])).items == ()


def test_accounts_that_differ_are_named_with_both_balances() -> None:
    kept, before = AccountBalance("1510", "Kundfordringar", 10), AccountBalance("1511", "Andra", 3)
    after = AccountBalance("1580", "Kort", 4)
    found = changes(schedule_of([], (kept, before)), schedule_of([], (kept, after)))
    assert found.accounts == (AccountChange(3, 0, "1511", "Andra"), AccountChange(0, 4, "1580", "Kort"))
    assert (found.ledger, found.difference) == (Amounts(13, 14), Amounts(-13, -14))


def test_causes_that_differ_are_named_and_remarks_are_not() -> None:
    line = BridgeLine("D01", 10, vouchers=("A 1 2025-12-31",))
    before = replace(schedule_of([]), bridge=Bridge((line, BridgeLine("D02", 0, ("7",))), 10, None))
    elsewhere = replace(line, vouchers=("A 2 2025-12-31",))
    after = replace(schedule_of([]), bridge=Bridge((elsewhere, BridgeLine("D06", 5), BridgeLine("D08", 0)), 15, None))
    assert changes(before, after).bridge == {"D01": Amounts(10, 10), "D06": Amounts(0, 5)}


def test_faults_that_are_new_are_named() -> None:
    old, new = Fault("1", "unreadable", "?"), Fault("2", "unreadable", "?")
    before, after = replace(schedule_of([]), faults=(old,)), replace(schedule_of([]), faults=(new, old))
    assert changes(before, after).faults == (new,)


documents = st.lists(
    st.builds(item, st.sampled_from("123456789"), st.integers(-500, 500), st.sampled_from(BUCKETS)), max_size=12
)


@given(documents, documents)
def test_the_changes_of_the_items_are_the_change_of_the_total_and_of_every_bucket(
    first: list[Item], then: list[Item]
) -> None:
    before, after = schedule_of(first), schedule_of(then)
    found = changes(before, after)
    assert sum(each.change_ore for each in found.items) == found.total.change_ore
    assert sum(amounts.change_ore for amounts in found.ageing.values()) == found.total.change_ore
    assert {name for each in found.items for name in each.touched} >= {f"ageing.{bucket}" for bucket in found.ageing}
    assert changes(before, before).items == ()
