"""A company that the importer has not checked is read by nobody else; what wanted to waits, and goes on after the check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from services.importer import actors as importer
from services.importer.runs import COMPLETED, WAITING
from services.sandbox.company import Company
from services.sandbox.generator import generate
from services.sandbox.truth import Truth
from shared.connections.states import waiting_for_reconnect
from shared.errors import Later
from shared.messaging.events import ConnectionAuthorized, SchedulesRequested
from shared.store.connections import Connection
from shared.store.engagements import Client
from shared.store.messages import OutboxMessage
from tests.integration.exporter.closing import Closing
from tests.integration.importer.importing import Importer
from tests.integration.scheduler.building import Builder
from tests.scene import SMALL, Scene, names, open_scene

OTHER_NUMBER = "556016-0680"


@pytest.fixture(scope="module")
def company() -> tuple[Company, Truth]:
    """Only read here."""
    return generate(SMALL)


@pytest.fixture
def scene(sqlite_url: str, company: tuple[Company, Truth]) -> Iterator[Scene]:
    """What waits does so before any SQL that could differ between databases."""
    with open_scene(sqlite_url, year_end=date(2025, 12, 31), generated=company) as opened:
        yield opened


def approve_anew(scene: Scene) -> None:
    """As the callback leaves the connection when another company than before was approved."""
    scene.change(Connection, scene.connection_id, company_name=None)
    scene.sandbox.state.journal.clear()


def check(scene: Scene) -> list[str]:
    """Let the importer look at the company, and all that waits go on."""
    scene.send("connection-authorized", ConnectionAuthorized(connection_id=scene.connection_id))
    consumer = scene.consumer("importer", importer.routes(scene.access))
    return names(scene.pump(dict.fromkeys(("connection-authorized", "import-requested"), consumer)))


def test_an_import_waits_for_the_check_and_goes_on_with_it(scene: Scene) -> None:
    approve_anew(scene)
    row = Importer(scene).run()
    assert (row.state, row.reason_code) == (WAITING, "company-unchecked")
    assert scene.journal() == []
    check(scene)
    assert [row.state for row in scene.imports()] == [COMPLETED]


def test_an_import_waits_on_when_the_company_turns_out_to_be_the_wrong_one(scene: Scene) -> None:
    approve_anew(scene)
    Importer(scene).run()
    scene.change(Client, scene.client_id, organisation_number=OTHER_NUMBER)
    check(scene)
    assert [row.state for row in scene.imports()] == [WAITING]
    assert scene.journal() == ["GET /3/companyinformation"]


def test_the_schedules_wait_for_the_check(scene: Scene) -> None:
    builder = Builder(scene)
    imported = builder.do_import()
    approve_anew(scene)
    assert builder.deliver(imported) == []
    assert builder.schedules() == []
    with scene.store.read() as session:
        waits = [row.waiting_for for row in session.query(OutboxMessage).where(OutboxMessage.sent_at.is_(None))]
    assert waiting_for_reconnect(scene.connection_id) in waits
    assert "import-completed" in check(scene)


def test_schedules_asked_for_by_hand_wait_for_the_check(scene: Scene) -> None:
    builder = Builder(scene)
    builder.do_import()
    approve_anew(scene)
    event = scene.send("schedules-requested", SchedulesRequested())
    assert builder.deliver(event) == []
    assert scene.dead_letters() == []


def test_an_export_waits_for_the_check(scene: Scene) -> None:
    closing = Closing(scene)
    closing.adjust("V", 1)
    approve_anew(scene)
    closing.deliver(closing.plan())
    assert (closing.export().state, closing.export().reason_code) == ("waiting", "company-unchecked")
    assert scene.journal() == []


def test_a_reading_that_is_under_way_does_not_go_on_in_another_company(scene: Scene) -> None:
    # The client is disconnected and connected to another company between two calls of a worker.
    with scene.access.open(scene.engagement_id, "interactive", renew=False) as fortnox:
        fortnox.company()
        scene.change(Connection, scene.connection_id, tenant_id=4711)
        with pytest.raises(Later, match="connection-changed"):
            fortnox.company()
