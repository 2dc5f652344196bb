"""The few calls of RabbitMQ's management HTTP API that the tests need."""

from __future__ import annotations

from urllib.parse import quote

import httpx


def listens(management_url: str, amqp_port: int) -> bool:
    try:
        answer = httpx.get(f"{management_url}/api/health/checks/port-listener/{amqp_port}", timeout=5)
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK


def add_vhost(management_url: str, name: str) -> None:
    """A vhost whose queues are quorum queues unless they say otherwise, open to the user of the URL."""
    user = httpx.URL(management_url).username
    vhost = quote(name, safe="")
    with httpx.Client(base_url=management_url, timeout=30) as api:
        quorum = {"default_queue_type": "quorum", "defaultqueuetype": "quorum"}  # newer versions; RabbitMQ 3.10
        api.put(f"/api/vhosts/{vhost}", json=quorum).raise_for_status()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        api.put(f"/api/permissions/{vhost}/{quote(user, safe='')}", json=everything).raise_for_status()


def drop_vhost(management_url: str, name: str) -> None:
    httpx.delete(f"{management_url}/api/vhosts/{quote(name, safe='')}", timeout=30).raise_for_status()
