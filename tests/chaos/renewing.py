"""Many connections of one firm to one company, and processes of their own that renew them until they are killed."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.sandbox.generator import generate
from services.sandbox.grants import Client as Integration
from services.sandbox.grants import Pair
from services.sandbox.server import SandboxServer
from services.sandbox.state import SandboxState
from shared.clock import Clock, SystemClock
from shared.connections.access import FortnoxAccess
from shared.connections.grants import bound_to, keep_grant
from shared.connections.journal import RenewalJournal
from shared.connections.states import AUTHORIZATION_CODE, PENDING
from shared.errors import PipelineError
from shared.fortnox import Grant, OAuthClient
from shared.observability.logging import configure_logging
from shared.security.vault import Vault
from shared.store.connections import Connection
from shared.store.database import Store
from shared.store.engagements import Client, Engagement
from shared.store.firms import Firm
from shared.store.tables import Base
from tests.scene import REDIRECT_URI, SMALL, approve

TOKEN_CALLS = "/oauth-v1/token"


@dataclass(frozen=True)
class Orders:
    """What a process has to know."""

    database_url: str
    sandbox_url: str
    vault_key: bytes
    folder: str


@contextmanager
def opened(orders: Orders, clock: Clock | None = None) -> Iterator[FortnoxAccess]:
    """Open Fortnox and the database as a process of its own does."""
    clock = clock or SystemClock()
    integration, vault, store = Integration(), Vault({"chaos": orders.vault_key}), Store(orders.database_url)
    with OAuthClient(
        client_id=integration.id,
        client_secret=integration.secret,
        auth_url=f"{orders.sandbox_url}/oauth-v1",
        redirect_uri=REDIRECT_URI,
        clock=clock,
    ) as oauth:
        journal = RenewalJournal(Path(orders.folder), vault)
        yield FortnoxAccess(store, clock, vault, oauth, orders.sandbox_url, journal)
    store.close()


def renew_one(orders: Orders, connection_id: UUID, ready: Event) -> None:
    """Renew and end; `ready` is set when everything is open and the renewal begins."""
    configure_logging(json=False, level="critical")
    with opened(orders) as access:
        with access.store.read() as session:
            session.get_one(Connection, connection_id)
        ready.set()
        with suppress(PipelineError):  # a kill may come too late for a renewal that ends with an error
            access.tokens(connection_id).renew_now()


def use_many(orders: Orders, connection_id: UUID, threads: int, start: Barrier, answers: str) -> None:
    """Use the token in each thread at the same moment, and leave the version or the error of each in a file."""
    configure_logging(json=False, level="critical")
    with opened(orders) as access, ThreadPoolExecutor(threads) as pool:

        def use() -> str:
            start.wait(timeout=60)
            try:
                return str(access.tokens(connection_id).current().version)
            except PipelineError as error:
                return error.code

        got = [future.result() for future in [pool.submit(use) for _ in range(threads)]]
    Path(answers, f"{os.getpid()}.answer").write_text("\n".join(got))


def forkserver() -> ForkServerContext:
    """Return what starts processes that have everything imported already, so that hundreds take no time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__])
    return context


@dataclass
class Fleet:
    """Connections that are all fresh and active, and the stand-in that granted them.

    The stand-in has two doors. What goes through that of the `orders` meets the faults of `state`; through that of
    `access` goes whoever looks after the connections meanwhile, so that nobody takes a fault that was meant for another.
    """

    orders: Orders
    access: FortnoxAccess
    state: SandboxState
    connection_ids: list[UUID]

    def row(self, connection_id: UUID) -> Connection:
        with self.access.store.read() as session:
            return session.get_one(Connection, connection_id)

    def pair(self, connection_id: UUID) -> Pair:
        """Return what the stand-in knows about the refresh token that is stored now."""
        sealed = self.row(connection_id).refresh_token
        assert sealed is not None
        return self.state.grants._by_refresh[self.access.vault.open(sealed, bound_to(connection_id, "refresh_token"))]

    def renewals(self) -> int:
        """Return how many refreshes came through the door of the orders."""
        return sum(1 for entry in self.state.journal.entries() if entry["body"] == "grant_type=refresh_token")

    @contextmanager
    def row_locked(self, connection_id: UUID) -> Iterator[None]:
        """Keep everybody from writing the row: a renewal stops before its next step in the database."""
        with self.access.store.write() as session:
            session.get_one(Connection, connection_id, with_for_update=True)
            yield


@contextmanager
def fleet(database_url: str, size: int) -> Iterator[Fleet]:
    """Connect `size` clients of one firm; all of them lead into one company, each by a consent of its own."""
    company, truth = generate(SMALL)
    state = SandboxState(auto_approve=True)
    state.add_company(company, truth)
    with (
        SandboxServer(state) as sandbox,
        SandboxServer(_second_door(state)) as quiet,
        tempfile.TemporaryDirectory() as folder,
    ):
        orders = Orders(database_url, sandbox.url, os.urandom(32), folder)
        with opened(replace(orders, sandbox_url=quiet.url)) as access:
            Base.metadata.create_all(access.store.engine)
            yield Fleet(orders, access, state, _connect(access, size))


def _second_door(state: SandboxState) -> SandboxState:
    """Return the same companies, grants and clock, with faults, switches and a journal of its own."""
    door = SandboxState(clock=state.clock, auto_approve=True)
    door.lock, door.tenants, door.grants = state.lock, state.tenants, state.grants
    return door


def _connect(access: FortnoxAccess, size: int) -> list[UUID]:
    now = access.clock.now()
    firm = Firm(id=uuid7(), name="Byrån", created_at=now)
    grants = [approve(access.oauth) for _ in range(size)]
    with access.store.write() as session:
        session.add(firm)
        session.flush()
        return [
            add_connection(session, access.vault, firm.id, number, grant, now) for number, grant in enumerate(grants)
        ]


def add_connection(session: Session, vault: Vault, firm_id: UUID, number: int, grant: Grant, now: datetime) -> UUID:
    """Add one more client of the firm, with an engagement and a live connection that this grant made."""
    client = Client(
        id=uuid7(), firm_id=firm_id, organisation_number=f"556{number:07d}", name=f"Kund {number}", created_at=now
    )
    engagement = Engagement(
        id=uuid7(),
        firm_id=firm_id,
        client_id=client.id,
        year_end=date(2025, 12, 31),
        data_source="fortnox",
        last_run=0,
        created_at=now,
    )
    connection = Connection(
        id=uuid7(),
        firm_id=firm_id,
        client_id=client.id,
        engagement_id=engagement.id,
        state=PENDING,
        grant_type=AUTHORIZATION_CODE,
        scopes=[],
        version=0,
        created_at=now,
    )
    keep_grant(connection, grant, vault, now)
    for row in (client, engagement, connection):
        session.add(row)
        session.flush()
    return connection.id
