"""The relay: publishes what is due in the outbox, and brings the broker's dead letters into the table."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pika
import structlog
from sqlalchemy import func, select

from shared.clock import Clock
from shared.errors import Rejected, Retryable
from shared.messaging import inbox
from shared.messaging.broker import AWAY, DEAD_QUEUE, Publisher, declare_exchanges
from shared.messaging.consumer import WHY_DEAD
from shared.messaging.events import parse_event
from shared.messaging.outbox import BATCH, emit, forget_sent, oldest_due_age_s, relay_batch, take_back_unfinished
from shared.observability.metrics import DEAD_LETTERS, OUTBOX_OLDEST_S
from shared.store.database import Store, is_away
from shared.store.engagements import Engagement
from shared.store.messages import DeadLetter

log = structlog.get_logger(__name__)

IDLE_S = 0.1
LONGEST_PAUSE_S = 5.0
HOUSEKEEPING_S = 10.0
KEEP_SENT_DAYS = 7
# RabbitMQ confirms what a quorum queue holds before the new queue's name is on disk: a kill within seconds of the first
# declaration loses both. So what was sent shortly before the broker went away is sent again when it is back.
DOUBTFUL_S = 60.0
LEASES_ARE_OVER = timedelta(minutes=3)  # a run is ended when no lease of a worker that died over it can hold any more


class Relay:
    """Runs until it is stopped, whatever happens; any number of relays may run beside each other."""

    def __init__(self, store: Store, clock: Clock, publisher: Publisher, *, broker_url: str | None = None) -> None:
        self._store = store
        self._clock = clock
        self._publisher = publisher
        self._broker_url = broker_url
        self._stopping = threading.Event()
        self._next_housekeeping = clock.now()
        self._away_since: datetime | None = None
        self.is_healthy = False

    def run(self) -> None:
        pause_s = IDLE_S
        while not self._stopping.is_set():
            try:
                self._measure()
                sent = relay_batch(self._store, self._clock, self._publisher.publish)
                self._keep_house()
                self._after_outage()
            except Exception as error:  # a relay that has ended looks alive from the outside
                self.is_healthy = False
                self._away_since = self._away_since or self._clock.now()
                is_known = isinstance(error, Retryable) or is_away(error)
                log.warning("relay_cannot_publish", error=str(error), exc_info=not is_known)
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
                self._stopping.wait(pause_s)
                continue
            self.is_healthy = True
            pause_s = IDLE_S
            if sent < BATCH:
                self._stopping.wait(IDLE_S)
        self._publisher.close()

    def stop(self) -> None:
        self._stopping.set()

    def _after_outage(self) -> None:
        if self._away_since is None:
            return
        doubtful = self._away_since - timedelta(seconds=DOUBTFUL_S)
        taken_back = take_back_unfinished(self._store, self._clock, sent_after=doubtful)
        log.info("relay_is_back", away_since=self._away_since.isoformat(), taken_back=taken_back)
        self._away_since = None

    def _measure(self) -> None:
        """Tell what waits, most of all while nothing can be published."""
        OUTBOX_OLDEST_S.set(oldest_due_age_s(self._store, self._clock))

    def _keep_house(self) -> None:
        now = self._clock.now()
        if now < self._next_housekeeping:
            return
        self._next_housekeeping = now + timedelta(seconds=HOUSEKEEPING_S)
        self._publisher.publish([])
        if self._broker_url is not None:
            collect_dead_letters(self._broker_url, self._store, self._clock)
        with self._store.read() as session:
            DEAD_LETTERS.set(
                session.scalar(select(func.count()).select_from(DeadLetter).where(DeadLetter.decided_at.is_(None))) or 0
            )
        forget_sent(self._store, now - timedelta(days=KEEP_SENT_DAYS))
        inbox.forget(self._store, now - timedelta(days=inbox.KEEP_DAYS))


def collect_dead_letters(broker_url: str, store: Store, clock: Clock) -> int:
    """Move what the broker dead-lettered (a message that killed its workers, say) into the table; return how many.

    Raises Retryable when the broker is away. A message is acknowledged after the commit of its row.
    """
    collected = 0
    try:
        connection = pika.BlockingConnection(pika.URLParameters(broker_url))
        try:
            channel = connection.channel()
            declare_exchanges(channel)
            while True:
                method, properties, body = channel.basic_get(DEAD_QUEUE)
                if method is None:
                    return collected
                store_dead_letter(store, clock, properties, body)
                channel.basic_ack(method.delivery_tag)
                collected += 1
        finally:
            if connection.is_open:
                connection.close()
    except AWAY as error:
        raise Retryable("broker-unavailable", f"the dead letters could not be read: {error!r}") from error


def store_dead_letter(store: Store, clock: Clock, properties: pika.BasicProperties, body: bytes) -> None:
    death = ((properties.headers or {}).get("x-death") or [{}])[0]
    code = "message-" + str(death.get("reason", "dead-lettered")).replace("_", "-")
    try:
        event = parse_event(body)
    except Rejected:
        event = None
    now = clock.now()
    with store.write() as session:
        of_engagement = select(Engagement.firm_id).where(Engagement.id == event.subject) if event else None
        firm_id = None if of_engagement is None else session.scalar(of_engagement)
        if event is not None and event.dead is None:
            ends = event.model_copy(update={"dead": code})
            emit(session, ends, firm_id=firm_id, now=now, not_before=now + LEASES_ARE_OVER)
        session.add(
            DeadLetter(
                firm_id=firm_id,
                consumer=str(death.get("queue", DEAD_QUEUE)),
                source=event.source if event else None,
                event_id=event.id if event else None,
                body=body,
                reason_code=code,
                reason=WHY_DEAD.get(code, "The broker gave the message up."),
                created_at=now,
            )
        )
