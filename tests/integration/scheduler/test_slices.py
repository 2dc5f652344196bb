"""A reading in several slices: it ends, it counts all that it took, and it names what it could not read."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from services.sandbox.company import Payment
from services.sandbox.faults import FaultRule
from services.scheduler.actors import routes
from shared.messaging.events import Event
from tests.integration.scheduler.building import Builder, differs
from tests.integration.scheduler.test_known_at import Interrupted, open_invoice
from tests.integration.scheduler.test_reading import HALF_AN_ORE

SLICES_AT_MOST = 40


def read_in_slices(builder: Builder, event: Event, singles_per_slice: int = 1) -> list[list[str]]:
    """Deliver the event and what follows from it until the schedules are built; return the calls of each slice."""
    slices = [builder.deliver(event, singles_per_slice=singles_per_slice)]
    while following := [each for each in builder.scene.due_events() if each.name == "import-completed"]:
        assert len(slices) < SLICES_AT_MOST
        slices.append(builder.deliver(following[0], singles_per_slice=singles_per_slice))
    return slices


def counted(calls: list[str]) -> Counter[str]:
    """The calls by the collection that they are about."""
    return Counter(call.removeprefix("GET /3/").partition("?")[0].partition("/")[0] for call in calls)


def stored(builder: Builder) -> Counter[str]:
    """What both schedules say about the requests; years and predefined accounts are in both."""
    names = {
        "invoices": "invoices",
        "supplier invoices": "supplierinvoices",
        "invoice payments": "invoicepayments",
        "supplier invoice payments": "supplierinvoicepayments",
    }
    sums: Counter[str] = Counter()
    for schedule in builder.schedules():
        side = {"receivables": "", "payables": "supplier"}[schedule.kind]
        for call, requests in schedule.source["plan"]:
            if call == "single payments":
                sums[f"{side}invoicepayments"] += requests
            elif call == "single credit notes":
                sums[f"{side}invoices"] += requests
            elif call in names:
                sums[names[call]] += requests
        assert schedule.source["requests"] == sum(requests for _, requests in schedule.source["plan"])
    return sums


def of_sub_ledgers(calls: list[str]) -> Counter[str]:
    sums = counted(calls)
    return Counter({name: sums[name] for name in sums if "invoice" in name})


def late_payment(builder: Builder, number: int, day: date, amount_ore: int) -> Payment:
    """A customer's payment whose voucher stands two days later, so that it has to be read singly."""
    payment = builder.scene.desk.add_payment("customer", number, day, amount_ore, booked=True)
    assert payment.voucher is not None
    builder.scene.company.vouchers[payment.voucher].date = day + timedelta(days=2)
    return payment


def test_the_plan_that_is_stored_is_that_of_all_slices(builder: Builder) -> None:
    slices = read_in_slices(builder, builder.do_import())
    assert len(slices) > 2
    calls = [call for each in slices for call in each]
    assert stored(builder) == of_sub_ledgers(calls)
    for schedule in builder.schedules():
        plan = dict(schedule.source["plan"])
        assert plan["financial years"] == plan["predefined accounts"] == len(slices)


def test_requests_of_attempts_that_were_broken_off_are_counted_too(builder: Builder) -> None:
    """The second slice ends at a rate limit, and the third with its worker."""
    scene = builder.scene
    calls = builder.deliver(builder.do_import(), singles_per_slice=1)
    [second] = [each for each in scene.due_events() if each.name == "import-completed"]
    scene.sandbox.state.faults.add(FaultRule("429", path="/3/supplierinvoices*"))
    calls += builder.deliver(second, singles_per_slice=1)
    scene.clock.advance(timedelta(hours=2))
    [third] = [each for each in scene.due_events() if each.id == second.id]

    def end() -> None:
        raise KeyboardInterrupt

    before = len(scene.journal())
    consumer = scene.consumer("scheduler", routes(Interrupted(**vars(scene.access), meanwhile=[end]), 1))
    with pytest.raises(KeyboardInterrupt):
        consumer.receive(third.model_dump_json(exclude_none=True).encode())
    calls += scene.journal()[before:]
    calls += [call for each in read_in_slices(builder, third) for call in each]
    refused = Counter(supplierinvoices=1)  # the journal has only what was answered by the books
    assert stored(builder) == of_sub_ledgers(calls) + refused
    assert [what for schedule in builder.schedules() for what in differs(scene, schedule)] == []


