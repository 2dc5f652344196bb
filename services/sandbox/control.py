"""/_control/: what a test or a demo may do to the stand-in, and Fortnox itself never offers."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.sandbox.company import Account, Series
from services.sandbox.edits import Desk, EditError, row_from
from services.sandbox.faults import FaultRule
from services.sandbox.generator import generate
from services.sandbox.rate import Arrivals
from services.sandbox.sie_company import company_from_sie
from services.sandbox.spec import CompanySpec
from services.sandbox.state import SandboxState, Tenant
from services.sandbox.truth import Kind, LedgerTruth, Truth

KINDS: dict[str, Kind] = {"receivables": "receivables", "payables": "payables"}
Action = Callable[[Request], Awaitable[Any]]


def routes(state: SandboxState) -> list[Route]:
    control = Control(state)
    table: list[tuple[str, str, Action]] = [
        ("POST", "/reset", control.reset),
        ("GET", "/clock", control.read_clock),
        ("POST", "/clock", control.move_clock),
        ("GET", "/switches", control.read_switches),
        ("POST", "/switches", control.set_switches),
        ("GET", "/faults", control.list_faults),
        ("POST", "/faults", control.add_faults),
        ("DELETE", "/faults", control.clear_faults),
        ("GET", "/companies", control.list_companies),
        ("POST", "/companies", control.add_company),
        ("POST", "/companies/{tenant:int}/edits", control.edit),
        ("POST", "/consent", control.consent),
        ("GET", "/journal", control.read_journal),
        ("DELETE", "/journal", control.clear_journal),
        ("GET", "/rate", control.rate),
        ("GET", "/truth", control.truth),
    ]
    return [Route(path, _json(action), methods=[method]) for method, path, action in table]


class Control:
    """Each action takes the request, changes the state under its lock, and returns what becomes JSON."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    async def reset(self, _request: Request) -> Any:
        """Forget companies, grants, faults, journal and switches."""
        self._state.reset()
        return {}

    async def read_clock(self, _request: Request) -> Any:
        return {"now": self._state.clock.now().isoformat()}

    async def move_clock(self, request: Request) -> Any:
        """`{"advance_s": 3600}` or `{"set": "2026-01-01T00:00:00+00:00"}`."""
        body = await request.json()
        if "set" in body:
            self._state.clock.set(datetime.fromisoformat(body["set"]))
        else:
            self._state.clock.advance(float(body["advance_s"]))
        return await self.read_clock(request)

    async def read_switches(self, _request: Request) -> Any:
        return asdict(self._state.switches)

    async def set_switches(self, request: Request) -> Any:
        body = await request.json()
        known = {field.name for field in fields(self._state.switches)}
        if unknown := set(body) - known:
            raise ValueError(f"unknown switches: {sorted(unknown)}")
        for name, value in body.items():
            setattr(self._state.switches, name, value)
        return asdict(self._state.switches)

    async def list_faults(self, _request: Request) -> Any:
        return self._state.faults.described()

    async def add_faults(self, request: Request) -> Any:
        """Add a list of rules with the names of FaultRule."""
        rules = [FaultRule(**rule) for rule in await request.json()]
        for rule in rules:
            self._state.faults.add(rule)
        return self._state.faults.described()

    async def clear_faults(self, _request: Request) -> Any:
        self._state.faults.clear()
        return []

    async def list_companies(self, _request: Request) -> Any:
        with self._state.lock:
            return [_described(tenant) for tenant in self._state.tenants.values()]

    async def add_company(self, request: Request) -> Any:
        """Take a SIE file as the body with `?tenant=`, or `{"spec": {...}}` with the names of CompanySpec."""
        if request.headers.get("content-type", "").startswith("application/json"):
            company, truth = generate(_spec((await request.json())["spec"]))
            return _described(self._state.add_company(company, truth))
        number = int(request.query_params["tenant"])
        company, sie_truth = company_from_sie(await request.body(), database_number=number)
        return _described(self._state.add_company(company, sie_truth))

    async def edit(self, request: Request) -> Any:
        """`{"do": "edit-voucher", ...}`: what a user does in Fortnox; the other names are those of EDITS."""
        body = await request.json()
        with self._state.lock:
            desk = Desk(self._state, self._tenant(request.path_params["tenant"]))
            if body.get("do") not in EDITS:
                raise EditError(f"do is one of {sorted(EDITS)}")
            return EDITS[body["do"]](desk, body) or {}

    async def consent(self, request: Request) -> Any:
        """Choose who approves (`tenant`), how it ends (`next`), what lacks a licence, or take it all back (`revoke`).

        `scopes` and `service_accounts` are what the integration is registered for in the developer portal.
        """
        body = await request.json()
        with self._state.lock:
            if "tenant" in body:
                tenant = self._tenant(body["tenant"])
                if body.get("revoke"):
                    self._state.grants.revoke_tenant(tenant.company.database_number)
                else:
                    self._state.chosen_tenant = tenant.company.database_number
                tenant.unlicensed = set(body.get("unlicensed", tenant.unlicensed))
            for client in list(self._state.grants.clients.values()):
                scopes = frozenset(body.get("scopes", client.scopes))
                service_accounts = bool(body.get("service_accounts", client.service_accounts))
                self._state.grants.register(replace(client, scopes=scopes, service_accounts=service_accounts))
            if body.get("next", "approve") not in ("approve", "deny", "silent"):
                raise ValueError("next is approve, deny or silent")
            self._state.next_consent = body.get("next", self._state.next_consent)
            return {"tenant": self._state.chosen_tenant, "next": self._state.next_consent}

    async def read_journal(self, request: Request) -> Any:
        """All entries, or those of `?tenant=` and `?method=`."""
        tenant = request.query_params.get("tenant")
        with self._state.lock:
            return self._state.journal.entries(int(tenant) if tenant else None, request.query_params.get("method"))

    async def clear_journal(self, _request: Request) -> Any:
        with self._state.lock:
            self._state.journal.clear()
        return []

    async def rate(self, _request: Request) -> Any:
        """By tenant: all calls that arrived, those refused with 429, and the most within any 5 s."""
        return {tenant: _counted(seen) for tenant, seen in list(self._state.rate.arrivals.items())}

    async def truth(self, request: Request) -> Any:
        """`?tenant=&what=trial-balance&year=[&at=]`, or `what=schedule|differences|open-items&kind=receivables&at=`."""
        asked = request.query_params
        with self._state.lock:
            truth = self._tenant(int(asked["tenant"])).truth
            if truth is None:
                raise ValueError("nothing is known about a company made by hand")
            return _told(truth, asked)

    def _tenant(self, number: int) -> Tenant:
        if number not in self._state.tenants:
            raise ValueError(f"no tenant {number}")
        return self._state.tenants[number]


