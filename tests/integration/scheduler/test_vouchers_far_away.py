"""Payments whose voucher is not where it is looked for first."""

from __future__ import annotations

from datetime import date, timedelta

from services.sandbox.company import Payment, VoucherRow
from shared.store.schedules import Schedule, ScheduleItem
from tests.integration.scheduler.building import Builder
from tests.integration.scheduler.test_known_at import open_invoice

AMOUNT_ORE = 117_31


def paid_on(builder: Builder, day: date, *, booked_on: date) -> Payment:
    """A payment of a customer's open invoice, whose voucher has another date than itself."""
    payment = builder.scene.desk.add_payment("customer", open_invoice(builder), day, AMOUNT_ORE, booked=True)
    assert payment.voucher is not None
    builder.scene.company.vouchers[payment.voucher].date = booked_on
    return payment


def receivables(builder: Builder, day: date) -> Schedule:
    builder.ask(day)
    return next(each for each in builder.schedules() if (each.kind, each.balance_date) == ("receivables", day))


def item_of(schedule: Schedule, number: object) -> ScheduleItem:
    return next(item for item in schedule.items if item.document_number == str(number))


def labels(schedule: Schedule, code: str) -> list[str]:
    return [voucher for line in schedule.bridge if line["code"] == code for voucher in line["vouchers"]]


def test_a_payment_booked_weeks_later_is_not_given_a_strangers_voucher_of_its_own_day(builder: Builder) -> None:
    scene = builder.scene
    year_end = scene.engagement().year_end
    paid, booked, between = (year_end - timedelta(days=days) for days in (60, 10, 30))
    payment = paid_on(builder, paid, booked_on=booked)
    year = scene.company.year_of(paid)
    assert year is not None
    rows = [VoucherRow(1930, debit_ore=AMOUNT_ORE), VoucherRow(1510, credit_ore=AMOUNT_ORE)]
    stranger = scene.desk.add_voucher(year.id, "A", day=paid, description="Okänd inbetalning", rows=rows)
    calls = builder.after_import()
    assert f"GET /3/invoicepayments/{payment.number}" in calls
    before, at_year_end = receivables(builder, between), receivables(builder, year_end)
    assert item_of(before, payment.invoice_number).paid_after_on == booked
    settled = item_of(at_year_end, payment.invoice_number).settled_ore
    assert settled - item_of(before, payment.invoice_number).settled_ore == AMOUNT_ORE
    assert f"A {stranger.number} {paid}" in labels(before, "D01")


def test_a_payment_of_a_later_year_that_was_booked_two_months_before_is_found(builder: Builder) -> None:
    scene = builder.scene
    last_day = scene.engagement().year_end
    booked = last_day - timedelta(days=5)
    payment = paid_on(builder, booked, booked_on=booked)
    payment.date = last_day + timedelta(days=60)  # outside the imported years, and far from its voucher
    calls = builder.after_import()
    assert f"GET /3/invoicepayments/{payment.number}" in calls
    later, before = receivables(builder, last_day), receivables(builder, booked - timedelta(days=1))
    settled = item_of(later, payment.invoice_number).settled_ore
    assert settled - item_of(before, payment.invoice_number).settled_ore == AMOUNT_ORE
    assert not [voucher for voucher in labels(later, "D01") if voucher.endswith(str(booked))]


def test_a_payment_booked_in_a_year_not_imported_is_not_given_a_strangers_voucher(builder: Builder) -> None:
    scene = builder.scene
    year_end = scene.engagement().year_end
    paid = year_end - timedelta(days=3)
    payment = paid_on(builder, year_end + timedelta(days=2), booked_on=year_end + timedelta(days=2))
    payment.date = paid
    year = scene.company.year_of(paid)
    assert year is not None
    rows = [VoucherRow(1930, debit_ore=AMOUNT_ORE), VoucherRow(1510, credit_ore=AMOUNT_ORE)]
    stranger = scene.desk.add_voucher(year.id, "A", day=paid, description="Okänd inbetalning", rows=rows)
    builder.after_import()
    schedule = receivables(builder, year_end)
    assert item_of(schedule, payment.invoice_number).paid_after_ore >= AMOUNT_ORE
    assert f"A {stranger.number} {paid}" in labels(schedule, "D01")


def test_a_payment_without_invoice_is_named_and_stands_as_an_item_of_its_own(builder: Builder) -> None:
    scene = builder.scene
    year_end = scene.engagement().year_end
    payment = paid_on(builder, year_end - timedelta(days=5), booked_on=year_end - timedelta(days=5))
    payment.invoice_number = 404404
    builder.after_import()
    schedule = receivables(builder, year_end)
    assert item_of(schedule, f"payment {payment.number}").open_ore == -AMOUNT_ORE
    assert {(fault["document"], fault["code"]) for fault in schedule.faults} == {
        (str(payment.number), "unknown-document")
    }
    assert not schedule.complete
