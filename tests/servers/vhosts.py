"""A RabbitMQ vhost per test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.servers import management
from tests.servers.server import BrokerAddress


@contextmanager
def fresh_vhost(broker: BrokerAddress) -> Iterator[str]:
    """Yields the AMQP URL of an empty vhost with quorum queues, and drops it afterwards with all that is in it."""
    name = f"test-{secrets.token_hex(6)}"
    management.add_vhost(broker.management_url, name)
    try:
        yield urlsplit(broker.url)._replace(path=f"/{name}").geturl()
    finally:
        management.drop_vhost(broker.management_url, name)
