"""What the bus promises while everything on the way is killed: P1 (nothing lost) and P2 (one effect)."""

from __future__ import annotations

import random
import signal
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import httpx
from sqlalchemy import func, select

from shared.store.database import Store
from shared.store.imports import Import
from shared.store.messages import DeadLetter, InboxMessage, OutboxMessage
from tests.chaos.counts import Counts, part
from tests.deployment import Deployment, deployed
from tests.servers import Broker, fresh_database, new_postgres, new_rabbitmq, running
from tests.waiting import wait_for

EVENTS = 300
KILLS = 12
DRAIN_S = 180.0


@part("pipeline")
def events_while_relay_worker_gateway_and_broker_are_killed(seed: int) -> Counts:
    """Send events and each of them twice, kill -9 at seeded moments, then compare what was promised with the tables.

    The engagement has no connection, so every import-requested ends as one failed import: an effect to be counted.
    """
    with (
        running(new_postgres(durable=True)) as postgres,
        running(new_rabbitmq()) as broker,
        fresh_database(postgres.url) as database_url,
        tempfile.TemporaryDirectory() as folder,
        deployed(database_url, broker.url, Path(folder), parts=("gateway", "relay", "importer")) as deployment,
    ):
        broker.wait_until_on_disk(broker.url, "importer")
        store = Store(database_url)
        acknowledged, interrupted = _storm(deployment, broker, random.Random(seed))
        _drain(deployment, store, acknowledged)
        counts = _count(store, acknowledged, interrupted, seed)
        store.close()
        return counts


def _storm(deployment: Deployment, broker: Broker, rng: random.Random) -> tuple[set[str], int]:
    """Send while killing; return the ids that were answered with 202, and how many kills there were."""
    with deployment.api() as api:
        engagement = _engagement(api)
    stop = threading.Event()
    kills = 0
    acknowledged: set[str] = set()

    def send() -> None:
        for number in range(EVENTS):
            event_id = f"event-{number}"
            event: dict[str, object] = {
                "specversion": "1.0",
                "id": event_id,
                "source": "chaos",
                "type": "fortnox.import-requested.v1",
                "subject": engagement,
                "data": {},
            }
            _send_until_acknowledged(deployment, event)
            acknowledged.add(event_id)
            if rng.random() < 0.3:
                _send_until_acknowledged(deployment, event)
        stop.set()

    sender = threading.Thread(target=send)
    sender.start()
    while not stop.wait(rng.uniform(0.2, 1.0)) and kills < KILLS:
        victim = rng.choice(["relay", "importer", "gateway", "relay", "importer", "broker"])
        kills += 1
        if victim == "broker":
            broker.kill()
            broker.start()
        else:
            deployment.processes[victim].send(signal.SIGKILL)
            deployment.processes[victim].start()
    sender.join()
    return acknowledged, kills


def _send_until_acknowledged(deployment: Deployment, event: dict[str, object]) -> None:
    """Repeat the same event until it is answered, as an upstream system does when an answer stays away."""

    def answered() -> bool:
        try:
            with deployment.api() as api:
                answer = api.post("/v1/events", json=event, headers={"Content-Type": "application/cloudevents+json"})
        except httpx.TransportError:
            return False
        if answer.status_code != 202:
            raise AssertionError(answer.text)
        return True

    wait_for(answered, seconds=60, what="the gateway")


def _engagement(api: httpx.Client) -> str:
    client = api.post("/v1/clients", json={"organisation_number": "556016-0680", "name": "Kunden AB"}).json()
    body = {"client_id": client["id"], "year_end": "2025-12-31", "data_source": "fortnox"}
    return str(api.post("/v1/engagements", json=body).json()["id"])


def _drain(deployment: Deployment, store: Store, acknowledged: set[str]) -> None:
    """Wait until everything is dealt with, or until the time for it is over: then the counts tell."""
    with suppress(AssertionError):
        wait_for(lambda: acknowledged <= _settled(store) and not _unsent(store), seconds=DRAIN_S, what="the last event")


def _settled(store: Store) -> set[str]:
    """Return the ids of our events that the importer has dealt with."""
    with store.read() as session:
        dealt_with = select(InboxMessage.event_id).where(
            InboxMessage.consumer == "importer", InboxMessage.event_id.startswith("event-")
        )
        return set(session.scalars(dealt_with))


def _unsent(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).where(OutboxMessage.sent_at.is_(None))) or 0


def _count(store: Store, acknowledged: set[str], kills: int, seed: int) -> Counts:
    settled = _settled(store)
    with store.read() as session:
        effects = session.scalar(select(func.count()).select_from(Import)) or 0
        dead = session.scalar(select(func.count()).select_from(DeadLetter)) or 0
    return Counts(
        name=f"events, {kills} kills of relay, worker, gateway and broker",
        seed=seed,
        attempted=EVENTS,
        acknowledged=len(acknowledged),
        ok=len(settled & acknowledged),
        lost=len(acknowledged - settled),
        duplicated=max(0, effects - len(settled)),
        unknown=dead + _unsent(store),
        recovered=kills,
    )
