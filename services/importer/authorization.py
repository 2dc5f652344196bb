"""What the importer does with a new connection: look whose books it leads to before anybody else reads them."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from services.importer import runs
from shared.connections.access import FortnoxAccess
from shared.connections.consent import is_used_elsewhere, take_back
from shared.connections.refusal import refuse
from shared.connections.states import USABLE, WRONG_COMPANY, waiting_for_reconnect
from shared.errors import Rejected
from shared.messaging.consumer import Delivery
from shared.messaging.events import ConnectionAuthorized
from shared.messaging.outbox import release
from shared.organisation_number import require_company
from shared.store.connections import Connection
from shared.store.database import of_firm
from shared.store.engagements import FORTNOX, Engagement
from shared.store.firms import AuditEntry


def connection_authorized(delivery: Delivery, access: FortnoxAccess) -> None:
    """Check that the connection leads into the client's company, let go on what waits, and ask for the first import.

    A connection that cannot be used for this client is refused with the reason, and nothing is imported through it; into
    another company, its consent is taken back at Fortnox as well. One that has ended meanwhile is left alone: connecting
    it again brings an event of its own.
    """
    payload = cast("ConnectionAuthorized", delivery.event.payload)
    with delivery.store.read() as session:
        connection = of_firm(session, Connection, delivery.firm_id, payload.connection_id)
        client = of_firm(session, Engagement, delivery.firm_id, delivery.event.subject).client
    if connection.state in USABLE:
        try:
            with access.open(delivery.event.subject, delivery.event.lane, renew=False, unchecked=True) as fortnox:
                company = fortnox.company()
            require_company(client.organisation_number, company.organisation_number, company.name)
        except Rejected as why:
            _refuse_connection(delivery, connection, why)
        else:
            _let_in(delivery, connection, company.name)
            return
    _take_back_consent(delivery, access, connection.id)


def _let_in(delivery: Delivery, checked: Connection, company_name: str) -> None:
    with delivery.settle() as session:
        row = of_firm(session, Connection, delivery.firm_id, checked.id, lock=True)
        if row.tenant_id != checked.tenant_id:
            return  # approved for yet another company meanwhile, which has an event of its own
        row.company_name = company_name[:100]
        release(session, waiting_for_reconnect(row.id), delivery.clock.now())
        reads_fortnox = session.get_one(Engagement, delivery.event.subject).data_source == FORTNOX
        if reads_fortnox and not runs.has_unfinished(session, delivery.event.subject):
            runs.request_import(session, delivery, requested_by=row.granted_by or delivery.event.source)


def _refuse_connection(delivery: Delivery, seen: Connection, why: Rejected) -> None:
    """End the connection that was seen, unless it has been approved for another company in the meantime.

    This is committed before Fortnox hears of it: whoever dies in between leaves the reason behind, and the consent to
    be taken back when the event comes again.
    """
    with delivery.store.write() as session:
        row = of_firm(session, Connection, delivery.firm_id, seen.id, lock=True)
        if row.tenant_id == seen.tenant_id and row.state in USABLE:
            is_wrong = why.code == WRONG_COMPANY
            now = delivery.clock.now()
            refuse(session, row, why.code, why.reason, now, actor=delivery.consumer, keeps_refresh_token=is_wrong)


def _take_back_consent(delivery: Delivery, access: FortnoxAccess, connection_id: UUID) -> None:
    """Take back at Fortnox, and forget, the consent that a connection into the wrong company still holds."""
    with delivery.store.read() as session:
        seen = of_firm(session, Connection, delivery.firm_id, connection_id)
        is_used = is_used_elsewhere(session, seen.tenant_id, besides=seen.id)
    if seen.state_code != WRONG_COMPANY or seen.refresh_token is None:
        return
    is_revoked = not is_used and take_back(access, seen.id, seen.refresh_token)
    with delivery.settle() as session:
        row = of_firm(session, Connection, delivery.firm_id, seen.id, lock=True)
        if row.version != seen.version:
            return  # disconnected or connected anew meanwhile: the token is not this one any more
        row.refresh_token = None
        session.add(
            AuditEntry(
                firm_id=delivery.firm_id,
                at=delivery.clock.now(),
                actor=delivery.consumer,
                action="connection-consent-taken-back" if is_revoked else "connection-consent-forgotten",
                subject=row.id,
                details={"tenant_id": row.tenant_id, "revoked_at_fortnox": is_revoked, "may_be_shared": is_used},
            )
        )
