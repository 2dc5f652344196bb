"""The gateway behind a real socket, with two firms in its database and the stand-in for Fortnox beside it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import uvicorn
from pydantic import SecretStr
from sqlalchemy import func, select
from uuid6 import uuid7

from services.gateway.app import create_app
from services.gateway.deps import GatewayDeps
from services.sandbox.grants import Client as Integration
from services.sandbox.server import PromptServer
from shared.observability.health import database_check
from shared.schedules.content import BUCKETS
from shared.security.keys import hash_key, hint_of, new_key
from shared.settings import Settings
from shared.store.database import Store
from shared.store.tables import (
    Adjustment,
    AdjustmentFile,
    AdjustmentRow,
    ApiKey,
    AuditEntry,
    Authorization,
    Base,
    Client,
    Connection,
    DeadLetter,
    Engagement,
    Export,
    ExportVoucher,
    FinancialYearFact,
    Firm,
    Import,
    OutboxMessage,
    Schedule,
    ScheduleItem,
    ScheduleSignOff,
)
from tests.scene import NO_CERTIFICATES, REDIRECT_URI, Scene

YEAR_END = date(2025, 12, 31)
SETTINGS = Settings(fortnox_redirect_uri=REDIRECT_URI, fortnox_client_secret=SecretStr(Integration().secret))


@dataclass
class Tenant:
    """A firm with its key and the ids of what it owns, by the names that the routes use."""

    firm_id: UUID
    key: str
    ids: dict[str, UUID] = field(default_factory=dict)


@dataclass
class House:
    """`http` calls with our firm's key, `stranger` with none. Our firm is the scene's; `other` has one of everything."""

    scene: Scene
    url: str
    http: httpx.Client
    stranger: httpx.Client
    ours: Tenant
    other: Tenant

    @property
    def store(self) -> Store:
        return self.scene.store

    def as_firm(self, tenant: Tenant) -> httpx.Client:
        return caller(self.url, bearer(tenant.key))

    def counts(self) -> dict[str, int]:
        """How many rows every table has, but for the pace of calls, which says nothing about anybody's books."""
        with self.store.read() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
                if table.name != "tenant_pace"
            }

    def rows(self, table: type[Any]) -> list[Any]:
        with self.store.read() as session:
            return list(session.scalars(select(table)))

    def outbox(self) -> list[OutboxMessage]:
        return self.rows(OutboxMessage)

    def audited(self) -> list[str]:
        """What our firm's audit log says was done, in order."""
        return [entry.action for entry in self.audit()]

    def audit(self) -> list[AuditEntry]:
        entries = sorted(self.rows(AuditEntry), key=lambda entry: str(entry.id))
        return [entry for entry in entries if entry.firm_id == self.ours.firm_id]

    def connection(self) -> dict[str, Any]:
        """The connection as the API shows it."""
        answer = self.http.get(self.engagement_path("/connection"))
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def forget_connection(self) -> None:
        """As before the client was ever connected."""
        with self.store.write() as session:
            session.delete(session.get_one(Connection, self.scene.connection_id))

    def engagement_path(self, rest: str = "") -> str:
        return f"/v1/engagements/{self.scene.engagement_id}{rest}"


@contextmanager
def open_house(scene: Scene) -> Iterator[House]:
    with ExitStack() as stack:
        with scene.store.write() as session:
            ours = Tenant(scene.firm_id, _add_key(session, scene.firm_id, scene.clock.now()))
            other = _add_other_firm(session, scene)
        deps = GatewayDeps(
            store=scene.store,
            clock=scene.clock,
            vault=scene.access.vault,
            oauth=scene.access.oauth,
            access=scene.access,
            settings=SETTINGS,
            checks={"database": database_check(scene.store)},
        )
        url = stack.enter_context(serving(deps))
        http = stack.enter_context(caller(url, bearer(ours.key)))
        stranger = stack.enter_context(caller(url, {}))
        yield House(scene, url, http, stranger, ours, other)


