"""`fortnox-pipeline import`: the same command as over HTTP, with a line of progress and an exit code."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result
from uuid6 import uuid7

from fortnox_pipeline.cli import app
from services.importer.actors import routes
from services.sandbox.sie_writer import write_sie
from shared.errors import Rejected
from shared.store.connections import Connection
from shared.store.engagements import Engagement
from tests.scene import Scene, open_scene
from tests.waiting import wait_for

YEAR_END = date(2025, 12, 31)


def run(scene: Scene, *arguments: str) -> Result:
    url = scene.store.engine.url.render_as_string(hide_password=False)
    environment = {"DATABASE_URL": url, "COLUMNS": "200"}
    return CliRunner().invoke(app, ["import", str(scene.engagement_id), *arguments], env=environment)


def followed(scene: Scene, *arguments: str) -> Result:
    """Run the command with --follow in one thread, and the importer in this one."""
    consumer = scene.consumer("importer", routes(scene.access))
    with ThreadPoolExecutor(1) as pool:
        result: Future[Result] = pool.submit(run, scene, "--follow", *arguments)

        def done() -> bool:
            scene.clock.advance(timedelta(seconds=1))  # the command asks by the machine's clock
            scene.pump({"import-requested": consumer})
            return result.done()

        wait_for(done, seconds=60, what="the end of the command")
        return result.result()


def file_in(folder: Path, scene: Scene) -> Path:
    year_id = next(year.id for year in scene.company.years.values() if year.to_date == YEAR_END)
    path = folder / "bokslut 2025.se"
    path.write_bytes(write_sie(scene.company, year_id, 4, generated=date(2026, 3, 1)))
    return path


def test_an_import_is_asked_for_and_left_to_the_workers(sqlite_url: str) -> None:
    with open_scene(sqlite_url, year_end=YEAR_END) as scene:
        result = run(scene, "--years", "2", "--json")
        [row] = scene.imports()
        shown = json.loads(result.output)
        assert (result.exit_code, shown["id"], shown["state"]) == (0, str(row.id), "queued")
        assert (row.years, row.requested_by, row.lane) == (2, "operator", "interactive")


def test_followed_to_its_end_it_says_what_was_read(sqlite_url: str) -> None:
    with open_scene(sqlite_url, year_end=YEAR_END) as scene:
        result = followed(scene)
        assert result.exit_code == 0, result.output
        assert "completed" in result.output
        assert f"{scene.imports()[0].counts['vouchers']} vouchers" in result.output


def test_a_file_is_imported_into_an_engagement_on_files(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, year_end=YEAR_END) as scene:
        path = file_in(tmp_path, scene)
        refused = run(scene, "--sie", str(path))
        assert isinstance(refused.exception, Rejected)  # main() makes it one line and exit code 1
        assert refused.exception.code == "data-source-not-sie"
        scene.change(Engagement, scene.engagement_id, data_source="sie")
        result = followed(scene, "--sie", str(path), "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["state"] == "completed"
        path.write_bytes(path.read_bytes()[:-300])
        failed = followed(scene, "--sie", str(path))
        assert failed.exit_code == 1
        assert "sie-truncated" in failed.output


def test_what_only_a_person_can_end_is_not_waited_for(sqlite_url: str) -> None:
    with open_scene(sqlite_url, year_end=YEAR_END) as scene:
        scene.change(Connection, scene.connection_id, state="lost")
        result = followed(scene)
        assert result.exit_code == 1
        assert "reconnect-needed" in result.output


@pytest.mark.parametrize(
    "arguments", [["--years", "21"], ["--years", "0"], ["--sie", "missing.se"], ["--sie", __file__, "--years", "2"]]
)
def test_wrong_options_are_a_matter_of_usage(sqlite_url: str, arguments: list[str]) -> None:
    with open_scene(sqlite_url, year_end=YEAR_END) as scene:
        assert run(scene, *arguments).exit_code == 2
        assert scene.imports() == []


def test_an_engagement_that_does_not_exist_is_said_to_be_unknown(sqlite_url: str) -> None:
    with open_scene(sqlite_url, year_end=YEAR_END):
        result = CliRunner().invoke(app, ["import", str(uuid7())], env={"DATABASE_URL": sqlite_url})
    assert isinstance(result.exception, Rejected)
    assert result.exception.code == "not-found"


def test_a_database_without_tables_is_said_to_be_unusable(new_sqlite_url: str) -> None:
    result = CliRunner().invoke(app, ["import", str(uuid7())], env={"DATABASE_URL": new_sqlite_url})
    assert isinstance(result.exception, Rejected)
    assert result.exception.code == "database-unusable"
