"""Fortnox' answer when the database does not take it: tried again, on disk meanwhile, and replayed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from services.sandbox.faults import FaultRule
from shared.connections.journal import RenewalJournal
from shared.connections.keeper import keep
from shared.connections.states import ACTIVE
from shared.connections.tokens import SAVE_PAUSES_S, ConnectionTokens
from shared.errors import Later
from shared.security.vault import Vault
from shared.store.connections import Connection
from tests.chaos.renewing import TOKEN_CALLS, add_connection
from tests.scene import Scene, approve, open_scene
from tests.waiting import wait_for

BREAK = """CREATE TRIGGER no_new_tokens BEFORE UPDATE OF access_token ON connections
WHEN NEW.access_token IS NOT NULL BEGIN SELECT RAISE(ABORT, 'out of order'); END"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "renewals"


@pytest.fixture
def scene(sqlite_url: str, folder: Path) -> Iterator[Scene]:
    """With a database that takes everything but new tokens."""
    with open_scene(sqlite_url) as opened:
        opened.access = replace(opened.access, journal=RenewalJournal(folder, opened.access.vault))
        execute(opened, BREAK)
        yield opened


def execute(scene: Scene, statement: str) -> None:
    with scene.store.write() as session:
        session.execute(text(statement))


def mend(scene: Scene) -> None:
    execute(scene, "DROP TRIGGER no_new_tokens")


def tokens(scene: Scene, pauses: list[float], *, mend_after: int | None = None) -> ConnectionTokens:
    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == mend_after:
            mend(scene)

    access = scene.access
    return ConnectionTokens(
        scene.connection_id,
        store=access.store,
        clock=access.clock,
        vault=access.vault,
        oauth=access.oauth,
        journal=access.journal,
        pause=pause,
    )


def renew_in_vain(scene: Scene) -> None:
    pauses: list[float] = []
    with pytest.raises(SQLAlchemyError):
        tokens(scene, pauses).renew_now()
    assert tuple(pauses) == SAVE_PAUSES_S


def test_an_answer_that_cannot_be_saved_at_once_is_saved_a_little_later(scene: Scene, folder: Path) -> None:
    pauses: list[float] = []
    assert tokens(scene, pauses, mend_after=3).renew_now().version == 2
    assert len(pauses) == 3
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite_url", "database_url"])
def test_an_answer_is_on_disk_while_the_database_hangs(url: str, request: pytest.FixtureRequest, folder: Path) -> None:
    with open_scene(request.getfixturevalue(url)) as opened, ThreadPoolExecutor(1) as pool:
        opened.access = replace(opened.access, journal=RenewalJournal(folder, opened.access.vault))
        slow = FaultRule("latency", path=TOKEN_CALLS, seconds=0.5)
        opened.sandbox.state.faults.add(slow)
        renewal = pool.submit(opened.access.tokens(opened.connection_id).renew_now)
        wait_for(lambda: slow.hits == 1, what="the renewal")
        with opened.store.write() as session:  # no error, only silence
            session.get_one(Connection, opened.connection_id, with_for_update=True)
            wait_for(lambda: list(folder.glob("*.renewal")), what="the answer on disk")
            if not opened.store.is_sqlite:
                assert opened.access.journal.replay(opened.store) == 0  # and holds up nobody else
        assert renewal.result().version == 2
        assert list(folder.iterdir()) == []


def test_one_answer_that_the_database_refuses_holds_up_no_other_connection(scene: Scene, folder: Path) -> None:
    renew_in_vain(scene)
    with scene.store.write() as session:
        grant, now = approve(scene.access.oauth), scene.clock.now()
        session.execute(text("DROP TRIGGER no_new_tokens"))
        other = add_connection(session, scene.access.vault, scene.firm_id, 7, grant, now)
        name = scene.connection_id.hex
        session.execute(text(BREAK.replace("WHEN", f"WHEN OLD.id = '{name}' AND")))
    assert scene.access.tokens(other).renew_now().version == 2
    keep(scene.access)
    (left,) = folder.iterdir()
    mend(scene)
    keep(scene.access)
    assert scene.connection().version == 2
    assert not left.exists()


