"""`fortnox-pipeline connections`: what operations see of all firms' connections."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from fortnox_pipeline.cli import app
from shared.errors import Rejected
from shared.store.connections import Connection
from tests.scene import Scene, open_scene


def run(database_url: str, *arguments: str) -> str:
    result = CliRunner().invoke(
        app, ["connections", *arguments], env={"DATABASE_URL": database_url, "COLUMNS": "200"}, catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


def show_as_ending_in(scene: Scene, days: int) -> None:
    until = scene.clock.now() + timedelta(days=days, hours=1)
    scene.change(Connection, scene.connection_id, active_until=until)


def test_every_connection_is_listed_with_what_operations_need(sqlite_url: str) -> None:
    with open_scene(sqlite_url) as scene:
        show_as_ending_in(scene, 9)
        [line] = json.loads(run(sqlite_url, "--json"))
        table = run(sqlite_url)
    assert line | {"active_until": "", "renewed_at": ""} == {
        "firm": "Revision & Råd AB",
        "client": scene.company.name,
        "organisation_number": scene.company.organisation_number,
        "state": "active",
        "state_code": None,
        "grant_type": "authorization_code",
        "granted_by": "anna",
        "active_until": "",
        "renewed_at": "",
        "expires_in_days": 9,
    }
    for text in (scene.company.name, "active", "login", "anna", "(9 d)"):
        assert text in table


def test_the_forecast_holds_what_ends_in_time(sqlite_url: str) -> None:
    with open_scene(sqlite_url) as scene:
        show_as_ending_in(scene, 9)
        assert len(json.loads(run(sqlite_url, "--expiring-within", "14", "--json"))) == 1
        assert json.loads(run(sqlite_url, "--expiring-within", "9", "--json")) == []
        assert "None ends within 9 days" in run(sqlite_url, "--expiring-within", "9")


def test_a_service_account_lasts_until_it_is_revoked_and_an_end_shows_its_code(sqlite_url: str) -> None:
    with open_scene(sqlite_url) as scene:
        scene.change(Connection, scene.connection_id, grant_type="service_account", active_until=None)
        assert "until revoked" in run(sqlite_url)
        scene.change(Connection, scene.connection_id, state="revoked", state_code="consent-revoked")
        assert "revoked (consent-revoked)" in run(sqlite_url)


def test_a_wrong_option_is_a_matter_of_usage(sqlite_url: str) -> None:
    result = CliRunner().invoke(app, ["connections", "--expiring-within", "-1"], env={"DATABASE_URL": sqlite_url})
    assert result.exit_code == 2


def test_a_database_without_tables_is_said_to_be_unusable(new_sqlite_url: str) -> None:
    result = CliRunner().invoke(app, ["connections"], env={"DATABASE_URL": new_sqlite_url})
    assert isinstance(result.exception, Rejected)  # main() makes it one line and exit code 1
    assert result.exception.code == "database-unusable"
    with pytest.raises(Rejected, match="db upgrade"):
        raise result.exception
