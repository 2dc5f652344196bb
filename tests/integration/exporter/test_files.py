"""Files go along with their vouchers, each once: into Fortnox' inbox, then onto the voucher."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.sandbox.company import FileConnection, StoredFile
from services.sandbox.faults import FaultKind
from shared.messaging.consumer import LONGEST_OUTAGE
from shared.messaging.events import ExportFinished
from tests.integration.exporter.closing import Closing
from tests.integration.exporter.conftest import Backup

UPLOAD, CONNECT = "/3/inbox", "/3/voucherfileconnections"
STEPS = [UPLOAD, CONNECT]


def adjusted(closing: Closing, *contents: str, number: int = 1) -> UUID:
    """Make an adjustment with a file for each content."""
    key = closing.adjust("V", number)
    for content in contents:
        closing.attach(key, f"{content}.pdf", content.encode())
    return key


def posts(closing: Closing, path: str) -> int:
    return sum(call.startswith(f"POST {path}") for call in closing.scene.journal())


def expect_each_hangs_once(closing: Closing, *contents: str) -> None:
    voucher = closing.booked()[-1]
    assert closing.hanging() == sorted((f"A{voucher.number}", content) for content in contents)
    assert closing.inbox() == []
    assert closing.file_states() == [("connected", None)] * len(contents)


def test_files_are_uploaded_under_their_marked_names_and_hang_on_their_vouchers(closing: Closing) -> None:
    closing.attach(closing.adjust("V", 1), "Hyresavi “kvartal 4”.pdf", b"hyra")
    adjusted(closing, "el", "vatten", number=2)
    closing.adjust("V", 3)
    closing.deliver(closing.plan())

    (finished,) = [event.payload for event in closing.scene.due_events() if event.name == "export-completed"]
    assert isinstance(finished, ExportFinished)
    assert finished.counts == {
        "posted": 3,
        "refused": 0,
        "needs-human": 0,
        "files-connected": 3,
        "files-refused": 0,
        "files-needs-human": 0,
    }
    first, second, _ = closing.booked()
    assert closing.hanging() == sorted(
        [(f"A{first.number}", "hyra"), (f"A{second.number}", "el"), (f"A{second.number}", "vatten")]
    )
    document = closing.vouchers()[0].marker.split("-")[1]
    (stored,) = [file for file in closing.scene.company.files.values() if file.content == b"hyra"]
    assert stored.name == closing.files()[0].name
    assert stored.name.startswith(f"Hyresavi ’kvartal 4’ (FP-{document}-")
    assert stored.name.endswith(").pdf")
    looks = [
        call for call in closing.scene.journal() if (call.startswith("GET") and "inbox" in call) or "page=" in call
    ]
    assert sum("inbox" in call or "fileconnections" in call for call in looks) == 2  # each read once


@pytest.mark.parametrize("path", STEPS)
@pytest.mark.parametrize("kind", ["cut-after-commit", "truncated-body"])
def test_a_step_that_was_taken_without_an_answer_is_found_at_once(closing: Closing, path: str, kind: FaultKind) -> None:
    adjusted(closing, "a", "b")
    closing.misbehave(kind, path=path)
    closing.deliver(closing.plan())
    assert closing.finish().state == "completed"
    expect_each_hangs_once(closing, "a", "b")
    assert (posts(closing, UPLOAD), posts(closing, CONNECT)) == (2, 2)


@pytest.mark.parametrize("path", STEPS)
@pytest.mark.parametrize("kind", ["cut-before-commit", "500", "502"])
def test_a_step_that_was_not_taken_is_repeated_after_two_looks(closing: Closing, path: str, kind: FaultKind) -> None:
    adjusted(closing, "a", "b")
    closing.misbehave(kind, path=path)
    closing.deliver(closing.plan())
    assert [state for state, _ in closing.file_states()] == ["unknown", "connected"]
    assert (closing.states(), closing.statuses()) == ([("posted", None)], {"V1": "transferred"})
    export = closing.export()
    assert (export.state, export.reason_code) == ("waiting", "outcome-unknown")
    assert export.waiting_until == closing.scene.clock.now() + timedelta(seconds=120)

    closing.scene.clock.advance(timedelta(seconds=120))
    closing.scene.step({"export-requested": closing.exporter()})
    assert (closing.files()[0].state, closing.files()[0].misses) == ("unknown", 1)
    assert posts(closing, path) == 1  # what was cut off before is not in the journal
    assert closing.finish().state == "completed"
    expect_each_hangs_once(closing, "a", "b")
    assert posts(closing, path) == 2


@pytest.mark.parametrize("path", STEPS)
def test_a_file_that_never_arrives_goes_to_a_human_and_its_voucher_is_posted(closing: Closing, path: str) -> None:
    adjusted(closing, "a")
    closing.misbehave("cut-before-commit", path=path, count=None)
    closing.deliver(closing.plan())
    assert closing.finish().state == "completed"
    assert (closing.states(), closing.file_states()) == ([("posted", None)], [("needs-human", "never-found")])
    assert closing.files()[0].attempts == 3


def test_a_rate_limit_on_the_way_leaves_the_file_to_the_next_slice(closing: Closing) -> None:
    adjusted(closing, "a", "b")
    closing.misbehave("429", path=CONNECT)
    closing.deliver(closing.plan())
    assert closing.file_states() == [("uploaded", None), ("planned", None)]
    assert (closing.export().state, closing.export().reason_code) == ("waiting", "fortnox-rate-limited")
    closing.finish()
    expect_each_hangs_once(closing, "a", "b")
    assert posts(closing, UPLOAD) == 2


def test_files_go_in_slices_too(closing: Closing) -> None:
    adjusted(closing, "a", "b", "c")
    consumer = closing.exporter(slice_time=timedelta(0))
    event = closing.plan()
    consumer.receive(event.model_dump_json(exclude_none=True).encode())
    assert [state for state, _ in closing.file_states()] == ["connected", "planned", "planned"]
    closing.scene.pump({"export-requested": consumer})
    expect_each_hangs_once(closing, "a", "b", "c")


def test_a_refused_file_is_named_and_the_others_go(closing: Closing) -> None:
    key = adjusted(closing, "a", "b")
    closing.attach(key, "program.exe", b"MZ")
    closing.deliver(closing.plan())
    assert closing.file_states() == [("connected", None), ("connected", None), ("refused", "fortnox-refused")]
    assert "Filtypen stöds inte" in (closing.files()[2].reason or "")
    assert (closing.states(), closing.export().state) == ([("posted", None)], "completed")


@pytest.mark.parametrize("scope", ["inbox", "connectfile"])
def test_without_the_right_to_send_files_the_vouchers_go_and_the_files_say_why(closing: Closing, scope: str) -> None:
    tenant = closing.scene.sandbox.state.tenants[closing.scene.company.database_number]
    tenant.unlicensed = {scope}
    adjusted(closing, "a", "b")
    adjusted(closing, "c", number=2)
    closing.deliver(closing.plan())
    assert closing.states() == [("posted", None)] * 2
    assert closing.file_states() == [("refused", "licence-missing")] * 3
    assert closing.export().state == "completed"


def test_the_files_of_a_refused_voucher_stay_at_home(closing: Closing) -> None:
    closing.attach(closing.adjust("V", 1, debit="1010"), "a.pdf", b"a")
    closing.deliver(closing.plan())
    assert closing.states() == [("refused", "account-inactive")]
    assert closing.file_states() == [("refused", "voucher-refused")]
    assert (closing.inbox(), closing.hanging()) == ([], [])


def test_when_fortnox_stays_away_the_files_are_given_up_and_the_vouchers_stay_posted(closing: Closing) -> None:
    adjusted(closing, "a", "b")
    closing.misbehave("cut-before-commit", path=CONNECT)
    closing.misbehave("500", path="/3/inbox/inbox_v", method="GET", nth=2, count=None)
    closing.misbehave("500", path=f"{CONNECT}/*", method="GET", count=None)
    closing.deliver(closing.plan())
    closing.scene.clock.advance(LONGEST_OUTAGE)
    assert closing.finish().state == "failed"
    assert closing.states() == [("posted", None)]
    assert [state for state, _ in closing.file_states()] == ["needs-human", "connected"]


def test_after_an_undo_the_files_go_with_the_new_voucher_too(closing: Closing) -> None:
    adjusted(closing, "a")
    closing.deliver(closing.plan())
    closing.deliver(closing.undo())
    assert closing.files() == []
    closing.deliver(closing.plan())
    old, new = closing.booked()
    assert closing.hanging() == [(f"A{old.number}", "a"), (f"A{new.number}", "a")]


@pytest.mark.parametrize("moment", ["before the export", "before it was carried out"])
def test_files_that_the_database_has_forgotten_are_recognised_by_what_is_in_them(
    closing: Closing, backup: Backup, moment: str
) -> None:
    """A connected file has lost its name; a person's own file on the same voucher is none of ours."""
    save, restore = backup
    adjusted(closing, "a", "b")
    if moment == "before the export":
        save()
    event = closing.plan()
    if moment == "before it was carried out":
        save()
    closing.deliver(event)
    company, voucher = closing.scene.company, closing.booked()[0]
    company.files["their-own"] = StoredFile("their-own", "x.pdf", b"theirs", "archive", "stored-x")
    company.file_connections.insert(0, FileConnection("their-own", 1, "A", voucher.number))
    restore()
    closing.deliver(closing.plan() if moment == "before the export" else event)
    assert closing.states() == [("posted", None)]
    assert closing.file_states() == [("connected", None)] * 2
    assert sorted(content for _, content in closing.hanging()) == ["a", "b", "theirs"]
    assert (posts(closing, UPLOAD), posts(closing, CONNECT)) == (2, 2)


