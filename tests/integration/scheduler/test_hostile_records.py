"""Records that no column holds: each is named as a fault of its document, or cut, and the database takes the rest."""

from __future__ import annotations

from typing import Any

import pytest

from services.sandbox.generator import generate
from tests.integration.scheduler.building import Builder
from tests.integration.scheduler.conftest import EVERY_CAUSE
from tests.integration.scheduler.test_slices import read_in_slices
from tests.scene import open_scene

LONG = "9" * 41
HALF_A_PAIR = "\ud800"
NAMED: tuple[dict[str, Any], ...] = (
    {"DocumentNumber": LONG},
    {"DocumentNumber": "17\0"},
    {"CustomerNumber": "K" * 41},
    {"CustomerNumber": f"K{HALF_A_PAIR}"},
    {"Currency": "E" * 41},
    {"Currency": "EU\0"},
    {"CurrencyUnit": 10**12},
    {"Total": 10**20},
    {"Currency": "EUR", "Total": 10**12, "CurrencyRate": "1000000"},
    {"VoucherSeries": "B\0"},
)
NAMED_PAYMENTS: tuple[dict[str, Any], ...] = (
    {"Number": "8" * 31},
    {"Number": "8\0"},
    {"InvoiceNumber": LONG},
    {"Amount": 10**20},
    {"Currency": "EUR", "Amount": 10**12, "CurrencyRate": "0.0000000001"},
)


def test_what_no_column_holds_is_named_or_cut(url: str) -> None:
    with open_scene(url, EVERY_CAUSE, generated=generate(EVERY_CAUSE)) as scene:
        builder = Builder(scene)
        invoices, payments = iter(scene.company.invoices), iter(scene.company.invoice_payments)
        for shown in NAMED:
            scene.desk.spoil(f"invoices/{next(invoices)}", shown)
        for shown in NAMED_PAYMENTS:
            scene.desk.spoil(f"invoicepayments/{next(payments)}", shown)
        year_end = scene.engagement().year_end
        unspoiled = set(invoices)
        open_ = scene.truth.open_items("receivables", year_end, "vouchers")
        renamed = next(item.number for item in open_ if item.number in unspoiled)
        scene.desk.spoil(f"invoices/{renamed}", {"CustomerName": f"A\0B{HALF_A_PAIR}{'o' * 1200}"})
        bill = next(item.number for item in scene.truth.open_items("payables", year_end, "vouchers"))
        scene.desk.spoil(f"supplierinvoices/{bill}", {"InvoiceNumber": "F\0" + "7" * 200, "SupplierName": "Ö" * 1200})

        read_in_slices(builder, builder.do_import(), 500)

        assert scene.dead_letters() == []
        receivables, payables = builder.schedules()
        unreadable = [fault for fault in receivables.faults if fault["code"] == "unreadable"]
        assert len(unreadable) == len(NAMED) + len(NAMED_PAYMENTS)
        assert all(fault["document"] and fault["reason"] for fault in unreadable)
        [item] = [item for item in receivables.items if item.document_number == str(renamed)]
        assert item.counterparty_name == "A\ufffdB\ufffd" + "o" * 996
        [item] = [item for item in payables.items if item.document_number == str(bill)]
        assert item.external_number == "F\ufffd" + "7" * 98
        assert item.counterparty_name == "Ö" * 1000
        assert payables.complete


@pytest.mark.parametrize("alike", [500, 501, 1_100])
def test_payments_alike_word_for_word_on_several_pages_count_once_and_are_named(builder: Builder, alike: int) -> None:
    scene = builder.scene
    total_ore = scene.truth.schedule_total("receivables", scene.engagement().year_end, "vouchers")
    lone = next(payment for payment in scene.company.invoice_payments.values() if payment.booked)
    for place in range(alike):
        scene.company.invoice_payments[10_000_000 + place] = lone  # one record in so many places of the list
    read_in_slices(builder, builder.do_import(), 500)
    assert scene.dead_letters() == []
    receivables, payables = builder.schedules()
    assert [(each["document"], each["code"]) for each in receivables.faults] == [(str(lone.number), "duplicate-number")]
    assert receivables.total_ore == total_ore
    assert payables.complete
