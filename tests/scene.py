"""A firm with a client, an engagement and a live connection to a company in the stand-in: where most tests begin."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
from sqlalchemy import select
from uuid6 import uuid7

from services.sandbox.company import Company
from services.sandbox.edits import Desk
from services.sandbox.generator import generate
from services.sandbox.grants import Client as Integration
from services.sandbox.server import SandboxServer
from services.sandbox.spec import CompanySpec
from services.sandbox.state import SandboxState
from services.sandbox.truth import Truth
from shared.clock import ManualClock
from shared.connections.access import FortnoxAccess
from shared.connections.journal import RenewalJournal
from shared.connections.states import ACTIVE, AUTHORIZATION_CODE
from shared.connections.tokens import keep_grant
from shared.fortnox import SCOPES, Grant, OAuthClient
from shared.fortnox.pacing import USUAL_PACE, Pace
from shared.messaging.consumer import Consumer, Route
from shared.messaging.events import Event, Lane, Payload, new_event
from shared.messaging.outbox import emit, relay_batch
from shared.security.vault import Vault
from shared.store.connections import Connection
from shared.store.database import Store
from shared.store.engagements import Client, Engagement
from shared.store.firms import Firm
from shared.store.imports import Import
from shared.store.messages import DeadLetter
from shared.store.tables import Base

SMALL = CompanySpec(
    seed=1,
    vouchers_per_year=60,
    customers=6,
    suppliers=6,
    invoices_per_year=20,
    supplier_invoices_per_year=20,
)
"""Four calendar years 2023 to 2026, the last one running; enough of everything, and quick."""

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nothing is encrypted here, and loading them takes a while
UNPACED = Pace(window_s=0)
REDIRECT_URI = "http://127.0.0.1/oauth/fortnox/callback"


@dataclass
class Scene:
    """`clock` is ours and stands still; the stand-in's runs by itself.."""

    store: Store
    clock: ManualClock
    sandbox: SandboxServer
    access: FortnoxAccess
    company: Company
    truth: Truth
    firm_id: UUID
    client_id: UUID
    engagement_id: UUID
    connection_id: UUID
    delivered: list[Event] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        """Who edits the books inside Fortnox; take `sandbox.state.lock` around it only when calls are under way."""
        return Desk(self.sandbox.state, self.sandbox.state.tenants[self.company.database_number])

    def journal(self) -> list[str]:
        """Return "METHOD path?query" of every call to the API of this company, in order."""
        entries = self.sandbox.state.journal.entries(self.company.database_number)
        return [f"{entry['method']} {entry['path']}" for entry in entries if not entry["path"].startswith("/oauth")]

    def consumer(self, name: str, routes: Mapping[str, Route]) -> Consumer:
        """A worker's consumer, as new as after a restart."""
        return Consumer(name, routes, self.store, self.clock, Random(0))

    def send(self, name: str, payload: Payload, *, lane: Lane = "interactive") -> Event:
        """Put an event into the outbox, as the gateway does."""
        event = new_event(name, self.engagement_id, payload, self.clock.now(), lane)
        with self.store.write() as session:
            emit(session, event, firm_id=self.firm_id, now=self.clock.now())
        return event

    def due_events(self) -> list[Event]:
        """Take what is due out of the outbox, as the relay does."""
        taken: list[Event] = []
        relay_batch(self.store, self.clock, taken.extend)
        return taken

    def step(self, consumers: Mapping[str, Consumer]) -> list[Event]:
        """Deliver once what is due now, to the consumer of each event's name; return what was taken from the outbox."""
        events = self.due_events()
        for event in events:
            consumer = consumers.get(event.name)
            if consumer is not None:
                consumer.receive(event.model_dump_json(exclude_none=True).encode())
        self.delivered += events
        return events

    def pump(self, consumers: Mapping[str, Consumer]) -> list[Event]:
        """Deliver until nothing is due any more; return all that was taken from the outbox, in order."""
        taken: list[Event] = []
        while events := self.step(consumers):
            taken += events
        return taken

    def imports(self) -> list[Import]:
        with self.store.read() as session:
            return list(session.scalars(select(Import).order_by(Import.created_at, Import.id)))

    def dead_letters(self) -> list[DeadLetter]:
        with self.store.read() as session:
            return list(session.scalars(select(DeadLetter)))

    def connection(self) -> Connection:
        with self.store.read() as session:
            return session.get_one(Connection, self.connection_id)

    def engagement(self) -> Engagement:
        with self.store.read() as session:
            return session.get_one(Engagement, self.engagement_id)

    def change(self, table: type[Any], key: object, **values: object) -> None:
        """Set columns of one row, for what another service would have done."""
        with self.store.write() as session:
            row = session.get_one(table, key)
            for column, value in values.items():
                setattr(row, column, value)

    def reconnect(self) -> None:
        """Approve once more at Fortnox, and put the new tokens into the connection."""
        grant = approve(self.access.oauth)
        with self.store.write() as session:
            row = session.get_one(Connection, self.connection_id)
            keep_grant(row, grant, self.access.vault, self.clock.now())


