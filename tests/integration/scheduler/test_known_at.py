"""The two clocks: what happens later changes no schedule of the past, and is in the next one when it belongs there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from services.sandbox.company import VoucherRow
from services.scheduler.actors import routes
from shared.connections.access import FortnoxAccess
from shared.fortnox import FortnoxClient
from shared.messaging.events import SchedulesRequested
from shared.store.schedules import Schedule
from tests.integration.scheduler.building import Builder, differs


@dataclass(frozen=True)
class Interrupted(FortnoxAccess):
    """The way to Fortnox of a worker during whose work other things happen: after its first calls, and once."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    @contextmanager
    def open(self, *args: Any, **options: Any) -> Iterator[FortnoxClient]:
        with super().open(*args, **options) as client:
            yield client
        if self.meanwhile:
            self.meanwhile.pop()()


def content(schedule: Schedule) -> dict[str, object]:
    columns = {name: value for name, value in vars(schedule).items() if not name.startswith("_")}
    items = [{name: value for name, value in vars(item).items() if not name.startswith("_")} for item in schedule.items]
    return columns | {"items": items}


def open_invoice(builder: Builder) -> int:
    """A customer invoice in SEK, booked in the year, open at its end and now."""
    year_end = builder.scene.engagement().year_end
    at_year_end = {item.number for item in builder.scene.truth.open_items("receivables", year_end)}
    return next(
        invoice.number
        for invoice in builder.scene.company.invoices.values()
        if invoice.number in at_year_end
        and invoice.balance_minor > 0
        and not invoice.cancelled
        and invoice.currency == "SEK"
        and invoice.invoice_date.year == year_end.year
    )


def test_the_same_event_twice_builds_once(builder: Builder) -> None:
    event = builder.do_import()
    assert builder.deliver(event)
    first = [content(schedule) for schedule in builder.schedules()]
    assert builder.deliver(event) == []
    assert [content(schedule) for schedule in builder.schedules()] == first
    assert len(builder.built()) == 1


def test_asking_again_for_a_schedule_gives_the_stored_one(builder: Builder) -> None:
    builder.after_import()
    first = [schedule.id for schedule in builder.schedules()]
    assert builder.ask(builder.scene.engagement().year_end) == []
    assert [schedule.id for schedule in builder.schedules()] == first
    assert [event.data["schedule_ids"] for event in builder.built()] == [[str(id_) for id_ in first]] * 2


def test_what_happens_after_the_balance_date_changes_neither_the_old_schedule_nor_a_new_one(builder: Builder) -> None:
    scene, year_end = builder.scene, builder.scene.engagement().year_end
    builder.after_import()
    before = builder.schedules()
    number, later = open_invoice(builder), year_end + timedelta(days=20)
    scene.desk.add_payment("customer", number, later, 100_00, booked=True)
    scene.desk.add_payment("customer", number, later, scene.company.invoices[number].balance_minor, booked=True)
    scene.clock.advance(timedelta(days=1))
    builder.after_import()
    after = builder.schedules()
    assert [content(schedule) for schedule in after[:2]] == [content(schedule) for schedule in before]
    assert [schedule.known_run for schedule in after] == [1, 1, 2, 2]
    assert [schedule.figures_hash for schedule in after[2:]] == [schedule.figures_hash for schedule in before]


def test_an_invoice_cancelled_after_the_balance_date_is_still_open_at_it(builder: Builder) -> None:
    """Fortnox keeps no day of it: from the first reading that saw it, the invoice is cancelled."""
    scene, year_end = builder.scene, builder.scene.engagement().year_end
    builder.after_import()
    number = open_invoice(builder)
    scene.company.invoices[number].cancelled = True
    scene.clock.advance(timedelta(days=1))
    builder.after_import()
    scene.clock.advance(timedelta(days=30))
    builder.after_import()
    before, _, after, _, later, _ = builder.schedules()
    assert before.figures_hash == after.figures_hash == later.figures_hash
    told = [
        {line["first_date"] for line in schedule.bridge if str(number) in line["documents"] and line["code"] == "D14"}
        for schedule in (before, after, later)
    ]
    assert told[0] == set()
    assert told[1] == told[2] != set()
    assert min(told[1]) > year_end.isoformat()


