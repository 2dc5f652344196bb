"""An engagement that takes SIE files: uploads over HTTP, and the importer that reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select

from services.importer.actors import routes
from services.importer.facts import FACTS
from services.sandbox.company import Company
from services.sandbox.sie_writer import write_sie
from shared.messaging.events import Event
from shared.store.tables import Engagement, Import, Upload, UploadPart
from tests.integration.gateway.house import House

OCTETS = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True)
class Filing:
    """Our firm's engagement for 2025, and the books in the stand-in as the files that people carry."""

    house: House

    @property
    def company(self) -> Company:
        return self.house.scene.company

    def read_from(self, source: str) -> None:
        self.house.scene.change(Engagement, self.house.scene.engagement_id, data_source=source)

    def file(self, year: int = 2025, sie_type: int = 4, company: Company | None = None) -> bytes:
        company = company or self.company
        year_id = next(found.id for found in company.years.values() if found.from_date.year == year)
        return write_sie(company, year_id, sie_type, generated=date(2026, 3, 1))

    def upload(self, content: bytes, *, compare: bool = False, key: str | None = None) -> httpx.Response:
        path = self.house.engagement_path(f"/imports/sie{'?compare=true' if compare else ''}")
        headers = OCTETS | ({"Idempotency-Key": key} if key else {})
        return self.house.http.post(path, content=content, headers=headers, timeout=120)

    def imported(self, content: bytes, *, compare: bool = False) -> dict[str, Any]:
        """Upload a file, let the importer work, and return the import as the API shows it."""
        answer = self.upload(content, compare=compare)
        assert answer.status_code == 202, answer.text
        self.work()
        return self.shown(answer)

    def shown(self, answer: httpx.Response) -> dict[str, Any]:
        found: dict[str, Any] = self.house.http.get(answer.headers["location"]).json()
        return found

    def work(self) -> list[Event]:
        """Let the importer do what is due, as far as it comes."""
        scene = self.house.scene
        consumer = scene.consumer("importer", routes(scene.access))
        return scene.pump({"import-requested": consumer, "connection-authorized": consumer})

    def balances(self, at: str = "2025-12-31") -> dict[str, str]:
        rows = self.house.http.get(self.house.engagement_path(f"/trial-balance?at={at}")).json()["rows"]
        return {row["account"]: row["closing"] for row in rows if row["closing"] != "0.00"}

    def truth(self, year: int = 2025) -> dict[str, str]:
        year_id = next(found.id for found in self.company.years.values() if found.from_date.year == year)
        found = self.company.closing_balances_ore(year_id, None)
        return {str(account): f"{ore / 100:.2f}" for account, ore in found.items() if ore}

    def facts(self) -> dict[str, tuple[int, ...]]:
        """Per table of facts: how many there are, and how many have ended."""
        with self.house.store.read() as session:
            return {
                fact.__name__: tuple(
                    session.execute(select(func.count(), func.count(fact.until_run)).select_from(fact)).one()
                )
                for fact in FACTS
            }

    def kept(self) -> list[int]:
        """The sizes of the files whose content is kept, oldest first."""
        with self.house.store.read() as session:
            sizes = (
                select(func.sum(func.length(UploadPart.content)))
                .join(Upload, Upload.id == UploadPart.upload_id)
                .group_by(Upload.id)
                .order_by(Upload.id)
            )
            return list(session.scalars(sizes))

    def row(self, shown: dict[str, Any]) -> Import:
        with self.house.store.read() as session:
            return session.get_one(Import, UUID(shown["id"]))


def checks(shown: dict[str, Any]) -> dict[str, bool]:
    return {check["check"]: check["holds"] for check in shown["completeness"]}


def check_of(shown: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(check for check in shown["completeness"] if check["check"] == name)
    return found
