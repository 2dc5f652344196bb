"""Each test has a database and a vhost of its own in the servers of the run."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pika
import psycopg
import pytest

from tests.loopback import LeavesTheMachineError
from tests.servers import BrokerAddress, fresh_database, fresh_vhost, migrated_template


def test_a_fresh_database_answers_and_is_empty(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE only_here (id int)")
        assert connection.execute("SELECT count(*) FROM only_here").fetchone() == (0,)


def test_databases_are_copies_of_the_migrated_template_and_do_not_share_rows(postgres_url: str) -> None:
    def migrate(url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE thing (id int)")

    with (
        migrated_template(postgres_url, migrate) as template,
        fresh_database(postgres_url, template) as one,
        fresh_database(postgres_url, template) as other,
    ):
        with psycopg.connect(one) as connection:
            connection.execute("INSERT INTO thing VALUES (1)")
        with psycopg.connect(other) as connection:
            assert connection.execute("SELECT count(*) FROM thing").fetchone() == (0,)


def test_a_database_is_dropped_even_while_somebody_is_connected(postgres_url: str) -> None:
    with fresh_database(postgres_url) as url:
        left_open = psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
    left_open.close()


def test_a_queue_in_a_fresh_vhost_is_a_quorum_queue_without_asking_for_it(rabbitmq: BrokerAddress) -> None:
    with fresh_vhost(rabbitmq) as url, pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().queue_declare("orders", durable=True)
        vhost = urlsplit(url).path.removeprefix("/")
        described = httpx.get(f"{rabbitmq.management_url}/api/queues/{vhost}/orders").json()
    assert described["type"] == "quorum"


def test_a_vhost_is_gone_afterwards(rabbitmq: BrokerAddress) -> None:
    with fresh_vhost(rabbitmq) as url:
        pika.BlockingConnection(pika.URLParameters(url)).close()
    with pytest.raises(pika.exceptions.ProbableAccessDeniedError, match="not found"):
        pika.BlockingConnection(pika.URLParameters(url))


def test_a_new_sqlite_url_is_a_file_that_does_not_exist_yet(new_sqlite_url: str) -> None:
    assert not os.path.exists(new_sqlite_url.removeprefix("sqlite:///"))  # noqa: PTH110 - the path inside a URL


def test_a_test_cannot_leave_the_machine() -> None:
    with pytest.raises(LeavesTheMachineError):
        httpx.get("https://192.0.2.1/", timeout=1)  # an address that belongs to nobody (RFC 5737)
    with pytest.raises(LeavesTheMachineError):
        httpx.get("https://accountant.example/", timeout=1)


def test_the_wrapper_gives_both_addresses_to_a_command_and_returns_its_exit_code(
    postgres_url: str, rabbitmq: BrokerAddress
) -> None:
    look = "import os, sys; print(os.environ['TEST_DATABASE_URL'], os.environ['TEST_BROKER_URL']); sys.exit(7)"
    named = {
        "TEST_DATABASE_URL": postgres_url,
        "TEST_BROKER_URL": rabbitmq.url,
        "TEST_BROKER_MANAGEMENT_URL": rabbitmq.management_url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.servers", "run", "--", sys.executable, "-c", look],
        env=os.environ | named,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (7, [postgres_url, rabbitmq.url])
