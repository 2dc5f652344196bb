"""A worker process of its own, to be killed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from services.exporter.actors import routes
from services.sandbox.grants import Client as Integration
from shared.clock import ManualClock
from shared.connections.access import FortnoxAccess
from shared.fortnox import OAuthClient
from shared.messaging.consumer import Consumer
from shared.security.vault import Vault
from shared.store.database import Store
from tests.scene import REDIRECT_URI


@dataclass(frozen=True)
class Orders:
    """What the process has to know; its clock stands still at `now`."""

    database_url: str
    sandbox_url: str
    vault_key: bytes
    now: datetime
    body: bytes


def work(orders: Orders) -> None:
    """Deal with one message and end."""
    store, clock = Store(orders.database_url), ManualClock(orders.now)
    integration = Integration()
    with OAuthClient(
        client_id=integration.id,
        client_secret=integration.secret,
        auth_url=f"{orders.sandbox_url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=clock,
    ) as oauth:
        access = FortnoxAccess(store, clock, Vault({"killed": orders.vault_key}), oauth, orders.sandbox_url)
        Consumer("exporter", routes(access), store, clock, Random(0)).receive(orders.body)
    store.close()