def test_a_file_that_waits_in_the_inbox_is_taken_from_there_after_a_restore(closing: Closing, backup: Backup) -> None:
    save, restore = backup
    adjusted(closing, "a")
    event = closing.plan()
    save()
    closing.misbehave("cut-before-commit", path=CONNECT)
    closing.deliver(event)
    assert len(closing.inbox()) == 1
    restore()
    closing.deliver(event)
    expect_each_hangs_once(closing, "a")
    assert posts(closing, UPLOAD) == 1


def test_what_may_not_be_opened_after_a_restore_is_shown_to_a_human(closing: Closing, backup: Backup) -> None:
    save, restore = backup
    adjusted(closing, "a")
    save()
    closing.deliver(closing.plan())
    restore()
    closing.scene.sandbox.state.tenants[closing.scene.company.database_number].unlicensed = {"archive"}
    closing.deliver(closing.plan())
    assert (closing.states(), closing.file_states()) == ([("posted", None)], [("needs-human", "file-unreadable")])
    assert posts(closing, UPLOAD) == 1


def test_two_files_of_one_name_in_the_inbox_are_shown_to_a_human(closing: Closing) -> None:
    adjusted(closing, "a")
    closing.misbehave("cut-after-commit", path=UPLOAD)
    closing.misbehave("500", path="/3/inbox/inbox_v", method="GET", nth=2)
    closing.deliver(closing.plan())
    assert closing.file_states() == [("unknown", "fortnox-answer-lost")]
    (uploaded,) = closing.scene.company.files.values()
    closing.scene.company.files["copy"] = StoredFile("copy", uploaded.name, b"a", "inbox_v", "stored-copy")
    closing.finish()
    assert closing.file_states() == [("needs-human", "several-files-found")]


def test_a_file_that_a_person_has_hung_on_another_voucher_is_shown_to_a_human(closing: Closing) -> None:
    adjusted(closing, "a")
    closing.misbehave("429", path=CONNECT)
    closing.deliver(closing.plan())
    (uploaded,) = closing.scene.company.files.values()
    uploaded.folder = "archive"
    closing.scene.company.file_connections.append(FileConnection(uploaded.id, 1, "A", 1))
    closing.finish()
    assert closing.file_states() == [("needs-human", "file-on-other-voucher")]


def test_a_file_that_another_program_has_hung_twice_on_its_voucher_keeps_nobody_from_sending(closing: Closing) -> None:
    """Fortnox' list then has the same connection twice, which is no sign that the list has moved while it was read."""
    company = closing.scene.company
    year, series, number = next(iter(company.vouchers))
    company.files["scan"] = StoredFile("scan", "scan.pdf", b"scan", "archive", "scan")
    company.file_connections += [FileConnection("scan", year, series, number)] * 2
    adjusted(closing, "hyra")
    closing.deliver(closing.plan())
    assert closing.file_states() == [("connected", None)]