@pytest.mark.parametrize("content", ["no json", "[]", '{"scopes": []}', '{"scopes": [], "more": 1}'])
def test_an_entry_that_is_none_is_set_aside_and_the_others_are_replayed(
    scene: Scene, folder: Path, content: str
) -> None:
    renew_in_vain(scene)
    mend(scene)
    name = f"{UUID(int=0)}.1.renewal"  # before the other one
    (folder / name).write_bytes(scene.access.vault.seal(content, f"renewals|{name}"))
    assert scene.access.journal.replay(scene.store) == 1
    assert [file.name for file in folder.iterdir()] == [f"{name}.broken"]


def test_an_answer_that_cannot_be_saved_is_on_disk_sealed_and_for_its_owner_alone(scene: Scene, folder: Path) -> None:
    renew_in_vain(scene)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    content = file.read_bytes()
    assert b"access_token" not in content
    handed_out = scene.sandbox.state.grants._by_access
    assert not any(token.encode() in content for token in handed_out)


def test_the_next_renewal_begins_with_the_answer_on_disk(scene: Scene, folder: Path) -> None:
    renew_in_vain(scene)
    mend(scene)
    assert tokens(scene, []).renew(1).version == 2
    assert list(folder.iterdir()) == []
    assert tokens(scene, []).renew_now().version == 3


def test_a_process_that_starts_replays_what_the_one_before_left(scene: Scene) -> None:
    renew_in_vain(scene)
    mend(scene)
    assert scene.access.journal.replay(scene.store) == 1
    assert (scene.connection().version, scene.connection().pending_since) == (2, None)
    assert tokens(scene, []).renew_now().version == 3


def test_a_connection_that_another_machine_gave_up_lives_again_when_the_answer_is_replayed(
    scene: Scene, tmp_path: Path
) -> None:
    # The keeper runs on another machine and does not see this one's disk: it finds a pending answer and a burnt token.
    renew_in_vain(scene)
    scene.change(Connection, scene.connection_id, lease_until=None)
    elsewhere = replace(scene.access, journal=RenewalJournal(tmp_path / "other machine", scene.access.vault))
    keep(elsewhere)
    assert scene.connection().state_code == "renewal-answer-lost"
    mend(scene)
    assert scene.access.journal.replay(scene.store) == 1
    assert scene.connection().state == ACTIVE
    assert tokens(scene, []).renew_now().version == 4  # renewed, given up, live again, renewed


def test_an_answer_that_nobody_wants_any_more_is_thrown_away(scene: Scene, folder: Path) -> None:
    renew_in_vain(scene)
    mend(scene)
    scene.reconnect()
    assert scene.access.journal.replay(scene.store) == 0
    assert list(folder.iterdir()) == []
    assert scene.connection().version == 2


def test_an_answer_under_a_key_that_is_not_there_stays_until_the_key_is_back(scene: Scene, folder: Path) -> None:
    renew_in_vain(scene)
    mend(scene)
    other = RenewalJournal(folder, Vault({"other": os.urandom(32)}))
    assert other.replay(scene.store) == 0
    assert scene.access.journal.replay(scene.store) == 1


def test_a_disk_that_takes_nothing_does_not_keep_the_database_from_being_tried(scene: Scene, folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    assert tokens(scene, [], mend_after=2).renew_now().version == 2


def test_a_renewal_that_was_never_answered_leaves_nothing_on_disk(scene: Scene, folder: Path) -> None:
    scene.sandbox.state.grants.revoke_tenant(scene.company.database_number)
    with pytest.raises(Later, match="reconnect-needed"):
        tokens(scene, []).renew_now()
    assert not folder.exists()
