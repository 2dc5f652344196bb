"""Bringing a sub-ledger up to date with few requests: it always ends as a whole reading does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.sandbox.company import Payment as SandboxPayment
from services.scheduler.accounts import BAS_DEFAULT, Kind
from services.scheduler.fetch import Before, SubledgerReader
from services.scheduler.handlers import OVERLAP
from services.scheduler.ledger import read_ledger
from services.scheduler.subledger import Subledger
from tests.integration.scheduler.building import Builder
from tests.integration.scheduler.test_known_at import open_invoice
from tests.scene import Scene

UNREAD = Before(Subledger([], []))


class Reading:
    """One reading of the receivables; lists are brought up to date however short they are."""

    def __init__(self, scene: Scene, before: Before, kind: Kind = "receivables") -> None:
        with scene.store.read() as session:
            ledger = read_ledger(session, scene.engagement_id, kind, BAS_DEFAULT[kind], run=1)
        with scene.access.open(scene.engagement_id, "bulk", renew=False) as client:
            years = {year.id: year.from_date for year in client.financial_years()}
        reader = SubledgerReader(kind, years, singles_allowed=500, whole_up_to=0)
        requests = reader.requests
        with scene.access.open(
            scene.engagement_id, "bulk", renew=False, on_request=requests.note, on_unreadable=reader.note_unreadable
        ) as client:
            found = reader.read(client, ledger, before)
        self.before = Before(found, scene.sandbox.state.clock.now() - OVERLAP)
        self.found = {*found.documents, *found.payments}
        self.plan = dict(requests.plan)
        self.faults = [fault.document for fault in reader.faults]


@pytest.fixture
def scene(builder: Builder) -> Scene:
    builder.do_import()
    return builder.scene


def later(scene: Scene) -> None:
    scene.sandbox.state.clock.advance(timedelta(days=1).total_seconds())


def add_payment(scene: Scene, invoice: int) -> None:
    scene.desk.add_payment("customer", invoice, scene.engagement().year_end, 100_00, booked=True)


def change_payment(scene: Scene, invoice: int) -> None:
    payment = booked_payment(scene)
    scene.desk.change_payment("customer", payment.number, payment.amount_ore - 1_00)


def delete_payment(scene: Scene, invoice: int) -> None:
    scene.desk.delete_payment("customer", booked_payment(scene).number)


def delete_one_payment_and_add_another(scene: Scene, invoice: int) -> None:
    delete_payment(scene, invoice)
    add_payment(scene, invoice)


def change_a_payment_in_silence(scene: Scene, invoice: int) -> None:
    """The invoice does not say that it has changed."""
    payment = booked_payment(scene)
    payment.amount_ore = payment.amount_minor = payment.amount_ore - 1_00
    payment.modified = scene.sandbox.state.clock.now()


def settle_an_invoice_in_silence(scene: Scene, invoice: int) -> None:
    record = scene.company.invoices[invoice]
    record.balance_minor, record.final_pay_date = 0, scene.engagement().year_end


def booked_payment(scene: Scene) -> SandboxPayment:
    year = scene.engagement().year_end.year
    return next(
        payment
        for payment in scene.company.invoice_payments.values()
        if payment.booked and payment.currency == "SEK" and not payment.write_offs and payment.date.year == year
    )


CHANGED = {"invoices changed": 1, "invoices counted": 2, "invoice payments changed": 1, "invoice payments counted": 1}


def test_of_an_unchanged_sub_ledger_changes_and_counts_are_asked_for_and_nothing_else(scene: Scene) -> None:
    first = Reading(scene, UNREAD)
    later(scene)
    second = Reading(scene, first.before)
    assert second.plan == CHANGED
    assert second.found == first.found
    assert {"invoices", "invoice payments"} <= first.plan.keys()


@pytest.mark.parametrize(
    ("edit", "read_whole"),
    [
        (add_payment, set()),
        (change_payment, set()),
        (delete_payment, {"invoice payments"}),
        (delete_one_payment_and_add_another, {"invoice payments"}),
        (change_a_payment_in_silence, {"invoices"}),
        (settle_an_invoice_in_silence, {"invoices"}),
    ],
)
def test_whatever_happens_between_two_readings_the_second_ends_as_a_whole_one(
    edit: Callable[[Scene, int], None], read_whole: set[str], builder: Builder, scene: Scene
) -> None:
    first = Reading(scene, UNREAD)
    later(scene)
    edit(scene, open_invoice(builder))
    second = Reading(scene, first.before)
    assert second.plan.keys() & {"invoices", "invoice payments"} == read_whole
    assert second.found == Reading(scene, UNREAD).found
    assert second.found != first.found


def test_a_changed_document_that_cannot_be_read_is_named_once(scene: Scene) -> None:
    first = Reading(scene, UNREAD)
    later(scene)
    add_payment(scene, number := next(iter(scene.company.invoices)))
    scene.desk.spoil(f"invoices/{number}", {"Total": "mycket"})
    second = Reading(scene, first.before)
    assert second.faults == [f"invoice {number}"]
    assert str(number) not in {document.number for document in second.before.subledger.documents}


def test_of_namesakes_a_list_is_read_whole(scene: Scene) -> None:
    number, other = list(scene.company.invoices)[:2]
    scene.desk.spoil(f"invoices/{other}", {"DocumentNumber": str(number)})
    first = Reading(scene, UNREAD)
    second = Reading(scene, first.before)
    assert second.plan["invoices"] == 1
    assert [document.number for document in second.before.subledger.documents].count(str(number)) == 2
    assert second.found == first.found
