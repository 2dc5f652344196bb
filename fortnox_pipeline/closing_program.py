"""The upstream system's part in the main job: what a closing program asks of the gateway, in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from threading import Event
from time import monotonic
from typing import Any, TypeVar

import httpx

from shared.errors import Rejected

Value = TypeVar("Value")
Json = dict[str, Any]

STEP_TIMEOUT_S = 100.0
POLL_S = 0.1
FINISHED_IMPORT = {"completed", "incomplete", "failed"}
FINISHED_EXPORT = {"completed", "failed"}


class ClosingProgram:
    """One engagement over the gateway's HTTP API; raises Rejected "main-job-failed" where the job does not go on."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api
        self.engagement: Json = {}

    @property
    def _path(self) -> str:
        return f"/v1/engagements/{self.engagement['id']}"

    def connect(self, organisation_number: str, name: str, year_end: date) -> None:
        """Make client and engagement, and go through Fortnox' approval as the accountant's browser does."""
        client = self._post("/v1/clients", {"organisation_number": organisation_number, "name": name})
        self.engagement = self._post(
            "/v1/engagements",
            {"client_id": client["id"], "year_end": year_end.isoformat(), "data_source": "fortnox"},
        )
        started = self._post(f"{self._path}/connection", {"grant": "authorization_code"})
        with httpx.Client(follow_redirects=True, timeout=30) as browser:
            browser.get(started["authorize_url"]).raise_for_status()
            browser.post(started["authorize_url"]).raise_for_status()

    def finished_import(self) -> Json:
        """Wait for the import that follows from connecting."""

        def finished() -> Json | None:
            items: list[Json] = self._get(f"{self._path}/imports")["items"]
            return items[0] if items and items[0]["state"] in FINISHED_IMPORT else None

        run = self._await(finished, "the import")
        if run["state"] == "failed":
            raise Rejected("main-job-failed", f"the import failed: {run}")
        return run

    def trial_balance(self, at: date) -> Json:
        return self._get(f"{self._path}/trial-balance?at={at.isoformat()}")

    def built_schedules(self) -> list[Json]:
        """Wait for both schedules, and return them with their items."""

        def both() -> list[Json] | None:
            items: list[Json] = self._get(f"{self._path}/schedules")["items"]
            return items if {item["kind"] for item in items} == {"receivables", "payables"} else None

        return [self._get(f"/v1/schedules/{item['id']}") for item in self._await(both, "the schedules")]

    def exported(self, adjustments: list[Json], series: dict[str, str]) -> Json:
        """Hand over the adjustments, preview and start the export, and wait for its end."""
        self._post(f"{self._path}/adjustments", adjustments)
        preview = self._post(f"{self._path}/exports/preview", {"series": series})
        if refused := [verdict for verdict in preview["vouchers"] if verdict["faults"]]:
            raise Rejected("main-job-failed", f"the preview finds fault: {refused}")
        started = self._post(f"{self._path}/exports", {"series": series})

        def finished() -> Json | None:
            export = self._get(f"/v1/exports/{started['id']}")
            return export if export["state"] in FINISHED_EXPORT else None

        return self._await(finished, "the export")

    def _get(self, path: str) -> Json:
        return _content(self._api.get(path))

    def _post(self, path: str, content: Any) -> Json:
        return _content(self._api.post(path, json=content))

    def _await(self, look: Callable[[], Value | None], what: str) -> Value:
        deadline, pause = monotonic() + STEP_TIMEOUT_S, Event()
        while (value := look()) is None:
            if monotonic() > deadline:
                raise Rejected("main-job-failed", f"{what} did not end within {STEP_TIMEOUT_S:.0f} s")
            pause.wait(POLL_S)
        return value


def year_end_adjustments(year_end: date) -> list[Json]:
    """Return five adjustments as a year-end brings them: three by the user (V), two by the program (S)."""
    return [
        _adjustment("V", 1, year_end, "Förutbetald hyra, januari", 1710, 5010, "18500.00"),
        _adjustment("V", 2, year_end, "Upplupna revisionskostnader", 6420, 2990, "35000.00"),
        _adjustment("V", 3, year_end, "Avskrivning inventarier", 7832, 1229, "24312.50"),
        _adjustment("S", 1, year_end, "Avsättning till periodiseringsfond", 8811, 2125, "40000.00"),
        _adjustment("S", 2, year_end, "Skatt på årets resultat", 8910, 2512, "61800.00"),
    ]


def adjustment_between(debit: int, credit: int, year_end: date) -> Json:
    """Return one adjustment between two accounts."""
    return _adjustment("V", 1, year_end, "Omföring vid årsskiftet", debit, credit, "100.00")


def _adjustment(kind: str, number: int, day: date, text: str, debit: int, credit: int, amount: str) -> Json:
    return {
        "kind": kind,
        "number": number,
        "date": day.isoformat(),
        "text": text,
        "rows": [
            {"account": str(debit), "debit": amount, "credit": "0.00"},
            {"account": str(credit), "debit": "0.00", "credit": amount},
        ],
    }


def _content(answer: httpx.Response) -> Json:
    if answer.is_error:
        raise Rejected("main-job-failed", f"{answer.request.method} {answer.request.url.path}: {answer.text}")
    content: Json = answer.json()
    return content
