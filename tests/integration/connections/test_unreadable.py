"""Tokens that open with none of this process' keys: reported, kept for the process with the key, and in nobody's way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from uuid6 import uuid7

from services.sandbox.company import Company
from services.sandbox.generator import generate
from services.sandbox.truth import Truth
from shared.connections.grants import bound_to, keep_grant
from shared.connections.keeper import keep_alive
from shared.connections.states import ACTIVE, AUTHORIZATION_CODE, SERVICE_ACCOUNT
from shared.connections.tokens import AFTER_OUR_FAULT
from shared.errors import Later
from shared.security.vault import Vault
from shared.store.connections import Connection
from shared.store.engagements import Client
from shared.store.firms import Firm
from tests.integration.importer.importing import Importer
from tests.scene import SMALL, Scene, approve, open_scene


@pytest.fixture(scope="module")
def company() -> tuple[Company, Truth]:
    """Only read here."""
    return generate(SMALL)


@pytest.fixture(params=["sqlite_url", "database_url"])
def scene(request: pytest.FixtureRequest, company: tuple[Company, Truth]) -> Iterator[Scene]:
    with open_scene(request.getfixturevalue(request.param), generated=company) as opened:
        yield opened


def without_the_key(scene: Scene) -> Scene:
    """The same scene in a process that has another token key only."""
    return replace(scene, access=replace(scene.access, vault=Vault({"other": os.urandom(32)})))


def add_connection(scene: Scene, number: int) -> Connection:
    """Connect one more client; its tokens are sealed with a key that nobody has any more."""
    now = scene.clock.now()
    client = Client(
        id=uuid7(), firm_id=scene.firm_id, organisation_number=f"556{number:07d}", name="Kund", created_at=now
    )
    connection = Connection(
        id=uuid7(),
        firm_id=scene.firm_id,
        client_id=client.id,
        engagement_id=scene.engagement_id,
        state=ACTIVE,
        grant_type=AUTHORIZATION_CODE,
        company_name="Kund",
        scopes=[],
        version=0,
        created_at=now,
    )
    keep_grant(connection, approve(scene.access.oauth), Vault({"gone": os.urandom(32)}), now)
    assert connection.active_until is not None
    connection.active_until -= timedelta(hours=1)  # so it comes before the scene's own
    with scene.store.write() as session:
        session.add(client)
        session.flush()
        session.add(connection)
    return connection


def test_three_unreadable_connections_in_front_do_not_keep_the_next_one_from_being_kept_alive(scene: Scene) -> None:
    scene.change(Firm, scene.firm_id, keep_alive=True)
    unreadable = [add_connection(scene, number).id for number in range(3)]
    scene.clock.advance(timedelta(days=21))
    for _ in range(3):
        keep_alive(scene.access)
    assert scene.connection().version == 2
    with scene.store.read() as session:
        rows = [session.get_one(Connection, connection_id) for connection_id in unreadable]
        now = scene.store.now(session)
    assert {(row.state, row.state_code) for row in rows} == {("active", "token-unreadable")}
    assert all(row.refresh_token is not None for row in rows)
    assert all(row.lease_until is not None and now < row.lease_until <= now + AFTER_OUR_FAULT for row in rows)


def test_those_known_to_be_unreadable_come_last_when_their_pause_is_over(scene: Scene) -> None:
    scene.change(Firm, scene.firm_id, keep_alive=True)
    for number in range(3):
        scene.change(Connection, add_connection(scene, number).id, state_code="token-unreadable")
    scene.clock.advance(timedelta(days=21))
    keep_alive(scene.access)
    assert scene.connection().version == 2


def test_a_process_without_the_key_makes_its_runs_wait_and_costs_no_connection(scene: Scene) -> None:
    waiting = Importer(without_the_key(scene)).run()
    assert (waiting.state, waiting.reason_code) == ("waiting", "token-unreadable")
    row = scene.connection()
    assert (row.state, row.state_code, row.version) == ("active", "token-unreadable", 1)
    with pytest.raises(Later, match="renewal-paused: a stored token cannot be opened"):
        without_the_key(scene).access.tokens(scene.connection_id).current()

    scene.change(Connection, scene.connection_id, lease_until=None)  # the minute is over
    scene.clock.advance(AFTER_OUR_FAULT)
    Importer(scene).go_on()
    assert scene.imports()[0].state == "completed"
    assert (scene.connection().state, scene.connection().state_code) == ("active", None)


def test_a_service_account_whose_token_cannot_be_read_gets_a_new_one(scene: Scene) -> None:
    for consent in scene.sandbox.state.grants._consents:
        consent.service = True
    row = scene.connection()
    place = bound_to(row.id, "access_token")
    sealed = Vault({"gone": os.urandom(32)}).seal("an old token", place)
    scene.change(Connection, row.id, grant_type=SERVICE_ACCOUNT, access_token=sealed, refresh_token=None)
    assert scene.access.tokens(row.id).current().version == 2
    assert scene.connection().state_code is None
