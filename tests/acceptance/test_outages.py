"""What happens to work while processes and the broker come and go (P1, P8, P9), in production form."""

from __future__ import annotations

import signal
import time
from datetime import date
from pathlib import Path

import httpx
from sqlalchemy import func, select

from fortnox_pipeline.closing_program import ClosingProgram
from services.sandbox.generator import generate
from services.sandbox.spec import CompanySpec
from shared.messaging.broker import DEAD_QUEUE
from shared.store.database import Store
from shared.store.messages import DeadLetter, InboxMessage, OutboxMessage
from tests.deployment import Deployment, deployed
from tests.servers import Broker
from tests.waiting import wait_for

YEAR_END = date(2025, 12, 31)
EVENTS = 30


def test_while_the_broker_is_down_the_gateway_answers_202_and_afterwards_the_backlog_drains(
    database_url: str, own_rabbitmq: Broker, tmp_path: Path
) -> None:
    with deployed(database_url, own_rabbitmq.url, tmp_path, parts=("gateway", "relay", "importer")) as deployment:
        own_rabbitmq.wait_until_on_disk(own_rabbitmq.url, "importer")
        with deployment.api() as api:
            engagement = _engagement(api)
            _send(api, engagement, "before")
            own_rabbitmq.stop()
            for number in range(EVENTS):
                _send(api, engagement, f"during-{number}")
            wait_for(lambda: httpx.get(deployment.url("relay") + "/readyz").status_code == 503, what="the relay")
            assert httpx.get(deployment.url("gateway") + "/readyz").status_code == 200
            own_rabbitmq.start()
            _send(api, engagement, "after")
        store = Store(database_url)
        wait_for(
            lambda: _count(store, InboxMessage, consumer="importer") >= EVENTS + 2, seconds=60, what="the last one"
        )
        assert _count(store, DeadLetter) == 0
        store.close()
        for name in ("relay", "importer"):
            assert httpx.get(deployment.url(name) + "/readyz").status_code == 200


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_in_hand_and_another_goes_on(
    database_url: str, broker_url: str, tmp_path: Path
) -> None:
    company, _ = generate(CompanySpec(seed=7, database_number=500_001))
    parts = ("gateway", "relay", "importer")
    with deployed(database_url, broker_url, tmp_path, parts=parts, sandbox=["--seed", "7"]) as deployment:
        slow = {"kind": "latency", "path": "/3/sie/4", "nth": 1, "seconds": 2}
        control = httpx.Client(base_url=deployment.url("sandbox") + "/_control")
        control.post("/faults", json=[slow]).raise_for_status()
        importer = deployment.processes["importer"]
        with deployment.api() as api:
            closing = ClosingProgram(api)
            closing.connect(company.organisation_number, company.name, YEAR_END)
            wait_for(lambda: _years_asked_for(control) == 1, what="the slice that takes its time")
            stopped = time.monotonic()
            assert importer.send(signal.SIGTERM) == 0
            assert time.monotonic() - stopped > 1  # it has waited for Fortnox' answer
            importer.start()
            assert closing.finished_import()["state"] == "completed"
        assert _years_asked_for(control) == 3  # each year once: nothing was done again
        control.close()
        _assert_no_failure_was_counted(database_url, deployment)


def test_a_message_that_is_no_event_is_a_dead_letter_within_a_minute_and_the_others_flow(
    database_url: str, broker_url: str, tmp_path: Path
) -> None:
    import pika

    with deployed(database_url, broker_url, tmp_path, parts=("gateway", "relay", "importer")) as deployment:
        with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection:
            channel = connection.channel()
            channel.basic_publish("", "importer", b"\xff\x00 no event")
            channel.basic_publish("", DEAD_QUEUE, b"what the broker gave up by itself")
        with deployment.api() as api:
            _send(api, _engagement(api), "good")
        store = Store(database_url)
        wait_for(lambda: _count(store, InboxMessage, consumer="importer") == 1, what="the good one")
        wait_for(lambda: _count(store, DeadLetter) == 2, seconds=60, what="both dead letters")
        with store.read() as session:
            letters = {letter.consumer: letter for letter in session.scalars(select(DeadLetter))}
        assert letters["importer"].reason_code == "event-not-json"
        assert letters[DEAD_QUEUE].body == b"what the broker gave up by itself"
        store.close()


def _engagement(api: httpx.Client) -> str:
    client = api.post("/v1/clients", json={"organisation_number": "556016-0680", "name": "Kunden AB"}).json()
    body = {"client_id": client["id"], "year_end": "2025-12-31", "data_source": "fortnox"}
    return str(api.post("/v1/engagements", json=body).json()["id"])


def _send(api: httpx.Client, engagement: str, event_id: str) -> None:
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": "upstream",
        "type": "fortnox.import-requested.v1",
        "subject": engagement,
        "data": {},
    }
    answer = api.post("/v1/events", json=event, headers={"Content-Type": "application/cloudevents+json"})
    assert answer.status_code == 202, answer.text


def _years_asked_for(control: httpx.Client) -> int:
    return len([entry for entry in control.get("/journal").json() if entry["path"].startswith("/3/sie/4")])


def _assert_no_failure_was_counted(database_url: str, deployment: Deployment) -> None:
    store = Store(database_url)
    with store.read() as session:
        attempts = {body.get("attempt", 1) for body in session.scalars(select(OutboxMessage.body))}
    assert attempts == {1}
    assert _count(store, DeadLetter) == 0
    store.close()
    assert "Traceback" not in deployment.processes["importer"].log.read_text()


def _count(store: Store, table: type[InboxMessage | DeadLetter], **values: str) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(table).filter_by(**values)) or 0