def test_a_payment_entered_later_for_a_day_before_the_balance_date_is_in_the_new_schedule_only(
    builder: Builder,
) -> None:
    scene, year_end = builder.scene, builder.scene.engagement().year_end
    builder.after_import()
    number = open_invoice(builder)
    scene.desk.add_payment("customer", number, year_end - timedelta(days=1), 100_00, booked=True)
    builder.after_import()
    old, _, new, _ = builder.schedules()
    assert new.total_ore == old.total_ore - 100_00
    assert new.difference_ore == old.difference_ore


def test_the_past_can_be_asked_for_as_it_was_known_then_without_a_call(builder: Builder) -> None:
    scene, day = builder.scene, builder.scene.engagement().year_end - timedelta(days=1)
    builder.after_import()
    number = open_invoice(builder)
    scene.desk.add_payment("customer", number, day, 100_00, booked=True)
    builder.after_import()
    first_import = scene.imports()[0]
    wish = scene.send("schedules-requested", SchedulesRequested(balance_date=day, import_id=first_import.id))
    assert builder.deliver(wish) == []
    receivables, payables = builder.schedules()[-2:]
    assert (receivables.known_run, receivables.known_at) == (1, builder.schedules()[0].known_at)
    assert differs(scene, receivables) == differs(scene, payables) == []


def test_a_sub_ledger_is_never_read_for_a_ledger_that_is_older(builder: Builder) -> None:
    first = builder.do_import()
    second = builder.do_import()
    assert builder.deliver(first) == []
    assert builder.schedules() == []
    builder.deliver(second)
    assert [schedule.known_run for schedule in builder.schedules()] == [2, 2]


def test_a_schedule_as_known_at_an_import_after_which_nothing_was_read_is_refused(builder: Builder) -> None:
    builder.do_import()
    builder.after_import()
    first_import = builder.scene.imports()[0]
    builder.deliver(builder.scene.send("schedules-requested", SchedulesRequested(import_id=first_import.id)))
    assert [letter.reason_code for letter in builder.scene.dead_letters()] == ["subledger-not-read"]
    assert [schedule.known_run for schedule in builder.schedules()] == [2, 2]


def test_a_request_made_while_an_import_goes_on_is_met_with_what_that_import_brings(builder: Builder) -> None:
    """The later import is finished after the first calls of the reading and before its end."""
    scene = builder.scene
    builder.do_import()
    wish = scene.send("schedules-requested", SchedulesRequested())
    interrupted = Interrupted(**vars(scene.access), meanwhile=[builder.do_import])
    consumer = scene.consumer("scheduler", routes(interrupted))
    consumer.receive(wish.model_dump_json(exclude_none=True).encode())
    assert len(scene.imports()) == 2
    assert builder.schedules() == []
    [again] = [event for event in scene.due_events() if event.id == wish.id]
    builder.deliver(again)
    assert [schedule.known_run for schedule in builder.schedules()] == [2, 2]


def test_what_was_read_singly_is_not_read_again_while_the_list_tells_the_same(builder: Builder) -> None:
    singles = [call for call in builder.after_import() if "?" not in call]
    again = [call for call in builder.after_import() if "?" not in call]
    assert len(singles) > len(again) == 0


def test_a_voucher_edited_in_fortnox_changes_the_next_schedule_by_what_it_holds(builder: Builder) -> None:
    scene = builder.scene
    builder.after_import()
    number = open_invoice(builder)
    key = scene.company.invoices[number].voucher
    assert key is not None
    voucher = scene.company.vouchers[key]
    claim_ore = sum(row.amount_ore for row in voucher.booked_rows if row.account == 1510)
    rows = [VoucherRow(1510, debit_ore=claim_ore - 10_00), VoucherRow(3001, credit_ore=claim_ore - 10_00)]
    scene.desk.edit_voucher(voucher.key, rows)
    builder.after_import()
    old, _, new, _ = builder.schedules()
    assert (new.total_ore, new.ledger_ore) == (old.total_ore - 10_00, old.ledger_ore - 10_00)


def test_a_day_outside_the_imported_years_is_refused_before_anything_is_read(builder: Builder) -> None:
    builder.do_import()
    assert builder.ask(date(2031, 1, 1)) == []
    assert [letter.reason_code for letter in builder.scene.dead_letters()] == ["year-not-imported"]
