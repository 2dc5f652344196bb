"""Real servers for the tests: PostgreSQL and RabbitMQ, wherever they can be had.

In this order: those named in the environment (TEST_DATABASE_URL, TEST_BROKER_URL); containers, when a Docker engine
answers; installed binaries, started on free loopback ports in a temporary folder; on Debian as root, the packages are
installed first, after saying so; else an error that says what to install. No test is ever skipped for want of a server.

One pair serves a whole run: `python -m tests.servers run -- pytest -n 2`. Each test has a database and a vhost of its
own in it. Tests that stop or kill a server start one that nobody else uses.
"""

from __future__ import annotations

from tests.servers.databases import fresh_database, migrated_template
from tests.servers.server import Broker, BrokerAddress, Server, ServerError, running
from tests.servers.source import new_postgres, new_rabbitmq, shared_postgres, shared_rabbitmq
from tests.servers.vhosts import fresh_vhost

__all__ = [
    "Broker",
    "BrokerAddress",
    "Server",
    "ServerError",
    "fresh_database",
    "fresh_vhost",
    "migrated_template",
    "new_postgres",
    "new_rabbitmq",
    "running",
    "shared_postgres",
    "shared_rabbitmq",
]
