"""A server of a test's own can be stopped, killed and started again: same address, same data."""

from __future__ import annotations

import pika
import psycopg
import pytest

from tests.servers import Broker, Server, fresh_vhost


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_committed_rows_outlive_the_end_of_postgresql(own_postgres: Server, ending: str) -> None:
    with psycopg.connect(own_postgres.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS survivor (ending text)")
        connection.execute("INSERT INTO survivor VALUES (%s)", [ending])
    open_session = psycopg.connect(own_postgres.url)

    getattr(own_postgres, ending)()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own_postgres.url, connect_timeout=5)
    with pytest.raises(psycopg.OperationalError):
        open_session.execute("SELECT 1")
    open_session.close()

    own_postgres.start()
    with psycopg.connect(own_postgres.url) as connection:
        assert connection.execute("SELECT count(*) FROM survivor WHERE ending = %s", [ending]).fetchone() == (1,)


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_confirmed_message_outlives_the_end_of_rabbitmq(own_rabbitmq: Broker, ending: str) -> None:
    with fresh_vhost(own_rabbitmq) as url:
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            channel = connection.channel()
            channel.queue_declare("orders", durable=True)
            channel.confirm_delivery()
            channel.basic_publish("", "orders", b"not lost", pika.BasicProperties(delivery_mode=2), mandatory=True)
        own_rabbitmq.wait_until_on_disk(url, "orders")

        getattr(own_rabbitmq, ending)()
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            pika.BlockingConnection(pika.URLParameters(url))

        own_rabbitmq.start()
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            _, _, body = connection.channel().basic_get("orders", auto_ack=True)
    assert body == b"not lost"
