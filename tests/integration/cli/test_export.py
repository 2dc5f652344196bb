"""`fortnox-pipeline export`: preview, export and undo, as over HTTP, with an exit code that says whether all went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result
from uuid6 import uuid7

from fortnox_pipeline.cli import app
from fortnox_pipeline.exporting import series_by_kind
from shared.connections.grants import keep_grant
from shared.errors import Rejected
from shared.security.vault import Vault, keys_from_json, new_keys_json
from shared.store.connections import Connection
from tests.integration.exporter.closing import YEAR_END, Closing
from tests.scene import approve, open_scene
from tests.waiting import wait_for


@pytest.fixture
def closing(sqlite_url: str) -> Iterator[Closing]:
    with open_scene(sqlite_url, year_end=YEAR_END) as scene:
        yield Closing(scene)


def run(closing: Closing, *arguments: str, **environment: str) -> Result:
    scene = closing.scene
    url = scene.store.engine.url.render_as_string(hide_password=False)
    told = {"DATABASE_URL": url, "COLUMNS": "200", **environment}
    return CliRunner().invoke(app, ["export", str(scene.engagement_id), *arguments], env=told)


def followed(closing: Closing, *arguments: str) -> Result:
    """Run the command with --follow in one thread, and the exporter in this one."""
    scene, consumer = closing.scene, closing.exporter()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(run, closing, "--follow", *arguments)

        def done() -> bool:
            scene.clock.advance(timedelta(seconds=1))  # the command asks by the machine's clock
            scene.pump({"export-requested": consumer})
            return result.done()

        wait_for(done, seconds=60, what="the end of the command")
        return result.result()


def code_of(result: Result) -> str:
    assert isinstance(result.exception, Rejected), result.output
    return result.exception.code


def test_an_export_is_asked_for_and_left_to_the_workers(closing: Closing) -> None:
    closing.adjust("V", 1)
    result = run(closing, "--series", "A", "--json")
    shown = json.loads(result.output)
    assert (result.exit_code, shown["state"], shown["series"]) == (0, "queued", {"V": "A", "S": "A"})
    assert (closing.export().requested_by, shown["vouchers_by_state"]) == ("operator", {"planned": 1})


def test_followed_to_its_end_it_names_each_voucher_and_the_undo_takes_them_back(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.adjust("S", 1)
    result = followed(closing, "--series", "A", "--series", "S=I")
    assert result.exit_code == 0, result.output
    numbers = {voucher.series: voucher.number for voucher in closing.booked()}
    assert f"V1  posted  A {numbers['A']}" in result.output
    assert f"S1  posted  I {numbers['I']}" in result.output
    undone = followed(closing, "--undo", str(closing.export().id))
    assert undone.exit_code == 0, undone.output
    assert f"Undo {closing.export().id}: completed" in undone.output
    assert undone.output.count("  posted  ") == 2


def test_an_export_that_leaves_something_behind_says_why_and_ends_with_one(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.adjust("V", 2, debit="9998")
    result = followed(closing, "--series", "V=A")
    assert result.exit_code == 1
    assert "V2  refused  A   account-not-found" in result.output


def test_a_preview_gives_the_verdicts_and_sends_nothing(closing: Closing) -> None:
    closing.adjust("V", 1, text="[Hyra]")
    environment = ways_to_fortnox(closing)
    good = run(closing, "--series", "A", "--preview", "--json", **environment)
    assert (good.exit_code, json.loads(good.stdout)["counts"]["ready"]) == (0, 1)
    closing.adjust("V", 2, debit="9998")
    result = run(closing, "--series", "A", "--preview", **environment)
    assert result.exit_code == 1, result.output
    assert "(Hyra)" in result.output
    assert "account-not-found: row 1: the year has no account 9998" in result.output
    assert "1 ready, 1 refused, 0 already there" in result.output
    assert closing.exports() == []


def test_what_the_api_refuses_is_refused_here_too(closing: Closing) -> None:
    assert code_of(run(closing, "--series", "A")) == "nothing-to-export"
    assert code_of(run(closing, "--undo", str(uuid7()))) == "not-found"
    unknown = CliRunner().invoke(app, ["export", str(uuid7()), "--series", "A"], env={"DATABASE_URL": _url(closing)})
    assert code_of(unknown) == "not-found"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--series", "A", "--undo", str(uuid7())],
        ["--series", "X=A"],
        ["--series", "V="],
        ["--series", "A", "--preview", "--follow"],
    ],
)
def test_wrong_options_are_a_matter_of_usage(closing: Closing, arguments: list[str]) -> None:
    assert run(closing, *arguments).exit_code == 2
    assert closing.exports() == []


def test_a_database_without_tables_is_said_to_be_unusable(new_sqlite_url: str) -> None:
    result = CliRunner().invoke(app, ["export", str(uuid7()), "--series", "A"], env={"DATABASE_URL": new_sqlite_url})
    assert code_of(result) == "database-unusable"


@pytest.mark.parametrize(
    ("told", "series"),
    [
        (["A"], {"V": "A", "S": "A"}),
        (["V=A"], {"V": "A"}),
        (["V=A", "S=B"], {"V": "A", "S": "B"}),
        (["S=B", "A"], {"V": "A", "S": "B"}),
    ],
)
def test_a_series_is_for_all_unless_it_names_its_kind(told: list[str], series: dict[str, str]) -> None:
    assert series_by_kind(told) == series


def ways_to_fortnox(closing: Closing) -> dict[str, str]:
    """What a process of its own needs to know; the connection is sealed anew with a key that can be told."""
    scene, keys = closing.scene, new_keys_json("told")
    grant = approve(scene.access.oauth)
    with scene.store.write() as session:
        connection = session.get_one(Connection, scene.connection_id)
        keep_grant(connection, grant, Vault(keys_from_json(keys)), scene.clock.now())
    return {"FORTNOX_CLIENT_ID": "sandbox-client", "FORTNOX_API_URL": scene.sandbox.url, "TOKEN_KEYS": keys}


def _url(closing: Closing) -> str:
    return closing.scene.store.engine.url.render_as_string(hide_password=False)
