"""A worker process of its own, to be killed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random

from services.exporter.actors import routes
from services.sandbox.grants import Client as Integration
from shared.clock import ManualClock
from shared.connections.access import FortnoxAccess
from shared.connections.journal import RenewalJournal
from shared.fortnox import OAuthClient
from shared.messaging.consumer import Consumer
from shared.messaging.events import Event
from shared.security.vault import Vault
from shared.store.database import Store
from tests.integration.exporter.closing import A_LEASE, Closing, body_of
from tests.scene import REDIRECT_URI
from tests.waiting import wait_for


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


@dataclass(frozen=True)
class Killer:
    """Starts a worker process, and kills it with SIGKILL in the middle of its work."""

    closing: Closing
    processes: ForkServerContext
    database_url: str
    vault_key: bytes

    def kill(self, event: Event, *, after_calls: int) -> None:
        """Kill the worker when so many of its calls have arrived at Fortnox; let its lease run out."""
        scene = self.closing.scene
        arrivals = scene.sandbox.state.rate.arrivals[scene.company.database_number]
        until = arrivals.calls + after_calls
        orders = Orders(self.database_url, scene.sandbox.url, self.vault_key, scene.clock.now(), body_of(event))
        worker = self.processes.Process(target=work, args=(orders,))
        worker.start()
        wait_for(lambda: arrivals.calls >= until, what=f"call {after_calls}")
        worker.kill()
        worker.join()
        worker.close()
        assert self.closing.export().state == "running"
        scene.clock.advance(A_LEASE)
