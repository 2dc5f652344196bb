"""What ends an import, and what only makes it wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from uuid6 import uuid7

from services.importer.actors import routes
from services.importer.runs import COMPLETED, FAILED, WAITING
from services.sandbox.faults import FaultKind, FaultRule
from services.sandbox.grants import Client as Integration
from shared.connections.grants import bound_to
from shared.connections.keeper import keep
from shared.connections.states import ACTIVE, AUTHORIZATION_CODE, LOST, REVOKED, waiting_for_reconnect
from shared.fortnox import InvalidGrant, OAuthClient
from shared.messaging.consumer import LONGEST_OUTAGE
from shared.messaging.events import ConnectionAuthorized, Event, ImportRequested
from shared.messaging.outbox import release
from shared.store.connections import Connection
from shared.store.engagements import Client, Engagement
from shared.store.firms import AuditEntry, Firm
from tests.integration.importer.importing import Importer
from tests.scene import REDIRECT_URI, names

OTHER_NUMBER = "556016-0680"


@pytest.fixture
def url(sqlite_url: str) -> str:
    """What is refused is refused before any SQL that could differ; PostgreSQL has its turn in the other modules."""
    return sqlite_url


def assert_nothing_stored(importer: Importer) -> None:
    assert set(importer.facts().values()) == {(0, 0)}
    assert importer.scene.engagement().last_run == 0


def refresh_token(importer: Importer) -> str:
    row = importer.scene.connection()
    assert row.refresh_token is not None
    return importer.scene.access.vault.open(row.refresh_token, bound_to(row.id, "refresh_token"))


def authorize_the_wrong_company(importer: Importer) -> Event:
    scene = importer.scene
    scene.change(Client, scene.client_id, organisation_number=OTHER_NUMBER)
    return scene.send("connection-authorized", ConnectionAuthorized(connection_id=scene.connection_id))


def add_another_firms_connection(importer: Importer, state: str) -> None:
    """As when two firms work in the same company in Fortnox."""
    scene, now = importer.scene, importer.scene.clock.now()
    firm = Firm(id=uuid7(), name="Den andra byrån AB", created_at=now)
    client = Client(id=uuid7(), firm_id=firm.id, organisation_number=OTHER_NUMBER, name="Bolaget AB", created_at=now)
    engagement = Engagement(
        id=uuid7(),
        firm_id=firm.id,
        client_id=client.id,
        year_end=date(2025, 12, 31),
        data_source="fortnox",
        created_at=now,
    )
    connection = Connection(
        id=uuid7(),
        firm_id=firm.id,
        client_id=client.id,
        engagement_id=engagement.id,
        state=state,
        grant_type=AUTHORIZATION_CODE,
        tenant_id=scene.connection().tenant_id,
        scopes=[],
        created_at=now,
    )
    with scene.store.write() as session:
        for row in (firm, client, engagement, connection):
            session.add(row)
            session.flush()


def audit(importer: Importer) -> list[AuditEntry]:
    with importer.scene.store.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_a_connection_into_another_company_is_revoked_at_fortnox_and_nothing_is_imported(importer: Importer) -> None:
    scene, token = importer.scene, refresh_token(importer)
    authorize_the_wrong_company(importer)
    assert names(importer.go_on()) == ["connection-authorized", "connection-lost"]
    connection = scene.connection()
    assert (connection.state, connection.state_code) == (REVOKED, "wrong-company")
    assert connection.state_reason is not None
    assert OTHER_NUMBER in connection.state_reason
    assert scene.company.organisation_number in connection.state_reason
    assert (connection.access_token, connection.refresh_token) == (None, None)
    with pytest.raises(InvalidGrant):
        scene.access.oauth.refresh(token)
    assert scene.imports() == []
    assert scene.dead_letters() == []
    assert [(entry.actor, entry.action) for entry in audit(importer)] == [
        ("importer", "connection-revoked"),
        ("importer", "connection-consent-taken-back"),
    ]


@pytest.mark.parametrize("other_state", [ACTIVE, LOST])
def test_the_wrong_companys_consent_is_only_forgotten_while_another_firm_lives_on_it(
    importer: Importer, other_state: str
) -> None:
    scene, token = importer.scene, refresh_token(importer)
    add_another_firms_connection(importer, other_state)
    authorize_the_wrong_company(importer)
    importer.go_on()
    assert (scene.connection().state_code, scene.connection().refresh_token) == ("wrong-company", None)
    last = audit(importer)[-1]
    if other_state == ACTIVE:
        assert scene.access.oauth.refresh(token)
        assert (last.action, last.details["why"]) == ("connection-consent-forgotten", "may-be-shared")
    else:
        with pytest.raises(InvalidGrant):
            scene.access.oauth.refresh(token)
        assert (last.action, last.details["why"]) == ("connection-consent-taken-back", "not-needed")


class _KilledError(BaseException):
    """What follows does not happen, and nobody catches it: as after a kill."""


class _DyingOAuth(OAuthClient):
    """Dies at the revocation, before or after Fortnox has heard of it."""

    hears_first = False

    def revoke(self, refresh_token: str) -> None:
        if self.hears_first:
            super().revoke(refresh_token)
        raise _KilledError


@pytest.mark.parametrize("hears_first", [False, True], ids=["before Fortnox hears of it", "after Fortnox heard of it"])
def test_an_importer_killed_while_it_refuses_the_wrong_company_leaves_that_reason(
    importer: Importer, hears_first: bool
) -> None:
    # It has committed the refusal and dies around the revocation. Before the event comes again, the keeper and an import
    # find the connection; neither may ask Fortnox with the token and take the answer for the reason.
    scene, token = importer.scene, refresh_token(importer)
    event = authorize_the_wrong_company(importer)
    integration = Integration()
    with _DyingOAuth(
        client_id=integration.id,
        client_secret=integration.secret,
        auth_url=f"{scene.sandbox.url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=scene.clock,
    ) as dying:
        dying.hears_first = hears_first
        worker = scene.consumer("importer", routes(replace(scene.access, oauth=dying)))
        with pytest.raises(_KilledError):
            scene.step({"connection-authorized": worker})
    keep(scene.access)
    assert importer.run().reason_code == "reconnect-needed"
    assert (scene.connection().state, scene.connection().state_code) == (REVOKED, "wrong-company")

    importer.consumers()["connection-authorized"].receive(event.model_dump_json(exclude_none=True).encode())
    importer.go_on()
    connection = scene.connection()
    assert (connection.state_code, connection.refresh_token) == ("wrong-company", None)
    with pytest.raises(InvalidGrant):
        scene.access.oauth.refresh(token)
    assert names(scene.delivered).count("connection-lost") == 1
    assert [entry.action for entry in audit(importer)] == ["connection-revoked", "connection-consent-taken-back"]


def test_what_waits_stays_waiting_when_the_wrong_company_was_approved(importer: Importer) -> None:
    scene = importer.scene
    scene.change(Connection, scene.connection_id, state=LOST)
    importer.run()
    scene.reconnect()
    scene.change(Client, scene.client_id, organisation_number=OTHER_NUMBER)
    scene.send("connection-authorized", ConnectionAuthorized(connection_id=scene.connection_id))
    importer.go_on()
    assert [(row.state, row.reason_code) for row in scene.imports()] == [(WAITING, "reconnect-needed")]


def test_the_wrong_company_is_refused_at_once_and_revoked_when_fortnox_is_there_again(importer: Importer) -> None:
    scene, token = importer.scene, refresh_token(importer)
    scene.sandbox.state.faults.add(FaultRule("502", path="/oauth-v1/revoke"))
    authorize_the_wrong_company(importer)
    assert "connection-lost" in names(importer.go_on())
    assert scene.connection().state_code == "wrong-company"
    assert scene.imports() == []
    scene.clock.advance(timedelta(seconds=5))
    importer.go_on()
    assert (scene.connection().state_code, scene.connection().refresh_token) == ("wrong-company", None)
    with pytest.raises(InvalidGrant):
        scene.access.oauth.refresh(token)


def test_a_connection_that_ended_before_it_was_checked_asks_for_no_import(importer: Importer) -> None:
    scene = importer.scene
    scene.change(Connection, scene.connection_id, state=REVOKED)
    scene.send("connection-authorized", ConnectionAuthorized(connection_id=scene.connection_id))
    assert names(importer.go_on()) == ["connection-authorized"]
    assert scene.imports() == []


def test_after_reconnecting_the_import_that_waited_goes_on_and_no_other_is_begun(importer: Importer) -> None:
    scene = importer.scene
    scene.change(Connection, scene.connection_id, state=LOST)
    waiting = importer.run()
    assert (waiting.state, waiting.reason_code) == (WAITING, "reconnect-needed")
    scene.reconnect()
    scene.send("connection-authorized", ConnectionAuthorized(connection_id=scene.connection_id))
    importer.go_on()
    assert [(row.id, row.state) for row in scene.imports()] == [(waiting.id, COMPLETED)]
    assert scene.connection().company_name == scene.company.name


def test_an_import_from_another_company_fails_before_it_reads_the_books(importer: Importer) -> None:
    importer.scene.change(Client, importer.scene.client_id, organisation_number=OTHER_NUMBER)
    row = importer.run()
    assert (row.state, row.reason_code) == (FAILED, "wrong-company")
    assert importer.scene.delivered[-1].name == "import-failed"
    assert importer.scene.journal() == ["GET /3/companyinformation"]
    assert_nothing_stored(importer)


def test_an_import_of_a_year_that_fortnox_lacks_fails_and_says_which_there_are(importer: Importer) -> None:
    importer.scene.change(Engagement, importer.scene.engagement_id, year_end=date(2025, 8, 31))
    row = importer.run()
    assert (row.state, row.reason_code) == (FAILED, "year-missing")
    assert row.reason is not None
    assert "2025-01-01 to 2025-12-31" in row.reason
    assert importer.scene.dead_letters() == []


def test_an_engagement_whose_data_source_is_a_file_is_not_imported_from_fortnox(importer: Importer) -> None:
    importer.scene.change(Engagement, importer.scene.engagement_id, data_source="sie")
    assert importer.run().reason_code == "data-source-differs"
    assert importer.scene.journal() == []


def test_an_import_without_a_usable_connection_waits_until_the_client_is_connected_again(importer: Importer) -> None:
    scene = importer.scene
    scene.change(Connection, scene.connection_id, state=REVOKED)
    row = importer.run()
    assert (row.state, row.reason_code, row.waiting_until) == (WAITING, "reconnect-needed", None)
    scene.clock.advance(timedelta(days=3))
    importer.go_on()
    assert (scene.imports()[0].state, scene.journal()) == (WAITING, [])
    scene.reconnect()
    with scene.store.write() as session:
        release(session, waiting_for_reconnect(scene.connection_id), scene.clock.now())
    importer.go_on()
    assert scene.imports()[0].state == COMPLETED


def test_a_rate_limit_makes_an_import_wait_and_go_on_with_the_same_year(importer: Importer) -> None:
    scene = importer.scene
    scene.sandbox.state.faults.add(FaultRule("429", path="/3/sie/*", nth=2))
    row = importer.run()
    assert (row.state, row.reason_code) == (WAITING, "fortnox-rate-limited")
    assert row.waiting_until is not None
    scene.clock.advance(row.waiting_until - scene.clock.now())
    importer.go_on()
    assert scene.imports()[0].state == COMPLETED
    assert scene.imports()[0].requests == 13  # the twelve of an import, and the one that was refused
    assert len(scene.journal()) == len(set(scene.journal())) == 12


@pytest.mark.parametrize("kind", ["502", "truncated-body", "cut-before-commit"])
def test_a_broken_answer_is_tried_again_and_never_taken_for_the_books(importer: Importer, kind: FaultKind) -> None:
    scene = importer.scene
    scene.sandbox.state.faults.add(FaultRule(kind, path="/3/sie/*", nth=1))
    row = importer.run()
    assert (row.state, row.waiting_until is not None) == (WAITING, True)
    scene.clock.advance(timedelta(seconds=5))
    importer.go_on()
    assert scene.imports()[0].state == COMPLETED


def test_an_import_that_fails_for_good_says_so_and_leaves_nothing(importer: Importer) -> None:
    scene = importer.scene
    scene.sandbox.state.faults.add(FaultRule("500", path="/3/sie/*", nth=3, count=None))
    assert importer.run().state == WAITING
    scene.clock.advance(LONGEST_OUTAGE)
    importer.go_on()
    row = scene.imports()[0]
    assert (row.state, row.reason_code) == (FAILED, "fortnox-server-error")
    assert [letter.reason_code for letter in scene.dead_letters()] == ["fortnox-server-error"]
    assert scene.delivered[-1].name == "import-failed"
    assert_nothing_stored(importer)


def test_an_event_with_an_import_that_is_not_the_engagements_goes_to_the_dead_letters(importer: Importer) -> None:
    importer.scene.send("import-requested", ImportRequested(import_id=uuid4()))
    importer.go_on()
    assert [letter.reason_code for letter in importer.scene.dead_letters()] == ["not-found"]
