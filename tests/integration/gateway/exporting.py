"""An accountant at the gateway who sends adjustments to a company in the sandbox, with a real exporter behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx

from services.exporter.actors import routes
from services.sandbox.company import Company, Voucher
from services.sandbox.generator import generate
from tests.integration.gateway.house import YEAR_END, House, open_house
from tests.scene import SMALL, open_scene

Json = dict[str, Any]
SERIES = {"V": "A", "S": "A"}


def adjustment(kind: str, number: int, *, debit: str = "5020", day: date = YEAR_END, **row: str) -> Json:
    """An adjustment that books 125 kronor on `debit` against 2990; `row` is what the first row says besides."""
    return {
        "kind": kind,
        "number": number,
        "date": day.isoformat(),
        "text": f"Upplupet {kind}{number}",
        "rows": [{"account": debit, "debit": "125.00", **row}, {"account": "2990", "credit": "125.00"}],
    }


@dataclass
class Exporting:
    house: House

    @property
    def company(self) -> Company:
        return self.house.scene.company

    @property
    def year_id(self) -> int:
        return next(year.id for year in self.company.years.values() if year.to_date == YEAR_END)

    def send_in(self, *adjustments: Json) -> list[Json]:
        answer = self.house.http.post(self.house.engagement_path("/adjustments"), json=list(adjustments))
        assert answer.status_code == 200, answer.text
        stored: list[Json] = answer.json()
        return stored

    def adjustments(self, query: str = "") -> dict[str, Json]:
        """The adjustments as they are listed, by kind and number."""
        items = self.house.http.get(self.house.engagement_path(f"/adjustments{query}")).json()["items"]
        return {f"{item['kind']}{item['number']}": item for item in items}

    def preview(self, series: Any = SERIES, **body: Any) -> Json:
        answer = self.house.http.post(self.house.engagement_path("/exports/preview"), json={"series": series, **body})
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown

    def export(self, series: Any = SERIES, **body: Any) -> Json:
        """Start an export over HTTP, let the exporter do it, and return how it ended."""
        return self.finish(
            self.house.http.post(self.house.engagement_path("/exports"), json={"series": series, **body})
        )

    def undo(self, export: Json, **body: Any) -> Json:
        return self.finish(self.house.http.post(f"/v1/exports/{export['id']}/undo", json=body))

    def finish(self, started: httpx.Response) -> Json:
        assert started.status_code == 202, started.text
        self.work()
        return self.show(started.json()["id"])

    def work(self) -> None:
        """Let the exporter do what is due, as time goes by, until nothing is left to do."""
        scene = self.house.scene
        consumer = scene.consumer("exporter", routes(scene.access))
        for _ in range(20):
            scene.pump({"export-requested": consumer})
            listed = self.house.http.get(self.house.engagement_path("/exports")).json()["items"]
            if all(export["state"] in {"completed", "failed"} for export in listed):
                return
            scene.clock.advance(timedelta(seconds=61))
        raise AssertionError(f"the exports are still {[export['state'] for export in listed]}")

    def show(self, export_id: str) -> Json:
        shown: Json = self.house.http.get(f"/v1/exports/{export_id}").json()
        return shown

    def booked(self) -> list[Voucher]:
        """The vouchers in Fortnox that carry a marker of ours."""
        with self.house.scene.sandbox.state.lock:
            return [voucher for voucher in self.company.vouchers.values() if "FP" in (voucher.comments or "")]

    def balance_ore(self, account: int) -> int:
        """What our vouchers have put on an account in Fortnox."""
        return sum(row.amount_ore for voucher in self.booked() for row in voucher.rows if row.account == account)


@contextmanager
def open_exporting(url: str) -> Iterator[Exporting]:
    with open_scene(url, year_end=YEAR_END, generated=generate(SMALL)) as scene, open_house(scene) as house:
        yield Exporting(house)
