"""The database and the broker killed and started again while an export is at work."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from fortnox_pipeline.closing_program import FINISHED_EXPORT, ClosingProgram
from services.sandbox.faults import FaultRule
from services.sandbox.generator import generate
from services.sandbox.server import SandboxServer
from services.sandbox.state import SandboxState
from shared.clock import ManualClock
from shared.messaging.events import Event
from shared.store.adjustments import Adjustment
from shared.store.connections import Connection
from tests.chaos.counts import Counts
from tests.chaos.export_cases import Asked, Case, office
from tests.chaos.export_runs import counts, run_case
from tests.chaos.renewing import Orders, opened
from tests.deployment import Deployment, deployed
from tests.integration.exporter.closing import A_LEASE, SERIES, YEAR_END, Closing
from tests.scene import SMALL, Scene
from tests.servers import Broker, Server, fresh_database, new_postgres, new_rabbitmq, running
from tests.waiting import wait_for

POSTGRES_KILLS, BROKER_KILLS = 30, 10
MOST_CALLS = 12  # after so many the last one of an export of two has left
PARTS = ("gateway", "relay", "importer", "exporter")
EXPORTED_WITHIN_S = 200.0  # a lease and some


def kill_postgres(seed: int, kills: int = POSTGRES_KILLS) -> Counts:
    """Kill PostgreSQL after a drawn number of calls of an export or an undo, start it, and let another worker go on."""
    with (
        running(new_postgres(durable=True)) as server,
        fresh_database(server.url) as database_url,
        tempfile.TemporaryDirectory() as folder,
        office(database_url, Path(folder)) as rooms,
    ):
        results = [
            run_case(rooms.case("postgres", seed, number), lambda case: _postgres_killed(case, server))
            for number in range(kills)
        ]
    return counts(f"{kills} × PostgreSQL killed in an export or its undo", seed, results)


def _postgres_killed(case: Case, server: Server) -> None:
    case.adjust(case.rng.choices("VS", k=2), files=(case.rng.choice((0, 1)),))
    events = [case.plan()]
    if case.rng.random() < 0.4:
        _deliver(case, events)
        case.finish()
        events, case.taken_back = [*case.undo()], True
    scene = case.closing.scene
    arrivals = scene.sandbox.state.rate.arrivals[scene.company.database_number]
    until, delay_s = arrivals.calls + case.rng.randint(1, MOST_CALLS), case.rng.uniform(0, 0.05)
    case.spoil(FaultRule("latency", path="/3/*", count=None, seconds=0.05))
    worker = threading.Thread(target=_deliver, args=(case, events))
    worker.start()
    wait_for(lambda: arrivals.calls >= until or not worker.is_alive(), what=f"call {until}")
    case.interrupted = worker.is_alive()
    time.sleep(delay_s)  # the moment of the kill is the seed's
    server.kill()
    worker.join()
    server.start()
    scene.sandbox.state.faults.clear()
    scene.store.close()
    case.wait(A_LEASE)
    _deliver(case, events)
    case.finish()


def _deliver(case: Case, events: list[Event | None]) -> None:
    """Deliver as a worker does from whose hands the broker takes back what it could not even record."""
    for event in events:
        with suppress(SQLAlchemyError):
            if event is not None:
                case.deliver(event)


def kill_rabbitmq(seed: int, kills: int = BROKER_KILLS) -> Counts:
    """Kill RabbitMQ at a drawn moment of an export that processes of their own work on, and start it again."""
    with (
        running(new_postgres(durable=True)) as postgres,
        running(new_rabbitmq()) as broker,
        fresh_database(postgres.url) as database_url,
        tempfile.TemporaryDirectory() as folder,
        _house(database_url, broker, Path(folder)) as house,
    ):
        results = [run_case(house.case(seed, number), house.export_while_the_broker_dies) for number in range(kills)]
    return counts(f"{kills} × RabbitMQ killed in an export", seed, results)


@dataclass
class House:
    """The pipeline in processes of its own, its broker, and a closing that looks at what it does."""

    deployment: Deployment
    api: httpx.Client
    broker: Broker
    closing: Closing
    folder: Path

    def case(self, seed: int, number: int) -> Case:
        self.closing.scene.sandbox.state.journal.clear()
        rng = Random(f"{seed} rabbitmq {number}")
        return Case(self.closing, self.closing, self.folder, b"", f"rabbitmq {number}", rng, seed, number)

    def export_while_the_broker_dies(self, case: Case) -> None:
        case.interrupted = True
        path = f"/v1/engagements/{self.closing.scene.engagement_id}"
        adjustments = [_adjustment(case, kind, place) for place, kind in enumerate(case.rng.choices("VS", k=3))]
        self.api.post(f"{path}/adjustments", json=adjustments).raise_for_status()
        with self.closing.scene.store.read() as session:
            for row in session.scalars(select(Adjustment).where(Adjustment.text.in_([a["text"] for a in adjustments]))):
                (amount_ore,) = [row.debit_ore for row in row.rows if row.debit_ore]
                case.asked.append(Asked(row.id, f"{row.kind}{row.number}", row.text, amount_ore))
        killer = threading.Timer(case.rng.uniform(0, 1.5), self._restart_broker)
        killer.start()
        started = self.api.post(f"{path}/exports", json={"series": SERIES}).raise_for_status().json()
        wait_for(lambda: self._has_ended(started["id"]), seconds=EXPORTED_WITHIN_S, what="the export")
        killer.join()

    def _has_ended(self, export_id: str) -> bool:
        return self.api.get(f"/v1/exports/{export_id}").raise_for_status().json()["state"] in FINISHED_EXPORT

    def _restart_broker(self) -> None:
        self.broker.kill()
        self.broker.start()
        self.deployment.restart_ended()


@contextmanager
def _house(database_url: str, broker: Broker, folder: Path) -> Iterator[House]:
    """Run the pipeline with a stand-in in this process, connect a client and wait for its first import."""
    company, truth = generate(SMALL)
    state = SandboxState(auto_approve=True)
    state.switches.rate_limit = False
    state.add_company(company, truth)
    with SandboxServer(state) as sandbox:
        settings = {
            "FORTNOX_API_URL": sandbox.url,
            "FORTNOX_AUTH_URL": f"{sandbox.url}/oauth-v1",
            "DATA_DIR": str(folder / "data"),
        }
        orders = Orders(database_url, sandbox.url, os.urandom(32), str(folder))
        with (
            deployed(database_url, broker.url, folder, parts=PARTS, settings=settings) as deployment,
            deployment.api() as api,
            opened(orders) as access,
        ):
            for queue in ("importer", "exporter"):
                broker.wait_until_on_disk(broker.url, queue)
            program = ClosingProgram(api)
            program.connect(company.organisation_number, company.name, YEAR_END)
            program.finished_import()
            with access.store.read() as session:
                connection = session.scalars(select(Connection)).one()
            clock = ManualClock(access.clock.now())
            ids = (connection.firm_id, connection.client_id, connection.engagement_id, connection.id)
            scene = Scene(access.store, clock, sandbox, access, company, truth, *ids)
            yield House(deployment, api, broker, Closing(scene), folder)


def _adjustment(case: Case, kind: str, place: int) -> dict[str, Any]:
    amount = f"{case.rng.randint(1, 50_000)}.00"
    return {
        "kind": kind,
        "number": case.number * 10 + place + 1,
        "date": case.day.isoformat(),
        "text": f"Fall {case.label} nr {place}.",
        "rows": [
            {"account": "5020", "debit": amount, "credit": "0.00"},
            {"account": "2990", "debit": "0.00", "credit": amount},
        ],
    }
