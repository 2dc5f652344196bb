"""Writing what a file says: only differences, whatever share of the year was changed, and back as if it had never been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from services.importer.cursor import YearRead
from services.importer.facts import stored_rows, undo_run
from services.importer.readings import digest_of, note_reading, unchanged_since
from shared.ledger.balances import closing_balances
from shared.store.ledger import AccountMonth, PeriodSumFact, VoucherFact, VoucherRowFact
from tests.integration.importer.books import YEAR, Books, Shelf, balances_of, books, bytes_of, file_of, open_shelf

VOUCHERS = 200
READ = YearRead(
    from_date=YEAR.from_date, accounts=5, vouchers=200, rows_in_file=400, rows_stored=400, added=3, changed=2, gone=1
)


@pytest.fixture
def shelf(url: str) -> Iterator[Shelf]:
    with open_shelf(url) as shelf:
        yield shelf


def edited(entries: Books, count: int) -> Books:
    """The same year after somebody edited this many of its vouchers by hand, evenly over the year."""
    every = len(entries) // count if count else 0
    return tuple(
        replace(entry, ore=entry.ore + 7, debit="6570") if every and place % every == 0 else entry
        for place, entry in enumerate(entries)
    )


def balances(shelf: Shelf, run: int, until: date) -> dict[str, int]:
    with shelf.store.read() as session:
        found = closing_balances(session, shelf.engagement_id, YEAR.from_date, until=until, run=run)
    return {account: ore for account, ore in found.items() if ore}


def counts(shelf: Shelf) -> dict[str, tuple[int, int]]:
    """Per table: rows, and how many of them have ended."""
    with shelf.store.read() as session:
        rows = session.scalar(select(func.count()).select_from(VoucherRowFact)) or 0
        facts = {
            fact.__name__: session.execute(select(func.count(), func.count(fact.until_run))).one()
            for fact in (VoucherFact, PeriodSumFact)
        }
    return {**{name: (every, ended) for name, (every, ended) in facts.items()}, "VoucherRowFact": (rows, 0)}


def test_what_is_stored_is_what_the_file_says(shelf: Shelf) -> None:
    entries = (
        replace(books(3)[0], text="x" * 1200, series="Ö", number=""),
        replace(books(3)[1], text="\\. ;, 'NULL' \\N \\"),
        replace(books(3)[2], text=""),
    )
    shelf.write(1, entries)
    with shelf.store.read() as session:
        vouchers = session.scalars(select(VoucherFact).order_by(VoucherFact.id)).all()
        rows = session.scalars(
            select(VoucherRowFact).order_by(VoucherRowFact.voucher_id, VoucherRowFact.position)
        ).all()
        months = {month.id: month for month in session.scalars(select(AccountMonth))}
    in_file = file_of(entries).vouchers
    assert [(v.series, v.number, v.date, v.text, v.registered) for v in vouchers] == [
        (v.series, v.number, v.date, v.text[:1000], v.registered) for v in in_file
    ]
    assert [
        (r.position, r.kind, r.account, r.amount_ore, r.date, r.text, r.quantity, r.objects, r.voucher_date)
        for r in rows
    ] == [
        (
            position,
            r.kind,
            r.account,
            r.amount_ore,
            r.date,
            r.text[:1000],
            None if r.quantity is None else str(r.quantity),
            [list(pair) for pair in r.objects],
            v.date,
        )
        for v in in_file
        for position, r in enumerate(v.rows, 1)
    ]
    ids = [voucher.id for voucher in vouchers]
    assert [row.voucher_id for row in rows] == [fact_id for fact_id in ids for _ in range(3)]
    of_all = {(voucher.firm_id, voucher.engagement_id, voucher.year_from) for voucher in vouchers}
    assert of_all == {(shelf.firm_id, shelf.engagement_id, YEAR.from_date)}
    months_of_rows = [months[row.account_month_id] for row in rows]
    assert {(month.firm_id, month.engagement_id, month.year_from) for month in months_of_rows} == of_all
    assert [(month.account, month.period) for month in months_of_rows] == [
        (row.account, f"{row.voucher_date:%Y-%m}") for row in rows
    ]


@pytest.mark.parametrize("changed", [0, 2, VOUCHERS])
def test_a_second_import_writes_only_what_changed_and_the_old_state_stays_known(shelf: Shelf, changed: int) -> None:
    before = books(VOUCHERS)
    after = edited(before, changed)
    first = shelf.write(1, before)
    assert (first.added, first.changed, first.gone) == (VOUCHERS, 0, 0)
    written = counts(shelf)
    second = shelf.write(2, after)
    assert (second.added, second.changed, second.gone) == (0, changed, 0)
    now = counts(shelf)
    assert now["VoucherFact"] == (VOUCHERS + changed, changed)
    assert now["VoucherRowFact"] == (3 * (VOUCHERS + changed), 0)
    assert (now == written) == (changed == 0)
    for until in (YEAR.from_date, date(2025, 3, 15), date(2025, 3, 16), date(2025, 6, 30), YEAR.to_date):
        assert balances(shelf, 1, until) == balances_of(before, until)
        assert balances(shelf, 2, until) == balances_of(after, until)


def test_a_balance_at_any_day_is_the_sum_of_all_rows_until_then(shelf: Shelf) -> None:
    entries = books(VOUCHERS)
    shelf.write(1, entries)
    for days in range(0, 365, 3):
        until = YEAR.from_date + timedelta(days=days)
        assert balances(shelf, 1, until) == balances_of(entries, until), until


def test_vouchers_that_share_series_and_number_are_told_apart_by_what_they_say(shelf: Shelf) -> None:
    entries = tuple(replace(entry, series="A", number="1") for entry in books(4))
    twins = (*entries, entries[0])
    shelf.write(1, twins)
    after = (entries[0], replace(entries[1], ore=5), entries[2], entries[3])
    difference = shelf.write(2, after)
    assert (difference.added, difference.changed, difference.gone) == (0, 1, 1)
    assert balances(shelf, 1, YEAR.to_date) == balances_of(twins)
    assert balances(shelf, 2, YEAR.to_date) == balances_of(after)


@pytest.mark.parametrize("changed", [0, 2, VOUCHERS])
def test_the_period_sums_are_those_of_the_rows(shelf: Shelf, changed: int) -> None:
    shelf.write(1, books(VOUCHERS))
    shelf.write(2, edited(books(VOUCHERS), changed))
    for run, entries in ((1, books(VOUCHERS)), (2, edited(books(VOUCHERS), changed))):
        sums: Counter[tuple[str, str, str]] = Counter()
        for entry in entries:
            month = f"{entry.day:%Y-%m}"
            sums.update({(entry.debit, month, "debit"): entry.ore, (entry.credit, month, "credit"): entry.ore})
            sums.update({(entry.debit, month, "rows"): 1, (entry.credit, month, "rows"): 1})
        with shelf.store.read() as session:
            facts = session.scalars(select(PeriodSumFact)).all()
            in_rows = stored_rows(session, shelf.target(run), YEAR.from_date)
        stored: Counter[tuple[str, str, str]] = Counter()
        for fact in facts:
            if fact.since_run <= run and (fact.until_run is None or fact.until_run > run):
                stored[fact.account, fact.period, "debit"] += fact.debit_ore
                stored[fact.account, fact.period, "credit"] += fact.credit_ore
                stored[fact.account, fact.period, "rows"] += fact.row_count
        assert +stored == +sums
        assert sum(count for count, _ in in_rows.values()) == 2 * len(entries)
        assert sum(ore for _, ore in in_rows.values()) == 0


@pytest.mark.parametrize("changed", [2, VOUCHERS])
def test_a_run_that_is_undone_leaves_no_trace(shelf: Shelf, changed: int) -> None:
    shelf.write(1, books(VOUCHERS))
    with shelf.store.write() as session:
        note_reading(session, shelf.target(1), digest_of(bytes_of(books(VOUCHERS))), READ)
    before = shelf.everything()
    shelf.write(2, edited(books(VOUCHERS), changed)[: VOUCHERS - 1])
    with shelf.store.write() as session:
        note_reading(session, shelf.target(2), b"2" * 32, READ)
    assert shelf.everything() != before
    with shelf.store.write() as session:
        undo_run(session, shelf.engagement_id, 2)
    assert shelf.everything() == before


def test_a_year_that_begins_on_another_day_takes_the_place_of_the_one_it_overlaps(shelf: Shelf) -> None:
    entries = books(10)
    shelf.write(1, entries)
    moved = YEAR.model_copy(update={"from_date": date(2024, 11, 1)})
    with shelf.store.write() as session:
        note_reading(session, shelf.target(1), b"1" * 32, READ)
    difference = shelf.write(2, entries, moved)
    assert (difference.added, difference.changed, difference.gone) == (10, 0, 10)
    with shelf.store.read() as session:
        for run, year in ((1, YEAR), (2, moved)):
            found = closing_balances(session, shelf.engagement_id, year.from_date, until=None, run=run)
            assert {account: ore for account, ore in found.items() if ore} == balances_of(entries)
        assert closing_balances(session, shelf.engagement_id, YEAR.from_date, until=None, run=2) == {}
        assert unchanged_since(session, shelf.target(1), YEAR, b"1" * 32) is not None
        assert unchanged_since(session, shelf.target(2), YEAR, b"1" * 32) is None


def test_the_findings_of_the_same_bytes_are_carried_over_until_the_year_is_read_anew(shelf: Shelf) -> None:
    entries = books(5)
    digest = digest_of(bytes_of(entries))
    shelf.write(1, entries)
    with shelf.store.write() as session:
        assert unchanged_since(session, shelf.target(1), YEAR, digest) is None
        note_reading(session, shelf.target(1), digest, READ)
        carried = unchanged_since(session, shelf.target(2), YEAR, digest)
        assert carried == READ.model_copy(update={"added": 0, "changed": 0, "gone": 0})
        assert unchanged_since(session, shelf.target(2), YEAR, b"x" * 32) is None
        for other in ({"id": None}, {"accounting_method": "CASH"}, {"to_date": date(2025, 6, 30)}):
            assert unchanged_since(session, shelf.target(2), YEAR.model_copy(update=other), digest) is None
    shelf.write(2, edited(entries, 1))
    with shelf.store.write() as session:
        note_reading(session, shelf.target(2), b"2" * 32, READ)
        assert unchanged_since(session, shelf.target(2), YEAR, digest) is None
        assert unchanged_since(session, shelf.target(1), YEAR, digest) is not None
        assert unchanged_since(session, shelf.target(3), YEAR, b"2" * 32) is not None


def test_the_largest_amounts_are_kept_and_summed_exactly(shelf: Shelf) -> None:
    largest = 10**15
    entries = tuple(replace(entry, ore=largest - place) for place, entry in enumerate(books(300)))
    shelf.write(1, entries)
    assert balances(shelf, 1, YEAR.to_date) == balances_of(entries)
    assert balances(shelf, 1, date(2025, 5, 20)) == balances_of(entries, date(2025, 5, 20))
