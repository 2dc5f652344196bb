"""Exports from the event to the vouchers in Fortnox."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from sqlalchemy import select

from services.sandbox.faults import FaultRule
from shared.connections.states import waiting_for_reconnect
from shared.messaging.consumer import LONGEST_OUTAGE
from shared.messaging.events import Event, ExportFinished, ExportRequested
from shared.messaging.outbox import release
from shared.store.adjustments import ExportLease
from shared.store.connections import Connection
from shared.store.firms import AuditEntry
from tests.integration.exporter.closing import Closing, body_of, texts
from tests.scene import names


def outcome_of(events: list[Event], name: str) -> ExportFinished:
    (event,) = [event for event in events if event.name == name]
    assert isinstance(event.payload, ExportFinished)
    return event.payload


def test_v_and_s_adjustments_go_to_their_own_series_in_their_order(closing: Closing) -> None:
    closing.adjust("S", 1, text="Årets skatt", debit="8910")
    closing.adjust("V", 2, text="Upplupen hyra – kvartal 4")
    cost_center = next(iter(closing.scene.company.cost_centers))
    closing.adjust("V", 1, text="Elkostnad", cost_center=cost_center)
    closing.deliver(closing.plan())

    events = closing.scene.due_events()
    assert outcome_of(events, "export-completed").counts == {
        "posted": 3,
        "refused": 0,
        "needs-human": 0,
        "files-connected": 0,
        "files-refused": 0,
        "files-needs-human": 0,
    }
    booked = closing.booked()
    assert [voucher.series for voucher in booked] == ["A", "A", "I"]
    assert texts(booked) == ["Elkostnad", "Upplupen hyra – kvartal 4", "Årets skatt"]
    assert (booked[0].rows[0].text, booked[0].rows[0].cost_center) == ("rad av V1", cost_center)
    assert booked[0].comments == f"Bokslutshändelse V1, {closing.vouchers()[0].marker}"
    closing.expect_each_once(3)
    assert {voucher.adjustment.status for voucher in closing.vouchers()} == {"transferred"}
    assert closing.export().requests == len(closing.scene.journal())
    assert all("financialyear=1" in call for call in closing.scene.journal() if "/3/vouchers" in call)


def test_the_end_of_an_export_is_in_the_audit_log_and_its_leases_are_free(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.deliver(closing.plan())
    with closing.scene.store.read() as session:
        (entry,) = session.scalars(select(AuditEntry))
        lease = session.get_one(ExportLease, closing.scene.company.database_number)
    assert (entry.actor, entry.action, entry.details["posted"]) == ("anna", "export-completed", 1)
    assert (lease.owner, closing.export().lease_owner, closing.export().lease_until) == (None, None, None)


def test_an_event_with_series_alone_exports_everything_that_is_not_transferred(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.adjust("S", 1)
    closing.scene.send("export-requested", ExportRequested(series={"V": "A"}))
    closing.finish()
    closing.expect_each_once(1)
    with closing.scene.store.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == ["export-requested", "export-completed"]
    closing.scene.send("export-requested", ExportRequested(series={"V": "A", "S": "I"}))
    closing.finish()
    assert [voucher.adjustment.kind for voucher in closing.vouchers()] == ["S"]
    assert len(closing.booked()) == 2


def test_a_request_that_cannot_be_planned_ends_as_a_failed_export_and_no_dead_letter(closing: Closing) -> None:
    closing.scene.send("export-requested", ExportRequested(series={"V": "A"}))
    events = closing.scene.pump({"export-requested": closing.exporter()})
    assert outcome_of(events, "export-failed").reason_code == "nothing-to-export"
    closing.scene.send("export-requested", ExportRequested())
    events = closing.scene.pump({"export-requested": closing.exporter()})
    assert outcome_of(events, "export-failed").reason_code == "series-invalid"
    assert closing.scene.dead_letters() == []


def test_bad_vouchers_are_refused_with_reasons_while_the_others_go(closing: Closing) -> None:
    closing.scene.company.locked_until = date(2025, 6, 30)
    closing.adjust("V", 1, day=date(2025, 6, 30))
    closing.adjust("V", 2, debit="1010")
    closing.adjust("V", 3, debit="9998")
    closing.adjust("V", 4, day=date(2026, 1, 1))
    closing.adjust("V", 5, cost_center="NOSUCH")
    closing.adjust("V", 6)
    closing.adjust("S", 1)
    closing.deliver(closing.plan({"V": "A", "S": "B"}))
    assert closing.states() == [
        ("refused", "period-locked"),
        ("refused", "account-inactive"),
        ("refused", "account-not-found"),
        ("refused", "date-outside-year"),
        ("refused", "cost-center-unknown"),
        ("posted", None),
        ("refused", "series-not-manual"),
    ]
    assert closing.export().state == "completed"
    assert closing.vouchers()[0].reason == "Fortnox is locked up to 2025-06-30"
    assert [voucher.adjustment.status for voucher in closing.vouchers()][4:6] == ["refused", "transferred"]
    closing.expect_each_once(1)
    posts = [call for call in closing.scene.journal() if call.startswith("POST")]
    assert len(posts) == 1  # the preflight kept the others from ever leaving


def test_what_only_fortnox_can_judge_is_refused_in_its_words(closing: Closing) -> None:
    """A connection from before cost centres were read: nobody here knows which there are."""
    closing.scene.sandbox.state.tenants[closing.scene.company.database_number].unlicensed = {"costcenter"}
    closing.adjust("V", 1, cost_center="NOSUCH")
    closing.adjust("V", 2)
    closing.deliver(closing.plan())
    assert closing.states() == [("refused", "fortnox-refused"), ("posted", None)]
    closing.expect_each_once(1)


def test_the_same_event_five_times_has_one_effect(closing: Closing) -> None:
    closing.adjust("V", 1)
    event = closing.plan()
    for _ in range(5):
        closing.deliver(event)
    closing.expect_each_once(1)
    assert names(closing.scene.due_events()).count("export-completed") == 1


def test_an_export_waits_while_another_one_posts_to_the_same_company(closing: Closing) -> None:
    closing.adjust("V", 1)
    event = closing.plan()
    tenant_id = closing.scene.company.database_number
    until = closing.scene.clock.now() + timedelta(minutes=1)
    with closing.scene.store.write() as session:
        session.add(ExportLease(tenant_id=tenant_id, owner=uuid4(), until=until))
    closing.deliver(event)
    assert (closing.export().state, closing.export().reason_code) == ("waiting", "tenant-busy")
    assert closing.booked() == []
    closing.scene.clock.advance(timedelta(minutes=1))
    closing.finish()
    closing.expect_each_once(1)


def test_a_long_export_goes_in_slices(closing: Closing) -> None:
    for number in range(1, 6):
        closing.adjust("V", number)
    consumer = closing.exporter(slice_time=timedelta(0))
    consumer.receive(body_of(closing.plan()))
    assert [state for state, _ in closing.states()] == ["posted", *["planned"] * 4]
    events = closing.scene.pump({"export-requested": consumer})
    assert names(events).count("export-requested") == 4
    assert [voucher.fortnox_number for voucher in closing.vouchers()] == sorted(
        voucher.number for voucher in closing.booked()
    )
    closing.expect_each_once(5)


def test_another_engagements_export_is_not_found(closing: Closing) -> None:
    closing.adjust("V", 1)
    event = closing.plan()
    closing.scene.change(type(closing.export()), closing.export().id, engagement_id=_second_engagement(closing))
    closing.deliver(event)
    (letter,) = closing.scene.dead_letters()
    assert letter.reason_code == "not-found"
    assert closing.export().state == "queued"


def test_a_lost_connection_lets_the_export_wait_until_the_client_is_connected_again(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.scene.change(Connection, closing.scene.connection_id, state="lost", state_reason="revoked in Fortnox")
    closing.deliver(closing.plan())
    assert (closing.export().state, closing.export().reason_code) == ("waiting", "reconnect-needed")
    closing.scene.reconnect()
    with closing.scene.store.write() as session:
        release(session, waiting_for_reconnect(closing.scene.connection_id), closing.scene.clock.now())
    closing.finish()
    closing.expect_each_once(1)


def test_an_export_never_posts_to_another_company_than_the_clients(closing: Closing) -> None:
    """The accountant connects again and picks another company; the export goes on before the importer has looked."""
    closing.adjust("V", 1)
    event = closing.plan()
    organisation_number, closing.scene.company.organisation_number = closing.scene.company.organisation_number, "other"
    closing.deliver(event)
    assert (closing.export().state, closing.export().reason_code) == ("waiting", "reconnect-needed")
    assert closing.states() == [("planned", None)]
    assert closing.scene.journal() == ["GET /3/companyinformation"]
    closing.scene.company.organisation_number = organisation_number
    with closing.scene.store.write() as session:
        release(session, waiting_for_reconnect(closing.scene.connection_id), closing.scene.clock.now())
    closing.finish()
    closing.expect_each_once(1)


def test_an_export_that_may_not_book_fails_and_leaves_the_adjustments_to_the_next_one(closing: Closing) -> None:
    tenant = closing.scene.sandbox.state.tenants[closing.scene.company.database_number]
    tenant.unlicensed = {"bookkeeping"}
    closing.adjust("V", 1)
    closing.deliver(closing.plan())
    assert outcome_of(closing.scene.due_events(), "export-failed").counts["refused"] == 1
    assert closing.export().reason_code == "licence-missing"
    assert closing.scene.dead_letters() == []
    tenant.unlicensed = set()
    closing.deliver(closing.plan())
    closing.expect_each_once(1)


def test_a_rate_limit_on_the_way_leaves_the_voucher_planned_and_the_export_waiting(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.adjust("V", 2)
    closing.misbehave("429", nth=2)
    closing.deliver(closing.plan())
    assert closing.states() == [("posted", None), ("planned", None)]
    assert (closing.export().state, closing.export().reason_code) == ("waiting", "fortnox-rate-limited")
    closing.finish()
    closing.expect_each_once(2)


def test_an_export_is_given_up_when_fortnox_stays_away_and_the_next_one_takes_its_adjustments(closing: Closing) -> None:
    faults = closing.scene.sandbox.state.faults
    faults.add(FaultRule("500", path="/3/companyinformation", count=None))
    closing.adjust("V", 1)
    event = closing.plan()
    closing.deliver(event)
    assert (closing.export().state, closing.export().reason_code) == ("waiting", "fortnox-server-error")
    assert closing.export().waiting_until is not None
    closing.scene.clock.advance(LONGEST_OUTAGE)
    assert closing.finish().state == "failed"
    assert closing.states() == [("refused", "fortnox-server-error")]
    assert len(closing.scene.dead_letters()) == 1
    faults.clear()
    closing.deliver(closing.plan())
    closing.expect_each_once(1)


def _second_engagement(closing: Closing) -> object:
    scene = closing.scene
    engagement = scene.engagement()
    other = type(engagement)(
        firm_id=scene.firm_id,
        client_id=scene.client_id,
        year_end=date(2024, 12, 31),
        data_source="fortnox",
        created_at=scene.clock.now(),
    )
    with scene.store.write() as session:
        session.add(other)
    return other.id