@contextmanager
def serving(deps: GatewayDeps) -> Iterator[str]:
    """Run the application on a free port; the socket listens before the server starts, so calls wait for it."""
    # asyncio sends small packets at once only where the socket names its protocol; else each answer waits 40 ms
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        config = uvicorn.Config(
            create_app(deps),
            log_config=None,
            access_log=False,
            ws="none",
            lifespan="off",
            timeout_keep_alive=120,  # a slow machine works for longer between two calls of a test
        )
        server = PromptServer(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="gateway")
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def caller(url: str, headers: dict[str, str]) -> httpx.Client:
    return httpx.Client(base_url=url, headers=headers, verify=NO_CERTIFICATES, timeout=30)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that the answer is this problem, in the one shape that all problems have."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"urn:fortnox-pipeline:problem:{code}"
    assert body["title"]
    return body


def _add_key(session: Any, firm_id: UUID, now: Any, *, revoked: bool = False) -> str:
    key = new_key()
    row = ApiKey(firm_id=firm_id, name="Bokslutsprogrammet", hint=hint_of(key), key_hash=hash_key(key), created_at=now)
    row.revoked_at = now if revoked else None
    session.add(row)
    return key


def add_revoked_key(house: House) -> str:
    with house.store.write() as session:
        return _add_key(session, house.ours.firm_id, house.scene.clock.now(), revoked=True)


def _add_other_firm(session: Any, scene: Scene) -> Tenant:
    now = scene.clock.now()
    firm = Firm(id=uuid7(), name="Den andra byrån AB", created_at=now)
    session.add(firm)
    session.flush()
    tenant = Tenant(firm.id, _add_key(session, firm.id, now))
    tenant.ids = add_one_of_everything(session, firm.id, now)
    return tenant


def add_one_of_everything(session: Any, firm_id: UUID, now: Any) -> dict[str, UUID]:
    """Give the firm one row of each thing that has a route; return their ids by the routes' parameter names."""
    ids: dict[str, UUID] = {
        name: uuid7()
        for name in (
            "client_id",
            "engagement_id",
            "connection_id",
            "import_id",
            "schedule_id",
            "adjustment_id",
            "file_id",
            "export_id",
            "voucher_id",
            "dead_letter_id",
            "audit_id",
        )
    }
    mine = {"firm_id": firm_id}
    of_engagement = {**mine, "engagement_id": ids["engagement_id"]}
    rows: list[Any] = [
        Client(id=ids["client_id"], **mine, organisation_number="556703-7485", name="Annan AB", created_at=now),
        Engagement(
            id=ids["engagement_id"],
            **mine,
            client_id=ids["client_id"],
            year_end=YEAR_END,
            data_source="fortnox",
            created_at=now,
        ),
        Connection(
            id=ids["connection_id"],
            **of_engagement,
            client_id=ids["client_id"],
            state="active",
            grant_type="authorization_code",
            scopes=[],
            tenant_id=4711,
            created_at=now,
        ),
        _import(ids["import_id"], of_engagement, now),
        _schedule(ids["schedule_id"], of_engagement, ids["import_id"], now),
        Adjustment(
            id=ids["adjustment_id"],
            **of_engagement,
            kind="V",
            number=1,
            date=YEAR_END,
            text="Avskrivning",
            status="not_transferred",
            content_hash=bytes(32),
            created_at=now,
        ),
        Export(
            id=ids["export_id"], **of_engagement, series={"V": "A"}, state="queued", requested_by="x", created_at=now
        ),
        ScheduleSignOff(
            **mine,
            schedule_id=ids["schedule_id"],
            role="preparer",
            name="Anna Andersson",
            comment="",
            at=now,
            signed_with="x",
        ),
        *[
            AdjustmentRow(adjustment_id=ids["adjustment_id"], position=place, **mine, account=account, **side)
            for place, (account, side) in enumerate(
                [("7832", {"debit_ore": 5_00, "credit_ore": 0}), ("1229", {"debit_ore": 0, "credit_ore": 5_00})], 1
            )
        ],
        AdjustmentFile(
            id=ids["file_id"],
            **mine,
            adjustment_id=ids["adjustment_id"],
            name="avi.pdf",
            media_type="application/pdf",
            size_bytes=4,
            sha256=bytes(32),
            content=b"%PDF",
            added_by="x",
            created_at=now,
        ),
        ExportVoucher(
            id=ids["voucher_id"],
            **mine,
            export_id=ids["export_id"],
            adjustment_id=ids["adjustment_id"],
            marker="FP-AAAAAAAA-BBBBBBBB",
            series="A",
            state="planned",
            updated_at=now,
        ),
        DeadLetter(
            id=ids["dead_letter_id"],
            **mine,
            consumer="importer",
            source="x",
            event_id="1",
            body=b"not an event",
            reason_code="event-not-json",
            reason="the body is not JSON",
            created_at=now,
        ),
        Authorization(
            start_hash=uuid7().bytes * 2,
            **of_engagement,
            grant_type="authorization_code",
            requested_by="x",
            created_at=now,
            expires_at=now,
        ),
    ]
    rows.append(AuditEntry(id=ids["audit_id"], **mine, at=now, actor="x", action="key-created", details={}))
    for row in rows:
        session.add(row)
        session.flush()
    return ids


