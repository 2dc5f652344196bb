"""Reading the sub-ledgers: what is wrong in them, what may not be read, and a reading in many slices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from structlog.testing import capture_logs

from services.sandbox.company import Payment
from services.sandbox.faults import FaultRule
from shared.store.engagements import Engagement
from tests.integration.scheduler.building import Builder, differs

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HALF_AN_ORE = cast("int", 100.5)
"""An amount that cannot be read."""


def test_documents_that_are_wrong_are_named_and_the_rest_is_counted(builder: Builder) -> None:
    scene = builder.scene
    year_end = scene.engagement().year_end
    wrong = next(item for item in scene.truth.open_items("receivables", year_end, "vouchers") if item.open_ore > 0)
    scene.company.invoices[wrong.number].total_minor = HALF_AN_ORE
    stray = Payment(9001, 404404, year_end, 1_00, 1_00, NOW)
    unreadable = Payment(9002, 404404, year_end, HALF_AN_ORE, 1_00, NOW)
    scene.company.supplier_payments |= {9001: stray, 9002: unreadable}
    builder.after_import()
    receivables, payables = builder.schedules()
    assert (f"invoice {wrong.number}", "unreadable") in {
        (each["document"], each["code"]) for each in receivables.faults
    }
    assert {(fault["document"], fault["code"]) for fault in payables.faults} == {
        ("9001", "unknown-document"),
        ("supplier invoice payment 9002", "unreadable"),
    }
    total_ore = scene.truth.schedule_total("receivables", year_end, "vouchers")
    assert receivables.total_ore == total_ore - wrong.open_ore
    assert differs(scene, payables) == []


def test_records_that_no_rule_lets_in_are_named_with_the_reason_and_none_is_left_out(builder: Builder) -> None:
    scene = builder.scene
    year_end = scene.engagement().year_end
    open_ = [item.number for item in scene.truth.open_items("receivables", year_end, "vouchers") if item.open_ore > 0]
    wordy, undated, foreign, twin, lone = open_[:5]
    no_due_date = open_[5]
    scene.desk.spoil(f"invoices/{wordy}", {"Total": "tolv"})
    scene.desk.spoil(f"invoices/{undated}", {"InvoiceDate": None})
    scene.desk.spoil(f"invoices/{foreign}", {"Currency": "XYZZY"})
    scene.desk.spoil(f"invoices/{twin}", {"DocumentNumber": str(lone)})
    scene.desk.spoil(f"invoices/{no_due_date}", {"DueDate": None})
    builder.after_import()
    receivables = builder.schedules()[0]
    named = {(fault["document"], fault["code"]) for fault in receivables.faults if fault["reason"]}
    assert named >= {
        (f"invoice {wordy}", "unreadable"),
        (f"invoice {undated}", "unreadable"),
        (str(foreign), "unknown-currency"),
        (str(lone), "duplicate-number"),
    }
    assert not receivables.complete
    shown = [item.document_number for item in receivables.items]
    assert shown.count(str(lone)) == 2
    assert str(foreign) in shown
    buckets = {item.document_number: item.bucket for item in receivables.items}
    assert buckets[str(no_due_date)] == "no_due_date"


def test_the_plan_is_stored_with_the_schedule(builder: Builder) -> None:
    calls = builder.after_import()
    plans = [dict(schedule.source["plan"]) for schedule in builder.schedules()]
    assert [plan["financial years"] + plan["predefined accounts"] for plan in plans] == [2, 2]
    assert [schedule.source["requests"] for schedule in builder.schedules()] == [sum(plan.values()) for plan in plans]
    assert sum(schedule.source["requests"] for schedule in builder.schedules()) == len(calls) + 2


def test_the_suppliers_own_number_is_on_the_item(builder: Builder) -> None:
    builder.after_import()
    payables = builder.schedules()[1]
    bills = builder.scene.company.supplier_invoices
    assert {item.external_number for item in payables.items} == {
        bills[int(item.document_number)].external_number for item in payables.items
    }


def test_what_could_not_be_read_is_named_in_every_schedule_of_the_same_reading(builder: Builder) -> None:
    scene = builder.scene
    scene.company.supplier_payments[9002] = Payment(9002, 404404, NOW.date(), HALF_AN_ORE, 1_00, NOW)
    builder.after_import()
    builder.ask(scene.engagement().year_end - timedelta(days=40))
    payables = [schedule for schedule in builder.schedules() if schedule.kind == "payables"]
    assert [[fault["code"] for fault in schedule.faults] for schedule in payables] == [["unreadable"]] * 2


def test_a_credit_note_used_up_on_an_invoice_that_fortnox_does_not_name_is_named_and_stays(builder: Builder) -> None:
    scene = builder.scene
    year_end = scene.engagement().year_end
    credit = next(
        invoice
        for invoice in scene.company.invoices.values()
        if invoice.credit_of and invoice.final_pay_date and invoice.final_pay_date < year_end
    )
    invoice = scene.company.invoices[credit.credit_of or 0]
    credit.credit_of, invoice.final_pay_date = None, None
    builder.after_import()
    receivables = builder.schedules()[0]
    named = {fault["document"]: fault["code"] for fault in receivables.faults}
    assert named == {str(credit.number): "credit-unclear"}
    shown = {item.document_number for item in receivables.items}
    assert {str(credit.number), str(invoice.number)} <= shown


def test_a_file_has_no_sub_ledger_and_gives_no_schedule(builder: Builder) -> None:
    event = builder.do_import()
    builder.scene.change(Engagement, builder.scene.engagement_id, data_source="sie")
    assert builder.deliver(event) == []
    assert builder.ask(builder.scene.engagement().year_end) == []
    assert builder.schedules() == []
    assert builder.built() == []
    assert builder.scene.dead_letters() == []


def test_a_sub_ledger_that_the_connection_may_not_see_is_left_out_and_the_other_built(builder: Builder) -> None:
    event = builder.do_import()
    tenant = builder.scene.sandbox.state.tenants[builder.scene.company.database_number]
    tenant.unlicensed = {"supplierinvoice"}
    builder.deliver(event)
    assert [schedule.kind for schedule in builder.schedules()] == ["receivables"]
    tenant.unlicensed = set()
    builder.ask(builder.scene.engagement().year_end)
    assert [schedule.kind for schedule in builder.schedules()] == ["receivables", "payables"]


def test_when_no_sub_ledger_may_be_seen_a_dead_letter_says_why(builder: Builder) -> None:
    event = builder.do_import()
    tenant = builder.scene.sandbox.state.tenants[builder.scene.company.database_number]
    tenant.unlicensed = {"payment"}
    builder.deliver(event)
    assert builder.schedules() == []
    assert [letter.reason_code for letter in builder.scene.dead_letters()] == ["licence-missing"]


def test_a_long_reading_goes_in_slices_and_ends_as_a_short_one(builder: Builder) -> None:
    event = builder.do_import()
    slices = [builder.deliver(event, singles_per_slice=1)]
    while next_slice := [each for each in builder.scene.due_events() if each.name == "import-completed"]:
        assert builder.schedules() == []
        slices.append(builder.deliver(next_slice[0], singles_per_slice=1))
    singles = [
        [call for call in calls if "?" not in call and "/3/" in call and "predefined" not in call] for calls in slices
    ]
    assert [len(calls) for calls in singles] == [1] * len(slices)
    assert len(slices) > 2
    assert [what for schedule in builder.schedules() for what in differs(builder.scene, schedule)] == []


def test_a_rate_limit_in_the_middle_is_waited_for_and_loses_nothing(builder: Builder) -> None:
    event = builder.do_import()
    builder.scene.sandbox.state.faults.add(FaultRule("429", path="/3/supplierinvoices*"))
    builder.deliver(event)
    assert builder.schedules() == []
    assert builder.scene.due_events() == []
    builder.scene.clock.advance(timedelta(hours=2))
    [again] = [each for each in builder.scene.due_events() if each.id == event.id]
    builder.deliver(again)
    assert [what for schedule in builder.schedules() for what in differs(builder.scene, schedule)] == []


def test_the_plan_of_a_reading_is_one_line_of_the_log(builder: Builder) -> None:
    event = builder.do_import()
    with capture_logs() as lines:
        calls = builder.deliver(event)
    [line] = [line for line in lines if line["event"] == "subledgers_read"]
    company = builder.scene.company
    assert line["documents"] == len(company.invoices) + len(company.supplier_invoices)
    assert line["payments"] == len(company.invoice_payments) + len(company.supplier_payments)
    assert line["requests"] == len(calls)
    assert line["singles"] == len(calls) - 6
    assert line["left"] == 0


def test_credit_notes_that_credit_each_other_are_named_and_stay(builder: Builder) -> None:
    scene = builder.scene
    year_end = scene.engagement().year_end
    notes = [
        invoice
        for invoice in scene.company.invoices.values()
        if invoice.total_minor < 0 and invoice.booked and invoice.invoice_date <= year_end
    ]
    first, second = notes[-2:]
    for note, other in ((first, second), (second, first)):
        note.credit_of, note.final_pay_date = other.number, year_end
        note.total_minor -= 7  # no invoice has so much left
    builder.after_import()
    receivables = builder.schedules()[0]
    named = {fault["document"]: fault["code"] for fault in receivables.faults}
    assert {number: named.get(number) for number in (str(first.number), str(second.number))} == {
        str(first.number): "credit-loop",
        str(second.number): "credit-loop",
    }
    assert not receivables.complete
    assert {str(first.number), str(second.number)} <= {item.document_number for item in receivables.items}
