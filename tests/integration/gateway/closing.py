"""A closing at work: the API before the schedule builder and a company, so that schedules can be signed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.orm import selectinload

from services.sandbox.generator import generate
from services.sandbox.spec import CAUSES
from shared.schedules.content import Kind
from shared.schedules.content import Schedule as Content
from shared.schedules.reading import read_schedule
from shared.store.schedules import Schedule
from tests.integration.gateway.house import House, open_house
from tests.integration.scheduler.building import Builder
from tests.scene import SMALL, Scene, open_scene

EVERY_CAUSE = replace(SMALL, seed=7, causes=CAUSES)


@dataclass
class Closing:
    house: House
    builder: Builder

    @property
    def scene(self) -> Scene:
        return self.house.scene

    @property
    def year_end(self) -> date:
        return self.scene.engagement().year_end

    def ask(self, **body: Any) -> list[dict[str, Any]]:
        """Ask for schedules over HTTP, let the builder do it, and return what Location leads to."""
        answer = self.house.http.post(self.house.engagement_path("/schedules"), json=body)
        assert answer.status_code == 202, answer.text
        for event in self.scene.due_events():
            if event.name == "schedules-requested":
                assert self.builder.deliver(event) == []
        items: list[dict[str, Any]] = self.get(answer.headers["location"])["items"]
        return items

    def newest(self, kind: Kind = "receivables", day: date | None = None) -> str:
        """The id of the newest schedule of a balance date."""
        path = self.house.engagement_path(f"/schedules?kind={kind}&balance_date={day or self.year_end}")
        found: str = self.get(path)["items"][0]["id"]
        return found

    def sign(self, schedule_id: str, role: str = "preparer", name: str = "Anna", **more: str) -> httpx.Response:
        body = {"role": role, "name": name, **more}
        return self.house.http.post(f"/v1/schedules/{schedule_id}/sign-offs", json=body)

    def withdraw(self, schedule_id: str, role: str, reason: str = "fel") -> httpx.Response:
        path = f"/v1/schedules/{schedule_id}/sign-offs/{role}"
        return self.house.http.request("DELETE", path, params={"reason": reason})

    def get(self, path: str) -> dict[str, Any]:
        answer = self.house.http.get(path)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def changes(self, schedule_id: str) -> dict[str, Any]:
        return self.get(f"/v1/schedules/{schedule_id}/changes")

    def signed_changed(self) -> list[str]:
        """What the engagement shows as signed and known otherwise now."""
        found: list[str] = self.get(self.house.engagement_path())["signed_changed"]
        return found

    def content(self, schedule_id: str) -> Content:
        with self.scene.store.read() as session:
            return read_schedule(session, self.scene.firm_id, UUID(schedule_id))

    def row(self, schedule_id: str) -> Schedule:
        with self.scene.store.read() as session:
            return session.get_one(Schedule, UUID(schedule_id), options=[selectinload(Schedule.sign_offs)])


@contextmanager
def open_closing(url: str) -> Iterator[Closing]:
    """Open a small company in whose books everything is wrong that can be, imported once, with its two schedules."""
    generated = generate(EVERY_CAUSE)
    with open_scene(url, EVERY_CAUSE, generated=generated) as scene, open_house(scene) as house:
        builder = Builder(scene)
        builder.after_import()
        yield Closing(house, builder)