def _schedule(schedule_id: UUID, of_engagement: dict[str, UUID], import_id: UUID, now: Any) -> Schedule:
    """One invoice of 100 kronor beside a ledger of 90."""
    item = ScheduleItem(
        firm_id=of_engagement["firm_id"],
        position=1,
        document_number="1",
        counterparty_number="7",
        counterparty_name="Kund AB",
        invoice_date=date(2025, 11, 30),
        accounting_date=date(2025, 11, 30),
        due_date=date(2025, 12, 30),
        currency="SEK",
        rate="1",
        unit=1,
        billed_ore=100_00,
        settled_ore=0,
        credited_ore=0,
        open_ore=100_00,
        open_minor=100_00,
        days_past_due=1,
        bucket="1_30",
        paid_after_ore=0,
        flags=[],
    )
    line = {"code": "D01", "amount_ore": 10_00, "documents": [], "vouchers": [], "note": ""}
    return Schedule(
        id=schedule_id,
        **of_engagement,
        kind="receivables",
        balance_date=YEAR_END,
        known_run=1,
        known_at=now,
        terms={"accounts": [], "closing_rates": {}},
        terms_hash="0" * 64,
        version=1,
        company_name="Annan AB",
        organisation_number="556703-7485",
        year_from=YEAR_END.replace(month=1, day=1),
        year_to=YEAR_END,
        accounts=[["1510", "Kundfordringar", 90_00]],
        total_ore=100_00,
        ledger_ore=90_00,
        difference_ore=10_00,
        ageing=dict.fromkeys(BUCKETS, 0) | {"1_30": 100_00},
        bridge=[line | {"first_date": None, "last_date": None}],
        parted_on=YEAR_END,
        revaluations=[],
        reclassifications=[],
        faults=[],
        complete=True,
        source={
            "data_source": "fortnox",
            "import_id": str(import_id),
            "run": 1,
            "ledger_read_at": now.isoformat(),
            "subledger_read_at": now.isoformat(),
            "requests": 0,
            "plan": [],
        },
        content_hash="0" * 64,
        figures_hash="0" * 64,
        created_at=now,
        items=[item],
    )


def add_finished_import(house: House) -> None:
    """As after a first import of the engagement's year, without a single voucher."""
    scene = house.scene
    of_engagement = {"firm_id": scene.firm_id, "engagement_id": scene.engagement_id}
    done = _import(uuid7(), of_engagement, scene.clock.now(), "completed")
    done.run, done.finished_at = 1, scene.clock.now()
    with scene.store.write() as session:
        session.add(done)
        session.add(
            FinancialYearFact(
                **of_engagement, since_run=1, from_date=YEAR_END.replace(month=1, day=1), to_date=YEAR_END
            )
        )
        session.get_one(Engagement, scene.engagement_id).last_run = 1


def _import(import_id: UUID, of_engagement: dict[str, UUID], now: Any, state: str = "queued") -> Import:
    return Import(
        id=import_id,
        **of_engagement,
        source="fortnox",
        lane="interactive",
        state=state,
        cursor={},
        counts={},
        completeness=[],
        requested_by="x",
        created_at=now,
    )
