"""Stored facts against what a file says."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.importer.differences import (
    STORED_VOUCHERS,
    VoucherDifference,
    content_hashes,
    differ,
    differ_vouchers,
)
from services.importer.sie import Row, Voucher
from tests.unit.importer.columns import columns_of

DAY = dt.date(2025, 3, 1)
TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)


def voucher(number: str = "1", *, amount_ore: int = 100, text: str = "Hyra", series: str = "A") -> Voucher:
    rows = (
        Row("booked", "5010", (("1", "10"),), amount_ore, DAY, "", None, ""),
        Row("booked", "1930", (), -amount_ore, DAY, "", None, ""),
    )
    return Voucher(series, number, DAY, text, DAY, "", rows, 7)


def hashes(*vouchers: Voucher) -> list[bytes]:
    return content_hashes(*columns_of(vouchers)).to_list()


def said(vouchers: Sequence[Voucher]) -> pl.DataFrame:
    heads, rows = columns_of(vouchers)
    return heads.select("series", "number").with_columns(content_hashes(heads, rows))


def difference(stored: Sequence[Voucher], read: Sequence[Voucher]) -> VoucherDifference:
    """Stored vouchers have the ids 1, 2 …"""
    before = said(stored).with_columns(pl.int_range(1, len(stored) + 1).alias("id")).select(*STORED_VOUCHERS)
    return differ_vouchers(before, said(read))


def counts(found: VoucherDifference) -> tuple[int, int, int]:
    return found.added, found.changed, found.gone


def test_unchanged_vouchers_are_left_alone_wherever_they_stand_in_the_file() -> None:
    found = difference([voucher("1"), voucher("2")], [voucher("2"), voucher("1")._replace(line=99)])
    assert (found.gone_ids, found.new.to_list()) == ([], [])
    assert counts(found) == (0, 0, 0)


def test_an_edited_a_deleted_and_a_new_voucher_are_told_apart() -> None:
    before = [voucher("1"), voucher("2"), voucher("3")]
    found = difference(before, [voucher("1"), voucher("2", amount_ore=200), voucher("4")])
    assert sorted(found.gone_ids) == [2, 3]
    assert found.new.to_list() == [1, 2]
    assert counts(found) == (1, 1, 1)


def test_two_equal_vouchers_are_two() -> None:
    twin = voucher("")
    assert difference([twin], [twin, twin]).new.len() == 1
    assert difference([twin, twin], [twin]).gone == 1


def test_of_several_vouchers_with_one_number_as_many_are_changed_as_were_replaced() -> None:
    before = [voucher("", amount_ore=1), voucher("", amount_ore=2), voucher("", amount_ore=3)]
    found = difference(before, [voucher("", amount_ore=2), voucher("", amount_ore=4)])
    assert sorted(found.gone_ids) == [1, 3]
    assert found.new.to_list() == [1]
    assert counts(found) == (0, 1, 1)


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
        base._replace(rows=()),
        base._replace(series="B"),
        base._replace(number="2"),
        base._replace(date=DAY + dt.timedelta(days=1)),
        base._replace(text="y"),
        base._replace(registered=None),
    ]
    assert len(set(hashes(base, *others))) == len(others) + 1
    assert hashes(base._replace(line=1, sign="anna")) == hashes(base)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4))
def test_the_hash_is_of_compact_json(texts: list[tuple[str, str, str]]) -> None:
    vouchers = [
        voucher(number, text=text)._replace(rows=(Row("added", "1", ((row_text, text),), -1, DAY, row_text, None, ""),))
        for number, text, row_text in texts
    ]
    assert hashes(*vouchers) == [_hashed_one_by_one(each) for each in vouchers]


def _hashed_one_by_one(voucher: Voucher) -> bytes:
    content = [
        voucher.series,
        voucher.number,
        voucher.date.isoformat(),
        voucher.text,
        voucher.registered.isoformat() if voucher.registered else None,
        [
            [row.kind, row.account, row.amount_ore, row.date.isoformat(), row.text, row.quantity, row.objects]
            for row in voucher.rows
        ],
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).digest()


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_ending_what_is_gone_and_writing_what_is_new_gives_what_was_read(before: list[int], read: list[int]) -> None:
    difference = differ(enumerate(before), read)
    left = [content for fact_id, content in enumerate(before) if fact_id not in difference.gone]
    assert sorted([*left, *difference.new]) == sorted(read)
    kept_least = sum(min(before.count(content), read.count(content)) for content in set(read))
    assert len(left) == kept_least


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=8), st.lists(st.integers(0, 3), max_size=8))
def test_vouchers_are_compared_as_other_facts_are(before: list[int], read: list[int]) -> None:
    found = difference([voucher(text=str(n)) for n in before], [voucher(text=str(n)) for n in read])
    plain = differ(enumerate(before, 1), read)
    assert len(found.gone_ids) == len(plain.gone)
    assert sorted(before[fact_id - 1] for fact_id in found.gone_ids) == sorted(before[i - 1] for i in plain.gone)
    assert sorted(read[place] for place in found.new) == sorted(plain.new)
