"""The connections of all firms for operations: their states, and what ends soon unless it is renewed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from shared.clock import Clock
from shared.connections.overview import days_left, ends_within
from shared.connections.states import ACTIVE, EXPIRING, SERVICE_ACCOUNT
from shared.errors import Rejected
from shared.store.connections import Connection
from shared.store.database import Store
from shared.store.engagements import Client
from shared.store.firms import Firm

SOON_DAYS = 7
WIDTHS = {"Client": 11, "Active until": 10, "Renewed": 10}  # organisation number and dates stay in one piece
GRANTS = {SERVICE_ACCOUNT: "service account"}
COLOURS = {ACTIVE: "green", EXPIRING: "yellow"}


@dataclass(frozen=True)
class Line:
    """One client's connection; `expires_in_days` is None when nothing runs out."""

    firm: str
    client: str
    organisation_number: str
    state: str
    state_code: str | None
    grant_type: str
    granted_by: str | None
    active_until: datetime | None
    renewed_at: datetime | None
    expires_in_days: int | None

    def to_json(self) -> dict[str, Any]:
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }


def list_connections(store: Store, clock: Clock, *, expiring_within_days: int | None = None) -> list[Line]:
    """Return all connections by firm and client, or those that end within so many days, the soonest first.

    Raises Rejected "database-unusable".
    """
    now = clock.now()
    found = (
        select(Connection, Client, Firm)
        .join(Client, Client.id == Connection.client_id)
        .join(Firm, Firm.id == Connection.firm_id)
    )
    if expiring_within_days is None:
        found = found.order_by(Firm.name, Client.name, Connection.id)
    else:
        found = found.where(ends_within(expiring_within_days, now)).order_by(Connection.active_until, Connection.id)
    try:
        with store.read() as session:
            return [_line(*row, now) for row in session.execute(found)]
    except DBAPIError as error:
        reason = f"{type(error.orig).__name__}; has `fortnox-pipeline db upgrade` been run?"
        raise Rejected("database-unusable", reason) from None


def table_of(lines: list[Line]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for heading in ("Firm", "Client", "State", "Grant", "Granted by", "Active until", "Renewed"):
        table.add_column(heading, overflow="fold", min_width=WIDTHS.get(heading))
    for line in lines:
        state = line.state if line.state_code is None else f"{line.state} ({line.state_code})"
        table.add_row(
            escape(line.firm),
            f"{escape(line.client)}\n[dim]{line.organisation_number}[/]",
            f"[{COLOURS.get(line.state, 'red')}]{state}[/]",
            GRANTS.get(line.grant_type, "login"),
            escape(line.granted_by or "–"),
            _until(line),
            f"{line.renewed_at:%Y-%m-%d}" if line.renewed_at else "–",
        )
    return table


def _line(connection: Connection, client: Client, firm: Firm, now: datetime) -> Line:
    return Line(
        firm=firm.name,
        client=client.name,
        organisation_number=client.organisation_number,
        state=connection.state,
        state_code=connection.state_code,
        grant_type=connection.grant_type,
        granted_by=connection.granted_by,
        active_until=connection.active_until,
        renewed_at=connection.renewed_at,
        expires_in_days=days_left(connection, now),
    )


def _until(line: Line) -> str:
    if line.active_until is None:
        is_usable = line.state in COLOURS
        return "until revoked" if is_usable and line.grant_type == SERVICE_ACCOUNT else "–"
    day = f"{line.active_until:%Y-%m-%d}"
    if line.expires_in_days is None:
        return day
    left = f"{line.expires_in_days} d"
    return f"{day} ([bold red]{left}[/])" if line.expires_in_days < SOON_DAYS else f"{day} ({left})"
