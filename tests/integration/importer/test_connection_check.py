"""What the importer reads behind a new connection, whom it lets in, and what is a verdict on the connection."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from services.importer.actors import routes
from services.importer.runs import COMPLETED, FAILED
from services.sandbox.grants import Consent
from shared.connections.states import ACTIVE, LOST, REVOKED, SERVICE_ACCOUNT
from shared.messaging.events import ConnectionAuthorized
from shared.store.connections import Connection
from shared.store.engagements import Client, Engagement
from shared.store.firms import AuditEntry
from tests.integration.importer.importing import Importer
from tests.scene import Scene, names

OTHER_NUMBER = "556016-0680"


@pytest.fixture
def url(sqlite_url: str) -> str:
    """The check is a few rows of SQL that differ nowhere; PostgreSQL has its turn in the other modules."""
    return sqlite_url


@pytest.fixture
def scene(importer: Importer) -> Scene:
    """As the callback leaves a connection into a company that was not seen before."""
    importer.scene.change(Connection, importer.scene.connection_id, company_name=None)
    return importer.scene


@pytest.fixture
def service_account(scene: Scene) -> Consent:
    """As the callback leaves a service account: with the refresh token of the exchange until the company is known."""
    scene.change(Connection, scene.connection_id, grant_type=SERVICE_ACCOUNT, active_until=None)
    [consent] = scene.sandbox.state.grants._consents
    consent.service = True
    return consent


def authorize(scene: Scene) -> None:
    scene.send("connection-authorized", ConnectionAuthorized(connection_id=scene.connection_id))


def check(scene: Scene) -> None:
    """Let the importer look, and nothing else happen."""
    authorize(scene)
    scene.pump({"connection-authorized": scene.consumer("importer", routes(scene.access))})


def audit(scene: Scene) -> list[tuple[str, dict[str, object]]]:
    with scene.store.read() as session:
        return [(entry.action, entry.details) for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_company_years_and_series_are_read_before_the_first_import_is_asked_for(scene: Scene) -> None:
    check(scene)
    [year] = [year.id for year in scene.company.years.values() if year.to_date == scene.engagement().year_end]
    assert scene.journal() == [
        "GET /3/companyinformation",
        "GET /3/financialyears?limit=500&page=1",
        f"GET /3/voucherseries?financialyear={year}&limit=500&page=1",
    ]
    assert audit(scene) == [
        (
            "connection-checked",
            {
                "tenant_id": scene.company.database_number,
                "company": scene.company.name,
                "years": 4,
                "series": sorted(code for of_year, code in scene.company.series if of_year == year),
                "year_missing": False,
            },
        )
    ]
    assert names(scene.delivered) == ["connection-authorized", "import-requested"]


def test_a_missing_licence_for_the_books_shows_at_the_approval_and_not_at_the_import(scene: Scene) -> None:
    scene.sandbox.state.tenants[scene.company.database_number].unlicensed = {"bookkeeping"}
    check(scene)
    connection = scene.connection()
    assert (connection.state, connection.state_code, connection.access_token) == (LOST, "licence-missing", None)
    assert connection.state_reason is not None
    assert "bookkeeping" in connection.state_reason
    assert names(scene.delivered) == ["connection-authorized", "connection-lost"]
    assert scene.imports() == []


def test_a_year_that_fortnox_lacks_is_noted_and_left_to_the_import_to_say(importer: Importer, scene: Scene) -> None:
    scene.change(Engagement, scene.engagement_id, year_end=date(2025, 8, 31))
    authorize(scene)
    importer.go_on()
    assert scene.connection().state == ACTIVE
    [(action, details)] = audit(scene)
    assert (action, details["years"], details["series"], details["year_missing"]) == (
        "connection-checked",
        4,
        None,
        True,
    )
    assert [(row.state, row.reason_code) for row in scene.imports()] == [(FAILED, "year-missing")]


def test_no_books_of_another_company_are_read(scene: Scene) -> None:
    scene.change(Client, scene.client_id, organisation_number=OTHER_NUMBER)
    check(scene)
    assert scene.connection().state == REVOKED
    assert scene.journal() == ["GET /3/companyinformation"]


def test_a_service_account_in_the_right_company_keeps_its_consent_and_no_refresh_token(
    importer: Importer, scene: Scene, service_account: Consent
) -> None:
    authorize(scene)
    importer.go_on()
    assert (scene.connection().state, scene.connection().refresh_token) == (ACTIVE, None)
    assert not service_account.revoked
    assert [row.state for row in scene.imports()] == [COMPLETED]


def test_a_service_account_into_another_company_is_revoked_at_fortnox(scene: Scene, service_account: Consent) -> None:
    scene.change(Client, scene.client_id, organisation_number=OTHER_NUMBER)
    check(scene)
    connection = scene.connection()
    assert (connection.state_code, connection.refresh_token) == ("wrong-company", None)
    assert service_account.revoked
    assert [action for action, _ in audit(scene)] == ["connection-revoked", "connection-consent-taken-back"]


def test_a_consent_that_cannot_be_taken_back_from_here_is_said_to_stand(scene: Scene, service_account: Consent) -> None:
    # It had to be renewed before the company could be looked at, or its company was known and has another number now.
    scene.change(Connection, scene.connection_id, refresh_token=None)
    scene.change(Client, scene.client_id, organisation_number=OTHER_NUMBER)
    check(scene)
    connection = scene.connection()
    assert connection.state_code == "wrong-company"
    assert connection.state_reason is not None
    assert connection.state_reason.endswith("until an administrator takes it back there")
    assert not service_account.revoked
    assert audit(scene)[-1] == (
        "connection-consent-forgotten",
        {"tenant_id": connection.tenant_id, "revoked_at_fortnox": False, "why": "no-refresh-token"},
    )


@pytest.mark.parametrize("is_known", [True, False], ids=["let in before", "new"])
def test_an_odd_refusal_is_no_verdict_on_a_connection_that_works(scene: Scene, is_known: bool) -> None:
    before = scene.connection()
    if is_known:
        scene.change(Connection, before.id, company_name=scene.company.name)
    authorize(scene)
    elsewhere = replace(scene.access, api_url=f"{scene.sandbox.url}/nowhere")
    scene.pump({"connection-authorized": scene.consumer("importer", routes(elsewhere))})
    connection, letters = scene.connection(), [letter.reason_code for letter in scene.dead_letters()]
    if is_known:
        assert (connection.state, connection.version, letters) == (ACTIVE, before.version, ["fortnox-path-not-allowed"])
        assert connection.refresh_token == before.refresh_token
    else:
        assert (connection.state, connection.state_code, letters) == (LOST, "fortnox-path-not-allowed", [])


def test_a_connection_that_works_ends_when_its_licence_is_gone(scene: Scene) -> None:
    scene.change(Connection, scene.connection_id, company_name=scene.company.name)
    scene.sandbox.state.tenants[scene.company.database_number].unlicensed = {"bookkeeping"}
    check(scene)
    assert (scene.connection().state, scene.connection().state_code) == (LOST, "licence-missing")
    assert scene.dead_letters() == []
