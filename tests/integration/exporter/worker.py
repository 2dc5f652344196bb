"""A worker process of its own, to be killed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from services.exporter.actors import routes
from services.sandbox.grants import Client as Integration
from shared.clock import ManualClock
from shared.connections.access import FortnoxAccess
from shared.connections.journal import RenewalJournal
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
    oauth_client = OAuthClient(
        client_id=integration.id,
        client_secret=integration.secret,
        auth_url=f"{orders.sandbox_url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=clock,
    )
    with oauth_client as oauth, tempfile.TemporaryDirectory() as folder:
        vault = Vault({"killed": orders.vault_key})
        journal = RenewalJournal(Path(folder), vault)
        access = FortnoxAccess(store, clock, vault, oauth, orders.sandbox_url, journal)
        Consumer("exporter", routes(access), store, clock, Random(0)).receive(orders.body)
    store.close()
