"""Thirty days from every import and export on; afterwards both wait, and go on when the client is connected again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from services.importer.runs import COMPLETED, WAITING
from services.sandbox.faults import FaultRule
from shared.connections.keeper import keep
from shared.connections.refusal import refuse
from shared.store.connections import Connection
from tests.integration.exporter.closing import Closing
from tests.integration.importer.importing import Importer
from tests.scene import Scene, open_scene

TOKEN_CALLS = "/oauth-v1/token"
THIRTY_DAYS = timedelta(days=30)
End = Callable[[Scene], None]


@pytest.fixture(params=["sqlite_url", "database_url"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with open_scene(request.getfixturevalue(request.param), year_end=date(2025, 12, 31)) as opened:
        opened.sandbox.state.journal.clear()
        yield opened


def renewals(scene: Scene) -> int:
    return sum(1 for entry in scene.sandbox.state.journal.entries() if entry["path"].startswith(TOKEN_CALLS))


def expire(scene: Scene) -> None:
    scene.clock.advance(THIRTY_DAYS)
    keep(scene.access)


def revoke(scene: Scene) -> None:
    with scene.store.write() as session:
        row = session.get_one(Connection, scene.connection_id)
        refuse(session, row, "consent-revoked", "taken back inside Fortnox", scene.clock.now())


def lose(scene: Scene) -> None:
    """The refresh token is dead at Fortnox; the run itself finds out."""
    scene.sandbox.state.grants.revoke_tenant(scene.company.database_number)


def test_an_import_moves_the_end_thirty_days_ahead_also_while_the_token_is_fresh(scene: Scene) -> None:
    scene.clock.advance(timedelta(minutes=10))
    assert Importer(scene).run().state == COMPLETED
    assert scene.connection().active_until == scene.clock.now() + THIRTY_DAYS
    assert renewals(scene) == 1


def test_an_export_moves_the_end_thirty_days_ahead_also_while_the_token_is_fresh(scene: Scene) -> None:
    closing = Closing(scene)
    closing.adjust("V", 1)
    scene.clock.advance(timedelta(minutes=10))
    closing.deliver(closing.plan())
    closing.expect_each_once(1)
    assert scene.connection().active_until == scene.clock.now() + THIRTY_DAYS
    assert renewals(scene) == 1


def test_reading_alone_does_not_move_the_end(scene: Scene) -> None:
    end = scene.connection().active_until
    scene.clock.advance(timedelta(minutes=10))
    with scene.access.open(scene.engagement_id, "interactive", renew=False) as fortnox:
        fortnox.company()
    assert scene.connection().active_until == end


@pytest.mark.parametrize(
    ("end", "state"), [(expire, "expired"), (revoke, "revoked"), (lose, "lost")], ids=["expired", "revoked", "lost"]
)
def test_an_import_waits_for_the_client_to_be_connected_again_and_then_goes_on(
    scene: Scene, end: End, state: str
) -> None:
    end(scene)
    importer = Importer(scene)
    row = importer.run()
    assert scene.connection().state == state
    assert (row.state, row.reason_code, row.waiting_until) == (WAITING, "reconnect-needed", None)
    assert row.reason is not None
    assert f"is {state}" in row.reason
    assert importer.go_on() == []
    scene.reconnect()
    keep(scene.access)
    importer.go_on()
    assert scene.imports()[-1].state == COMPLETED
    assert scene.dead_letters() == []


@pytest.mark.parametrize(
    ("end", "state"), [(expire, "expired"), (revoke, "revoked"), (lose, "lost")], ids=["expired", "revoked", "lost"]
)
def test_an_export_waits_for_the_client_to_be_connected_again_and_then_goes_on(
    scene: Scene, end: End, state: str
) -> None:
    closing = Closing(scene)
    closing.adjust("V", 1)
    closing.adjust("S", 1)
    end(scene)
    closing.deliver(closing.plan())
    assert scene.connection().state == state
    assert (closing.export().state, closing.export().reason_code) == ("waiting", "reconnect-needed")
    assert closing.booked() == []
    scene.reconnect()
    keep(scene.access)
    closing.finish()
    closing.expect_each_once(2)
    assert scene.dead_letters() == []


def test_an_import_that_meets_a_renewal_without_an_answer_waits_and_goes_on_by_itself(scene: Scene) -> None:
    scene.sandbox.state.faults.add(FaultRule("502", path=TOKEN_CALLS))
    importer = Importer(scene)
    row = importer.run()
    assert (row.state, row.reason_code) == (WAITING, "renewal-answer-lost")
    scene.change(Connection, scene.connection_id, lease_until=None)
    keep(scene.access)
    scene.clock.advance(timedelta(seconds=5))
    importer.go_on()
    assert scene.imports()[-1].state == COMPLETED