@contextmanager
def open_scene(
    database_url: str,
    spec: CompanySpec = SMALL,
    *,
    year_end: date | None = None,
    generated: tuple[Company, Truth] | None = None,
    paced: bool = False,
) -> Iterator[Scene]:
    """Set the scene in an empty or migrated database.

    The engagement closes the last year that has ended, unless `year_end` says otherwise. `generated` is a company to
    take instead of generating one from `spec`. Fortnox' rate limit, for which one would only wait, is `paced` or off.
    """
    company, truth = generated or generate(spec)
    state = SandboxState(auto_approve=True)
    state.switches.rate_limit = paced
    state.add_company(company, truth)
    clock = ManualClock(datetime.now(UTC))
    store = Store(database_url, calendar=clock)
    try:
        Base.metadata.create_all(store.engine)
        with (
            SandboxServer(state) as sandbox,
            _oauth(sandbox.url, clock) as oauth,
            tempfile.TemporaryDirectory() as folder,
        ):
            vault = Vault({"test": os.urandom(32)})
            journal = RenewalJournal(Path(folder), vault)
            access = FortnoxAccess(store, clock, vault, oauth, sandbox.url, journal, USUAL_PACE if paced else UNPACED)
            rows = _firm_rows(clock.now(), company, year_end or _last_ended(company))
            connection = _connection(rows, approve(oauth), vault, clock.now())
            with store.write() as session:
                for row in (*rows, connection):
                    session.add(row)
                    session.flush()
            firm, client, engagement = rows
            yield Scene(store, clock, sandbox, access, company, truth, firm.id, client.id, engagement.id, connection.id)
    finally:
        store.close()


def approve(oauth: OAuthClient) -> Grant:
    """Go to Fortnox and back as the accountant's browser does, and exchange the code."""
    url = oauth.authorize_url("a-state", sorted(SCOPES), service_account=False)
    answer = httpx.get(url, follow_redirects=False, verify=NO_CERTIFICATES)
    return oauth.exchange_code(parse_qs(urlsplit(answer.headers["location"]).query)["code"][0])


def names(events: Sequence[Event]) -> list[str]:
    return [event.name for event in events]


@contextmanager
def _oauth(sandbox_url: str, clock: ManualClock) -> Iterator[OAuthClient]:
    integration = Integration()
    with OAuthClient(
        client_id=integration.id,
        client_secret=integration.secret,
        auth_url=f"{sandbox_url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=clock,
    ) as oauth:
        yield oauth


def _last_ended(company: Company) -> date:
    years = company.years_by_date()
    return (years[-2] if len(years) > 1 else years[-1]).to_date


def _firm_rows(now: datetime, company: Company, year_end: date) -> tuple[Firm, Client, Engagement]:
    firm = Firm(id=uuid7(), name="Revision & Råd AB", created_at=now)
    client = Client(
        id=uuid7(),
        firm_id=firm.id,
        organisation_number=company.organisation_number,
        name=company.name,
        created_at=now,
    )
    engagement = Engagement(
        id=uuid7(),
        firm_id=firm.id,
        client_id=client.id,
        year_end=year_end,
        data_source="fortnox",
        last_run=0,
        created_at=now,
    )
    return firm, client, engagement


def _connection(rows: tuple[Firm, Client, Engagement], grant: Grant, vault: Vault, now: datetime) -> Connection:
    firm, client, engagement = rows
    connection = Connection(
        id=uuid7(),
        firm_id=firm.id,
        client_id=client.id,
        engagement_id=engagement.id,
        state=ACTIVE,
        grant_type=AUTHORIZATION_CODE,
        company_name=client.name,
        scopes=[],
        granted_by="anna",
        version=0,
        created_at=now,
    )
    keep_grant(connection, grant, vault, now)
    return connection
