"""The database fails while an accountant is on the trip to Fortnox: what was granted is stored, or let go of and said."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event

from services.gateway.authorization import PAUSES_BEFORE_STORING_S
from services.gateway.deps import GatewayDeps
from services.sandbox.company import Company
from services.sandbox.faults import FaultRule
from services.sandbox.truth import Truth
from tests.integration.gateway.browser import Browser, approve, page_of
from tests.integration.gateway.house import SETTINGS, YEAR_END, House, open_house, serving
from tests.scene import open_scene
from tests.waiting import wait_for

Pause = Callable[[float], object]


class Writer:
    """Another program that holds SQLite's write lock; the gateway does not wait for it as long as it otherwise would."""

    def __init__(self, house: House, url: str) -> None:
        self._database = sqlite3.connect(urlsplit(url).path, isolation_level=None, check_same_thread=False)
        event.listen(house.store.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout = 20"))
        house.store.engine.dispose()

    def lock(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        self._database.execute("ROLLBACK")

    def close(self) -> None:
        self._database.close()


@pytest.fixture
def writer(house: House, sqlite_url: str) -> Iterator[Writer]:
    writer = Writer(house, sqlite_url)
    yield writer
    writer.close()


def test_a_grant_is_stored_once_the_database_takes_it(house: House, writer: Writer) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            writer.let_go()

    house.forget_connection()
    with _returning(house, pause, during="/oauth-v1/token") as page:
        writer.lock()
        assert page.result().status_code == 200
    assert pauses == list(PAUSES_BEFORE_STORING_S[:3])
    assert house.connection()["state"] == "active"
    assert [message.name for message in house.outbox()] == ["connection-authorized"]


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_grant_that_cannot_be_stored_is_let_go_of_and_said_to_be_lost(
    house: House, writer: Writer, is_shared: bool
) -> None:
    # The file is locked from the exchange of the code on until after the answer, and can still be read.
    if not is_shared:
        house.forget_connection()
    pauses: list[float] = []
    with _returning(house, pauses.append, during="/oauth-v1/token") as page:
        writer.lock()
        answer = page_of(page.result())
        writer.let_go()
    assert (answer.status_code, "<code>grant-not-stored</code>" in answer.text) == (503, True)
    assert "The connection could not be stored" in answer.text
    assert pauses == list(PAUSES_BEFORE_STORING_S)
    assert house.scene.sandbox.state.grants._consents[-1].revoked is not is_shared
    shown = house.connection()
    assert (shown["state"], shown["last_attempt"]["code"]) == (
        "active" if is_shared else "pending",
        "exchange-unfinished",
    )
    assert shown["last_attempt"]["ended_at"] is not None
    if is_shared:
        assert house.scene.access.tokens(house.scene.connection_id).renew_now()


def test_a_database_that_comes_back_too_late_for_the_grant_still_hears_how_the_trip_ended(
    house: House, writer: Writer
) -> None:
    house.forget_connection()
    revocation = FaultRule("latency", path="/oauth-v1/revoke", seconds=0.5)
    house.scene.sandbox.state.faults.add(revocation)
    with _returning(house, lambda _: None, during="/oauth-v1/token") as page:
        writer.lock()
        wait_for(lambda: revocation.hits, what="the revocation")
        writer.let_go()
        assert page.result().status_code == 503
    shown = house.connection()
    assert (shown["state_code"], shown["last_attempt"]["code"]) == ("grant-not-stored", "grant-not-stored")
    assert [(entry.action, entry.details.get("revoked_at_fortnox")) for entry in house.audit()[-2:]] == [
        ("connection-consent-unkept", True),
        ("connection-failed", None),
    ]


class Postgres:
    """The database of a house, which takes no connections while it is away."""

    def __init__(self, server_url: str, database_url: str) -> None:
        self._server_url = server_url
        self._name = urlsplit(database_url).path.removeprefix("/")

    def go_away(self) -> None:
        self._allow_connections(sql.SQL("false"))
        with psycopg.connect(self._server_url, autocommit=True) as server:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._name])

    def come_back(self) -> None:
        self._allow_connections(sql.SQL("true"))

    def _allow_connections(self, allowed: sql.SQL) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as server:
            alter = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
            server.execute(alter.format(sql.Identifier(self._name), allowed))


@pytest.fixture
def postgres(postgres_url: str, database_url: str) -> Postgres:
    return Postgres(postgres_url, database_url)


@pytest.fixture
def big_house(database_url: str, small_company: tuple[Company, Truth]) -> Iterator[House]:
    """The same on PostgreSQL."""
    with open_scene(database_url, year_end=YEAR_END, generated=small_company) as scene, open_house(scene) as opened:
        yield opened


def test_while_the_database_is_away_nothing_begins_and_nothing_ends(big_house: House, postgres: Postgres) -> None:
    house, browser = big_house, Browser(big_house)
    path, query = browser.ask(), approve(browser.begin())
    postgres.go_away()
    pages = [browser.open(path), browser.proceed(path), browser.come_back(query)]
    postgres.come_back()
    assert [page.status_code for page in pages] == [503] * 3
    assert all("<code>database-away</code>" in page.text for page in pages)
    assert browser.come_back(query).status_code == 200  # the page says to reload it
    assert browser.come_back(approve(browser.proceed(path).headers["location"])).status_code == 200
    assert house.connection()["state"] == "active"


def test_a_grant_outlives_a_short_absence_of_the_database(big_house: House, postgres: Postgres) -> None:
    before = big_house.scene.connection()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            postgres.come_back()

    with _returning(big_house, pause, during="/oauth-v1/token") as page:
        postgres.go_away()
        assert page.result().status_code == 200
    assert big_house.scene.connection().version == before.version + 1


def test_while_nobody_can_tell_who_lives_on_a_consent_it_is_only_forgotten(
    big_house: House, postgres: Postgres
) -> None:
    house = big_house
    with _returning(house, lambda _: None, during="/oauth-v1/token") as page:
        postgres.go_away()
        assert page.result().status_code == 503
        postgres.come_back()
    assert not house.scene.sandbox.state.grants._consents[-1].revoked
    assert house.connection()["last_attempt"]["code"] == "exchange-unfinished"
    assert house.scene.access.tokens(house.scene.connection_id).renew_now()
    assert Browser(house).go().status_code == 200


@contextmanager
def _returning(house: House, pause: Pause, *, during: str) -> Iterator[Future[httpx.Response]]:
    """Let a browser come back from Fortnox; begins when the call to that path of Fortnox is under way."""
    scene, browser = house.scene, Browser(house)
    query = approve(browser.begin())
    slow = FaultRule("latency", path=during, seconds=0.3)
    scene.sandbox.state.faults.add(slow)
    deps = GatewayDeps(
        scene.store, scene.clock, scene.access.vault, scene.access.oauth, scene.access, SETTINGS, {}, pause
    )
    with serving(deps) as url, ThreadPoolExecutor(1) as pool:
        page = pool.submit(browser.http.get, f"{url}/oauth/fortnox/callback?{query}")
        wait_for(lambda: slow.hits, what=f"the call to {during}")
        yield page
