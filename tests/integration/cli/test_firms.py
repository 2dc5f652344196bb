"""`fortnox-pipeline firms keep-alive`: whether a firm's connections are renewed without anybody's work."""

from __future__ import annotations

import os
import subprocess

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from fortnox_pipeline.cli import app
from shared.store.firms import AuditEntry, Firm
from tests.deployment import COMMAND
from tests.scene import Scene, open_scene


def run(database_url: str, *arguments: str) -> Result:
    environment = {"DATABASE_URL": database_url, "COLUMNS": "200"}
    return CliRunner().invoke(app, ["firms", "keep-alive", *arguments], env=environment)


def firm(scene: Scene) -> Firm:
    with scene.store.read() as session:
        return session.get_one(Firm, scene.firm_id)


def noted(scene: Scene) -> list[dict[str, object]]:
    with scene.store.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "keep-alive-set"))
        return [entry.details for entry in entries if (entry.actor, entry.subject) == ("operator", scene.firm_id)]


def test_it_is_off_until_it_is_switched_on_and_each_switch_is_in_the_audit_log(sqlite_url: str) -> None:
    with open_scene(sqlite_url) as scene:
        name = firm(scene).name
        states = [firm(scene).keep_alive]
        for switch in ("on", "off"):
            result = run(sqlite_url, name, switch)
            assert (result.exit_code, result.output) == (0, f"The connections of {name} are kept alive: {switch}.\n")
            states.append(firm(scene).keep_alive)
        assert states == [False, True, False]
        assert noted(scene) == [{"on": True}, {"on": False}]


def test_an_unknown_firm_is_one_clear_line_and_exit_code_1(sqlite_url: str) -> None:
    with open_scene(sqlite_url):
        command = [*COMMAND, "firms", "keep-alive", "Nobody AB", "on"]
        environment = os.environ | {"DATABASE_URL": sqlite_url}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "not-found: there is no firm 'Nobody AB'\n"


@pytest.mark.parametrize("arguments", [(), ("Revision & Råd AB",), ("Revision & Råd AB", "perhaps")])
def test_what_is_missing_or_misspelt_is_a_matter_of_usage(sqlite_url: str, arguments: tuple[str, ...]) -> None:
    assert run(sqlite_url, *arguments).exit_code == 2
