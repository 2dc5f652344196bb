"""One run with everything in it that has to do with a secret, in production form and embedded, and all that was said."""

from __future__ import annotations

import base64
import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import MetaData, select, text

from fortnox_pipeline.closing_program import ClosingProgram, year_end_adjustments
from services.sandbox.faults import FaultRule
from services.sandbox.generator import generate
from services.sandbox.grants import Client
from services.sandbox.server import SandboxServer
from services.sandbox.spec import CompanySpec
from services.sandbox.state import SandboxState
from shared.store.database import Store
from tests.deployment import COMMAND, Deployment, deployed, embedded
from tests.waiting import wait_for

YEAR_END = date(2025, 12, 31)
CLIENT = Client(secret="client secret/that+nobody=may&see-4711")
COMPANY, TRUTH = generate(
    CompanySpec(seed=5, vouchers_per_year=60, invoices_per_year=20, supplier_invoices_per_year=20)
)
TOKEN_CALLS = "/oauth-v1/token"
BREAK = {
    "sqlite": """CREATE TRIGGER no_new_tokens BEFORE UPDATE OF access_token ON connections
        BEGIN SELECT RAISE(ABORT, 'out of order'); END""",
    "postgresql": """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'out of order'; END $$;
        CREATE TRIGGER no_new_tokens BEFORE UPDATE OF access_token ON connections
        FOR EACH ROW EXECUTE FUNCTION refuse()""",
}
MEND = {
    "sqlite": "DROP TRIGGER no_new_tokens",
    "postgresql": "DROP TRIGGER no_new_tokens ON connections",
}


