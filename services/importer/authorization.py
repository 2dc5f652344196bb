"""What the importer does with a new connection: look whose books it leads to before anybody else reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from sqlalchemy.orm import Session

from services.importer import runs
from shared.connections.access import FortnoxAccess
from shared.connections.audit import note
from shared.connections.consent import (
    MAY_BE_SHARED,
    NO_REFRESH_TOKEN,
    NOT_NEEDED,
    REFUSED,
    is_used_elsewhere,
    take_back,
)
from shared.connections.refusal import refuse
from shared.connections.states import SERVICE_ACCOUNT, USABLE, WRONG_COMPANY, waiting_for_reconnect
from shared.errors import Rejected
from shared.fortnox import Advice, FortnoxClient, Refused
from shared.messaging.consumer import Delivery
from shared.messaging.events import ConnectionAuthorized
from shared.messaging.outbox import release
from shared.organisation_number import require_company
from shared.store.connections import Connection
from shared.store.database import of_firm
from shared.store.engagements import FORTNOX, Engagement

ONLY_INSIDE_FORTNOX = "; the consent stands at Fortnox until an administrator takes it back there"


@dataclass(frozen=True)
class _Seen:
    """What a connection leads to; `series` are of the engagement's year, None when Fortnox does not have that year."""

    company_name: str
    years: int
    series: Sequence[str] | None


def connection_authorized(delivery: Delivery, access: FortnoxAccess) -> None:
    """Check that the connection leads into the client's company, let go on what waits, and ask for the first import.

    A connection that cannot be used for this client is refused with the reason, and nothing is imported through it; into
    another company, its consent is taken back at Fortnox as well. One that has ended meanwhile is left alone: connecting
    it again brings an event of its own. Raises what else Fortnox refuses to a connection that has been let in before:
    then that is no verdict on it.
    """
    payload = cast("ConnectionAuthorized", delivery.event.payload)
    with delivery.store.read() as session:
        connection = of_firm(session, Connection, delivery.firm_id, payload.connection_id)
        engagement = of_firm(session, Engagement, delivery.firm_id, delivery.event.subject)
        organisation_number = engagement.client.organisation_number
    if connection.state in USABLE:
        try:
            with access.open(engagement.id, delivery.event.lane, renew=False, unchecked=True) as fortnox:
                seen = _look(fortnox, organisation_number, engagement.year_end)
        except Rejected as why:
            if connection.company_name is not None and not _is_about_connection(why):
                raise
            _refuse_connection(delivery, connection, why)
        else:
            _let_in(delivery, connection, seen)
            return
    _take_back_consent(delivery, access, connection.id)


def _look(fortnox: FortnoxClient, organisation_number: str, year_end: date) -> _Seen:
    """Read whose company it is, and what an import needs first: a missing right or licence shows here already.

    Raises Rejected "wrong-company", before anything of its books is read, and what Fortnox refuses.
    """
    company = fortnox.company()
    require_company(organisation_number, company.organisation_number, company.name)
    years = list(fortnox.financial_years())
    year = next((year for year in years if year.to_date == year_end), None)
    series = None if year is None else [series.code for series in fortnox.voucher_series(year.id)]
    return _Seen(company.name, len(years), series)


def _is_about_connection(why: Rejected) -> bool:
    """Say whether the cure is another approval, or another right or licence in Fortnox."""
    is_its_fault = isinstance(why, Refused) and why.advice in (Advice.CONNECTION, Advice.SCOPE)
    return is_its_fault or why.code == WRONG_COMPANY


def _let_in(delivery: Delivery, checked: Connection, seen: _Seen) -> None:
    with delivery.settle() as session:
        row = of_firm(session, Connection, delivery.firm_id, checked.id, lock=True)
        if row.tenant_id != checked.tenant_id:
            return  # approved for yet another company meanwhile, which has an event of its own
        row.company_name = seen.company_name[:100]
        if row.grant_type == SERVICE_ACCOUNT:
            row.refresh_token = None  # it was kept to take back the consent of a wrong company
        release(session, waiting_for_reconnect(row.id), delivery.clock.now())
        note(
            session,
            row,
            "connection-checked",
            delivery.clock.now(),
            actor=delivery.consumer,
            company=row.company_name,
            years=seen.years,
            series=seen.series,
            year_missing=seen.series is None,
        )
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
            stands = is_wrong and row.refresh_token is None
            reason, now = why.reason + (ONLY_INSIDE_FORTNOX if stands else ""), delivery.clock.now()
            refuse(session, row, why.code, reason, now, actor=delivery.consumer, keeps_refresh_token=is_wrong)
            if stands:
                _note_consent(session, delivery, row, revoked_at_fortnox=False, why=NO_REFRESH_TOKEN)


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
        why = MAY_BE_SHARED if is_used else NOT_NEEDED if is_revoked else REFUSED
        _note_consent(session, delivery, row, revoked_at_fortnox=is_revoked, why=why)


def _note_consent(session: Session, delivery: Delivery, row: Connection, *, revoked_at_fortnox: bool, why: str) -> None:
    action = "connection-consent-taken-back" if revoked_at_fortnox else "connection-consent-forgotten"
    now = delivery.clock.now()
    note(session, row, action, now, actor=delivery.consumer, revoked_at_fortnox=revoked_at_fortnox, why=why)