def test_payments_that_share_a_number_are_read_once_and_the_reading_ends(builder: Builder) -> None:
    """Of one number Fortnox gives one payment: the others were asked for again in every slice, for ever."""
    scene, number = builder.scene, open_invoice(builder)
    day = scene.engagement().year_end - timedelta(days=30)
    payments = [late_payment(builder, number, day - timedelta(days=place), 10_00 + place) for place in range(4)]
    lone = payments[0].number
    for payment in payments[1:]:
        scene.desk.spoil(f"invoicepayments/{payment.number}", {"Number": str(lone)})
    slices = read_in_slices(builder, builder.do_import())
    assert [call for each in slices for call in each].count(f"GET /3/invoicepayments/{lone}") == 1
    receivables = builder.schedules()[0]
    assert {(fault["document"], fault["code"]) for fault in receivables.faults} == {(str(lone), "duplicate-number")}
    [item] = [item for item in receivables.items if item.document_number == str(number)]
    assert item.settled_ore >= sum(payment.amount_ore for payment in payments)
    assert builder.after_import().count(f"GET /3/invoicepayments/{lone}") == 0


def test_what_cannot_be_read_singly_is_asked_for_once_and_named_after_every_import(builder: Builder) -> None:
    scene, number = builder.scene, open_invoice(builder)
    day = scene.engagement().year_end - timedelta(days=30)
    unreadable = [late_payment(builder, number, day - timedelta(days=place), 10_00 + place) for place in range(3)]
    for payment in unreadable:
        payment.amount_minor = HALF_AN_ORE  # only the single payment shows it
    names = {f"invoice payment {payment.number}" for payment in unreadable}
    calls = [call for each in read_in_slices(builder, builder.do_import()) for call in each]
    again = builder.after_import()
    for payment in unreadable:
        assert calls.count(f"GET /3/invoicepayments/{payment.number}") == 1
        assert again.count(f"GET /3/invoicepayments/{payment.number}") == 1
    of_receivables = [schedule for schedule in builder.schedules() if schedule.kind == "receivables"]
    assert [{fault["document"] for fault in schedule.faults} for schedule in of_receivables] == [names] * 2
    assert not any(schedule.complete for schedule in of_receivables)


def listed_and_gone(builder: Builder, count: int) -> list[str]:
    """Payments that are listed under numbers by which Fortnox has none, and that have to be read singly."""
    number = open_invoice(builder)
    day = builder.scene.engagement().year_end - timedelta(days=30)
    numbers = []
    for place in range(count):
        payment = late_payment(builder, number, day - timedelta(days=place), 10_00 + place)
        numbers.append(str(900_000 + place))
        builder.scene.desk.spoil(f"invoicepayments/{payment.number}", {"Number": numbers[-1]})
    return numbers


def test_what_is_listed_and_never_there_is_asked_for_once_and_named(builder: Builder) -> None:
    """Nine of them were more than an event has attempts."""
    gone = listed_and_gone(builder, 9)
    calls = [call for each in read_in_slices(builder, builder.do_import(), 500) for call in each]
    assert builder.scene.dead_letters() == []
    assert [calls.count(f"GET /3/invoicepayments/{number}") for number in gone] == [1] * 9
    receivables = builder.schedules()[0]
    assert {(fault["document"], fault["code"]) for fault in receivables.faults} == {
        (f"invoice payment {number}", "unreadable") for number in gone
    }
    assert not receivables.complete


def test_what_went_while_it_was_read_is_no_fault(builder: Builder) -> None:
    """The payment is deleted behind the list that still has it; the next slice lists anew."""
    [gone] = listed_and_gone(builder, 1)
    scene = builder.scene
    builder.deliver(builder.do_import(), singles_per_slice=500)
    [following] = [each for each in scene.due_events() if each.name == "import-completed"]
    spoiled = scene.sandbox.state.tenants[scene.company.database_number].spoiled
    [path] = [path for path, shown in spoiled.items() if shown == {"Number": gone}]
    scene.desk.delete_payment("customer", int(path.rpartition("/")[2]))
    read_in_slices(builder, following, 500)
    assert [schedule.faults for schedule in builder.schedules()] == [[], []]