@dataclass
class FullRun:
    """What was said, by place; what nobody else may see, by kind; and what was meant to be seen, once."""

    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    secrets: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    meant: list[str] = field(default_factory=list)

    def hear_api(self, answer: httpx.Response) -> None:
        """Take an answer of the API; that with the address at which a trip begins carries a secret, and nothing else."""
        answer.read()
        said = f"{answer.headers}\n{answer.text}"
        path = answer.request.url.path
        if answer.is_error:
            self.texts["problem documents"].append(said)
        elif answer.request.method == "POST" and path.endswith("/connection"):
            self.secrets["start token"].add(answer.json()["authorize_url"].rpartition("/")[2])
            self.meant.append(said)
        else:
            self.texts["audit log" if path == "/v1/audit" else "API answers"].append(said)

    def hear_browser(self, answer: httpx.Response) -> None:
        """Take what the accountant's browser is answered; addresses and cookies are for that browser alone."""
        answer.read()
        self.secrets["browser's cookie"] |= set(answer.cookies.values())
        states = [httpx.URL(place).params.get("state") for place in (answer.headers.get("location", ""),)]
        self.secrets["signed state"] |= {state for state in states if state}
        self.texts["pages"].append(answer.text)

    def hear_command(self, arguments: tuple[str, ...], environment: dict[str, str], token_keys: str) -> None:
        environment = environment | {"TOKEN_KEYS": token_keys}
        done = subprocess.run([*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False)
        self.texts["command line"].append(done.stdout + done.stderr)


def run_in_production(database_url: str, broker_url: str, folder: Path) -> FullRun:
    def start(settings: dict[str, str]) -> AbstractContextManager[Deployment]:
        return deployed(database_url, broker_url, folder, settings=settings)

    return _run(start, database_url, folder, keys=folder / "token-keys.json")


def run_embedded(folder: Path) -> FullRun:
    def start(settings: dict[str, str]) -> AbstractContextManager[Deployment]:
        return embedded(folder, settings=settings)

    return _run(start, f"sqlite:///{folder}/data/pipeline.db", folder, keys=folder / "data" / "token-keys.json")


def _run(
    start: Callable[[dict[str, str]], AbstractContextManager[Deployment]], database_url: str, folder: Path, keys: Path
) -> FullRun:
    run, state, data = FullRun(), SandboxState(client=CLIENT, auto_approve=True), folder / "data"
    state.add_company(COMPANY, TRUTH)
    with SandboxServer(state) as sandbox:
        settings = {
            "FORTNOX_API_URL": sandbox.url,
            "FORTNOX_AUTH_URL": f"{sandbox.url}/oauth-v1",
            "FORTNOX_CLIENT_SECRET": CLIENT.secret,
            "DATA_DIR": str(data),
            "LOG_LEVEL": "debug",
        }
        with start(settings) as deployment, deployment.api() as api:
            api.event_hooks["response"].append(run.hear_api)
            _work(run, api, deployment.key, state, database_url, data)
            for name, process in deployment.processes.items():
                run.texts[f"metrics of {name}"].append(httpx.get(process.url + "/metrics").text)
            broken_keys = keys.read_text().rstrip("}")
            run.hear_command(("keys", "rotate-tokens"), deployment.processes["gateway"].environment, broken_keys)
    for name, process in deployment.processes.items():
        run.texts[f"output of {name}"].append(process.log.read_text())
    for table, row in _rows(database_url):
        run.texts[f"table {table}"].append(row)
    for file in data.rglob("*"):
        if file.is_file() and file != keys:
            run.texts["data folder"].append(file.read_bytes().decode("latin-1"))
    run.meant.append(deployment.key)
    run.secrets["API key"] = {deployment.key}
    run.secrets["code or token of Fortnox"] = set(state.grants.handed_out)
    run.secrets["client secret"] = {CLIENT.secret}
    run.secrets["Basic header"] = {_basic(CLIENT.id, CLIENT.secret)}
    for key in json.loads(keys.read_text()).values():
        run.secrets["token key"] |= {key, base64.b64decode(key).decode("latin-1"), base64.b64decode(key).hex()}
    return run


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _work(run: FullRun, api: httpx.Client, key: str, state: SandboxState, database_url: str, data: Path) -> None:
    """Do the main job, and go wrong wherever a token, a code or a key is in the hand that could drop it."""
    closing = ClosingProgram(api)
    closing.connect(COMPANY.organisation_number, "Kunden AB", YEAR_END)
    closing.finished_import()
    closing.built_schedules()
    path = f"/v1/engagements/{closing.engagement['id']}"
    closing.exported(year_end_adjustments(YEAR_END), {"V": "A", "S": "I"})
    with _broken(database_url):
        _start_import(api, path)
        journal = wait_for(lambda: [*(data / "renewals").glob("*.renewal")], seconds=60, what="the emergency journal")
        run.texts["renewal journal"] += [file.read_bytes().decode("latin-1") for file in journal]
    wait_for(lambda: _imports(api, path)[0]["state"] == "completed", seconds=60, what="the import after the failure")
    for kind in ("500", "truncated-body"):
        state.faults.add(FaultRule(kind, path=TOKEN_CALLS))
    _start_import(api, path)
    wait_for(lambda: _connection(api, path)["state"] == "lost", seconds=60, what="the keeper's word")
    _authorise(run, api, path)
    wait_for(lambda: _connection(api, path)["state"] == "active", seconds=60, what="the service account")
    api.get("/v1/audit")
    api.get(path + "/connection", headers={"Authorization": f"Bearer {key}x"})
    api.post("/v1/events", content=f'{{"type": "{key}"')
    api.delete(path + "/connection")


def _authorise(run: FullRun, api: httpx.Client, path: str) -> None:
    """Come back with a code of nobody, with states and codes that were used, in another browser; then as it should be."""
    with _browser(run) as browser, _browser(run) as other:
        back = _way_back(browser, _authorize_url(api, path, "authorization_code"))
        browser.get(back.copy_set_param("code", "a-code-of-nobody"))
        browser.get(back)
        used = back.params["code"]
        back = _way_back(browser, _authorize_url(api, path, "authorization_code"))
        other.get(back)
        back = _way_back(browser, _authorize_url(api, path, "authorization_code"))
        browser.get(back.copy_set_param("code", used))
        back = _way_back(browser, _authorize_url(api, path, "service_account"))
        browser.get(back).raise_for_status()
        browser.get(back)


def _browser(run: FullRun) -> httpx.Client:
    return httpx.Client(timeout=30, event_hooks={"response": [run.hear_browser]})


def _way_back(browser: httpx.Client, authorize_url: str) -> httpx.URL:
    """Begin the trip, approve at Fortnox, and stop before the step that leads back here."""
    browser.get(authorize_url).raise_for_status()
    place = httpx.URL(browser.post(authorize_url).headers["location"])
    while "code" not in place.params:
        place = place.join(browser.get(place).headers["location"])
    return place


def _authorize_url(api: httpx.Client, path: str, grant: str) -> str:
    return str(api.post(path + "/connection", json={"grant": grant}).json()["authorize_url"])


def _start_import(api: httpx.Client, path: str) -> None:
    api.post(path + "/imports", json={"lane": "interactive"}).raise_for_status()


def _imports(api: httpx.Client, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.get(path + "/imports").json()["items"]
    return items


def _connection(api: httpx.Client, path: str) -> dict[str, Any]:
    shown: dict[str, Any] = api.get(path + "/connection").json()
    return shown


@contextmanager
def _broken(database_url: str) -> Iterator[None]:
    """Let the database take everything but new tokens."""
    store = Store(database_url)
    with store.write() as session:
        session.execute(text(BREAK[store.engine.dialect.name]))
    try:
        yield
    finally:
        with store.write() as session:
            session.execute(text(MEND[store.engine.dialect.name]))
        store.close()


def _rows(database_url: str) -> Iterator[tuple[str, str]]:
    """Give each row of each table that there is, whether we know it or not, as text."""
    store, found = Store(database_url), MetaData()
    found.reflect(store.engine)
    with store.read() as session:
        for table in found.sorted_tables:
            for row in session.execute(select(table)):
                values = (value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row)
                yield table.name, " ".join(values)
    store.close()