def _told(truth: LedgerTruth, asked: Mapping[str, str]) -> Any:
    """Answer what the truth says; of a company read from a SIE file only the ledger is known."""
    at = date.fromisoformat(asked["at"]) if "at" in asked else None
    if asked["what"] == "trial-balance":
        return truth.trial_balance(int(asked["year"]), at)
    if not isinstance(truth, Truth) or at is None:
        raise ValueError("sub-ledgers need a generated company and `at`")
    kind = KINDS[asked["kind"]]
    if asked["what"] == "schedule":
        return {"total_ore": truth.schedule_total(kind, at), "ledger_ore": truth.claim_balance(kind, at)}
    if asked["what"] == "differences":
        return truth.differences(kind, at)
    if asked["what"] == "open-items":
        return [asdict(item) for item in truth.open_items(kind, at)]
    raise ValueError("what is trial-balance, schedule, differences or open-items")


def _voucher_key(body: dict[str, Any]) -> tuple[int, str, int]:
    return body["year"], body["series"], body["number"]


def _add_voucher(desk: Desk, body: dict[str, Any]) -> Any:
    rows = [row_from(row) for row in body["rows"]]
    day = date.fromisoformat(body["date"])
    voucher = desk.add_voucher(
        body["year"],
        body["series"],
        day=day,
        description=body["description"],
        rows=rows,
        comments=body.get("comments"),
    )
    return asdict(voucher)


def _add_payment(desk: Desk, body: dict[str, Any]) -> Any:
    day = date.fromisoformat(body["date"])
    booked = body.get("booked", True)
    return asdict(desk.add_payment(body["kind"], body["invoice"], day, body["amount_ore"], booked=booked))


def _serve_sie(desk: Desk, body: dict[str, Any]) -> None:
    desk.serve_sie(body["year"], None if body["base64"] is None else base64.b64decode(body["base64"]))


def _lock_period(desk: Desk, body: dict[str, Any]) -> None:
    desk.lock_period(date.fromisoformat(body["until"]) if body["until"] else None)


EDITS: dict[str, Callable[[Desk, dict[str, Any]], Any]] = {
    "add-voucher": _add_voucher,
    "edit-voucher": lambda desk, body: asdict(
        desk.edit_voucher(_voucher_key(body), [row_from(row) for row in body["rows"]])
    ),
    "delete-voucher": lambda desk, body: desk.delete_voucher(_voucher_key(body)),
    "add-payment": _add_payment,
    "book-payment": lambda desk, body: asdict(desk.book_payment(body["kind"], body["number"])),
    "change-payment": lambda desk, body: asdict(desk.change_payment(body["kind"], body["number"], body["amount_ore"])),
    "delete-payment": lambda desk, body: desk.delete_payment(body["kind"], body["number"]),
    "spoil": lambda desk, body: desk.spoil(body["record"], body["shown"]),
    "lock-period": _lock_period,
    "serve-sie": _serve_sie,
    "add-account": lambda desk, body: desk.add_account(body["year"], Account(**body["account"])),
    "add-series": lambda desk, body: desk.add_series(body["year"], Series(**body["series"])),
}


def _json(action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            result = await action(request)
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        return Response(_dumped(result), media_type="application/json")

    return answer


def _dumped(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _spec(sent: dict[str, Any]) -> CompanySpec:
    values = dict(sent)
    if "years" in values:
        values["years"] = tuple((date.fromisoformat(a), date.fromisoformat(b)) for a, b in values["years"])
    if "causes" in values:
        values["causes"] = frozenset(values["causes"])
    if "cause_dates" in values:
        values["cause_dates"] = tuple(date.fromisoformat(day) for day in values["cause_dates"])
    for name in ("today", "locked_until"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    return CompanySpec(**values)


def _described(tenant: Tenant) -> dict[str, Any]:
    company = tenant.company
    return {
        "tenant": company.database_number,
        "name": company.name,
        "organisation_number": company.organisation_number,
        "years": [asdict(year) for year in company.years.values()],
        "preselected_year": company.preselected_year,
        "vouchers": len(company.vouchers),
        "invoices": len(company.invoices),
        "supplier_invoices": len(company.supplier_invoices),
        "locked_until": company.locked_until,
    }


def _counted(seen: Arrivals) -> dict[str, int]:
    return {"calls": seen.calls, "refused": seen.refused, "peak_5s": seen.peak}
