"""The way to Fortnox for a worker: the connection's tokens, the tenant's pace and the client library in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.connections.journal import RenewalJournal
from shared.connections.pacing import TenantPacer
from shared.connections.states import PENDING, USABLE, company_unchecked, reconnect_needed
from shared.connections.tokens import ConnectionTokens
from shared.errors import Rejected
from shared.fortnox import FortnoxClient, OAuthClient
from shared.fortnox.pacing import USUAL_PACE, Pace
from shared.fortnox.paging import OnUnreadable
from shared.messaging.events import Lane
from shared.security.vault import Vault
from shared.store.connections import Connection
from shared.store.database import Store
from shared.store.engagements import Engagement


@dataclass(frozen=True)
class FortnoxAccess:
    """Opens Fortnox for an engagement; made once per process. `transport` makes another way to the API than the usual one."""

    store: Store
    clock: Clock
    vault: Vault
    oauth: OAuthClient
    api_url: str
    journal: RenewalJournal
    pace: Pace = USUAL_PACE
    transport: Callable[[], httpx.BaseTransport] | None = field(default=None, kw_only=True)

    def tokens(self, connection_id: UUID, *, tenant_id: int | None = None) -> ConnectionTokens:
        """Return the connection's tokens; with `tenant_id` only for as long as it leads into that company."""
        return ConnectionTokens(
            connection_id,
            store=self.store,
            clock=self.clock,
            vault=self.vault,
            oauth=self.oauth,
            journal=self.journal,
            tenant_id=tenant_id,
        )

    def connection_of(self, engagement_id: UUID) -> Connection:
        """Return the connection of the engagement's client; raises Rejected "not-connected" when there is none."""
        with self.store.read() as session:
            connection = session.scalar(
                select(Connection)
                .join(Engagement, Engagement.client_id == Connection.client_id)
                .where(Engagement.id == engagement_id)
            )
        if connection is None:
            raise Rejected("not-connected", "the client has no connection to Fortnox")
        return connection

    @contextmanager
    def open(
        self,
        engagement_id: UUID,
        lane: Lane,
        *,
        renew: bool,
        unchecked: bool = False,
        on_turn: Callable[[Session], object] | None = None,
        on_request: Callable[[], object] | None = None,
        on_unreadable: OnUnreadable | None = None,
    ) -> Iterator[FortnoxClient]:
        """Give a client of Fortnox for the engagement; with `renew` the connection is renewed first.

        `on_turn` is called in the transaction that lets a request leave, `on_request` when it is committed.

        Until the importer has seen whose company it is, only the importer may look, with `unchecked`. Raises Rejected
        "not-connected" and Later "reconnect-needed", "company-unchecked" and "connection-changed".
        """
        connection = self.connection_of(engagement_id)
        if connection.tenant_id is None:
            raise reconnect_needed(connection.id, PENDING, None)
        if connection.company_name is None and connection.state in USABLE and not unchecked:
            raise company_unchecked(connection.id)
        tokens = self.tokens(connection.id, tenant_id=connection.tenant_id)
        if renew:
            tokens.renew_now()
        pacer = TenantPacer(connection.tenant_id, lane, store=self.store, pace=self.pace, on_turn=on_turn)
        with FortnoxClient(
            self.api_url,
            tokens=tokens,
            pacer=pacer,
            clock=self.clock,
            on_request=on_request,
            on_unreadable=on_unreadable,
            transport=self.transport() if self.transport else None,
        ) as client:
            yield client
