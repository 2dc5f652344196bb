"""Stored facts against what a file says."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from services.importer.differences import StoredVoucher, content_hash, differ, differ_vouchers
from services.importer.sie import Row, Voucher

DAY = dt.date(2025, 3, 1)


def voucher(number: str = "1", *, amount_ore: int = 100, text: str = "Hyra", series: str = "A") -> Voucher:
    rows = (
        Row("booked", "5010", (("1", "10"),), amount_ore, DAY, "", None, ""),
        Row("booked", "1930", (), -amount_ore, DAY, "", None, ""),
    )
    return Voucher(series, number, DAY, text, DAY, "", rows, 7)


def stored(*vouchers: Voucher) -> list[StoredVoucher]:
    return [StoredVoucher(place, v.series, v.number, content_hash(v)) for place, v in enumerate(vouchers, 1)]


def test_unchanged_vouchers_are_left_alone_wherever_they_stand_in_the_file() -> None:
    difference = differ_vouchers(stored(voucher("1"), voucher("2")), [voucher("2"), voucher("1")._replace(line=99)])
    assert (difference.gone_ids, difference.new) == ([], [])
    assert (difference.added, difference.changed, difference.gone) == (0, 0, 0)


def test_an_edited_a_deleted_and_a_new_voucher_are_told_apart() -> None:
    before = stored(voucher("1"), voucher("2"), voucher("3"))
    difference = differ_vouchers(before, [voucher("1"), voucher("2", amount_ore=200), voucher("4")])
    assert sorted(difference.gone_ids) == [2, 3]
    assert [v.number for v, _ in difference.new] == ["2", "4"]
    assert (difference.added, difference.changed, difference.gone) == (1, 1, 1)


def test_two_equal_vouchers_are_two() -> None:
    twin = voucher("")
    assert len(differ_vouchers(stored(twin), [twin, twin]).new) == 1
    assert differ_vouchers(stored(twin, twin), [twin]).gone == 1


def test_the_hash_sees_every_field_that_is_stored_and_no_other() -> None:
    base = voucher()
    row = base.rows[0]
    changed_rows = [
        row._replace(kind="struck"),
        row._replace(account="5011"),
        row._replace(objects=(("1", "20"),)),
        row._replace(amount_ore=101),
        row._replace(date=DAY + dt.timedelta(days=1)),
        row._replace(text="x"),
    ]
    others = [
        *(base._replace(rows=(changed, base.rows[1])) for changed in changed_rows),
        base._replace(rows=base.rows[::-1]),
        base._replace(series="B"),
        base._replace(number="2"),
        base._replace(date=DAY + dt.timedelta(days=1)),
        base._replace(text="y"),
        base._replace(registered=None),
    ]
    assert len({content_hash(v) for v in (base, *others)}) == len(others) + 1
    assert content_hash(base._replace(line=1, sign="anna")) == content_hash(base)


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_ending_what_is_gone_and_writing_what_is_new_gives_what_was_read(before: list[int], read: list[int]) -> None:
    difference = differ(enumerate(before), read)
    left = [content for fact_id, content in enumerate(before) if fact_id not in difference.gone]
    assert sorted([*left, *difference.new]) == sorted(read)
    kept_least = sum(min(before.count(content), read.count(content)) for content in set(read))
    assert len(left) == kept_least
