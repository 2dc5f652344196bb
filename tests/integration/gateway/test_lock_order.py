"""Trips and connections are locked in one order, so that PostgreSQL finds no deadlock between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from random import Random

import httpx
import psycopg
import pytest
from sqlalchemy import text

from services.gateway.trip import connection_for
from services.sandbox.company import Company
from services.sandbox.faults import FaultRule
from services.sandbox.truth import Truth
from shared.store.tables import Authorization, Engagement
from tests.integration.gateway.browser import Browser, approve, state_of
from tests.integration.gateway.house import YEAR_END, House, open_house
from tests.scene import open_scene
from tests.waiting import wait_for

ROUNDS = 8
SEED = 7
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"


@pytest.fixture
def big_house(database_url: str, small_company: tuple[Company, Truth]) -> Iterator[House]:
    with open_scene(database_url, year_end=YEAR_END, generated=small_company) as scene, open_house(scene) as opened:
        yield opened


def a_disconnect(house: House, browser: Browser) -> Callable[[], httpx.Response]:
    browser.begin()
    return lambda: house.http.delete(house.engagement_path("/connection"))


def a_start(house: House, browser: Browser) -> Callable[[], httpx.Response]:
    path = browser.ask()
    return lambda: browser.proceed(path)


def a_denial(house: House, browser: Browser) -> Callable[[], httpx.Response]:
    state = state_of(browser.begin())
    return lambda: browser.come_back(f"state={state}&error=access_denied")


def a_return_without_state(house: House, browser: Browser) -> Callable[[], httpx.Response]:
    browser.begin()
    return lambda: browser.come_back("")


@pytest.mark.parametrize("act", [a_disconnect, a_start, a_denial, a_return_without_state], ids=lambda act: act.__name__)
def test_whoever_needs_both_waits_for_the_trip_before_it_takes_the_connection(
    big_house: House, database_url: str, act: Callable[[House, Browser], Callable[[], httpx.Response]]
) -> None:
    # We hold the trip; who wants both must stand in line for it with the connection still free.
    go = act(big_house, Browser(big_house))
    with ThreadPoolExecutor(1) as pool, _trips_held(database_url) as holder:
        done = pool.submit(go)
        _await_waiting(holder)
        _require_free_connection(holder, big_house)
        holder.rollback()
        assert done.result().status_code < 500


def test_a_grant_waits_for_its_trip_before_it_takes_the_connection(big_house: House, database_url: str) -> None:
    # The trip is taken while its code is exchanged, between the two transactions of the callback.
    browser, slow = Browser(big_house), FaultRule("latency", path="/oauth-v1/token", seconds=0.3)
    query = approve(browser.begin())
    big_house.scene.sandbox.state.faults.add(slow)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(browser.come_back, query)
        wait_for(lambda: slow.hits, what="the exchange")
        with _trips_held(database_url) as holder:
            _await_waiting(holder)
            _require_free_connection(holder, big_house)
        assert done.result().status_code == 200


def test_two_first_trips_of_a_client_that_are_asked_for_at_once_both_begin(big_house: House) -> None:
    # The other request has made the client's connection and is about to commit when ours wants to make one.
    house = big_house
    house.forget_connection()
    with ThreadPoolExecutor(1) as pool:
        with house.store.write() as session:
            engagement = session.get_one(Engagement, house.scene.engagement_id)
            other_trip = Authorization(firm_id=engagement.firm_id, engagement_id=engagement.id, grant_type="x")
            connection_for(session, other_trip, engagement.client_id, house.scene.clock.now())
            asked = pool.submit(Browser(house).ask)
            wait_for(lambda: session.execute(text(WAITING)).scalar_one(), what="the one who waits")
        assert asked.result().startswith("/oauth/fortnox/start/")


def test_callbacks_and_disconnects_at_the_same_time_meet_no_deadlock(big_house: House, database_url: str) -> None:
    # Each round two trips of one browser come back, one of them denied, while the client is disconnected twice: all
    # want the same connection and the same trips, in an order that the seed shuffles.
    house, random = big_house, Random(SEED)
    statuses: list[int] = []
    with ThreadPoolExecutor(4) as pool:
        for _ in range(ROUNDS):
            browser, other = Browser(house), Browser(house)
            query, state = approve(browser.begin()), state_of(other.begin())
            acts: list[Callable[[], httpx.Response]] = [
                partial(browser.come_back, query),
                partial(other.come_back, f"state={state}&error=access_denied"),
                partial(house.http.delete, house.engagement_path("/connection")),
                partial(house.http.delete, house.engagement_path("/connection")),
            ]
            random.shuffle(acts)
            statuses += [answer.status_code for answer in pool.map(lambda act: act(), acts)]
    assert [status for status in statuses if status >= 500] == []
    house.store.close()  # a backend counts its deadlocks when it goes
    with psycopg.connect(database_url) as other_connection:
        wait_for(lambda: _backends(other_connection) == 1, what="the end of the other backends")
        counted = other_connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert counted.fetchone() == (0,)


@contextmanager
def _trips_held(database_url: str) -> Iterator[psycopg.Connection]:
    """Lock all trips, as long as the caller does not roll back."""
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT id FROM authorizations FOR UPDATE")
        yield holder
        holder.rollback()


def _await_waiting(holder: psycopg.Connection) -> None:
    """Return when another one waits for what the holder has."""
    wait_for(lambda: (holder.execute(WAITING).fetchone() or (0,))[0], what="the one who waits")


def _require_free_connection(holder: psycopg.Connection, house: House) -> None:
    holder.execute("SELECT id FROM connections WHERE id = %s FOR UPDATE NOWAIT", [house.scene.connection_id])


def _backends(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").fetchone()
    return row[0] if row else 0
