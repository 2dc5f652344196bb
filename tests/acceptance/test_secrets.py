"""No token, code, secret or key in anything that the pipeline says: all output of a full run is searched for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import httpx
from sqlalchemy import select

from fortnox_pipeline.closing_program import ClosingProgram, year_end_adjustments
from services.sandbox.faults import FaultRule
from services.sandbox.generator import generate
from services.sandbox.grants import Client
from services.sandbox.server import SandboxServer
from services.sandbox.spec import CompanySpec
from services.sandbox.state import SandboxState
from shared.store.database import Store
from shared.store.tables import Base
from tests.deployment import Deployment, deployed
from tests.scene import open_scene
from tests.waiting import wait_for

YEAR_END = date(2025, 12, 31)
CLIENT_SECRET = "client-secret-that-nobody-may-see-4711"
SPEC = CompanySpec(seed=5, vouchers_per_year=60, invoices_per_year=20, supplier_invoices_per_year=20)
TOKEN_CALLS = "/oauth-v1/token"


def found_in(text: str, secrets: Iterable[str]) -> list[str]:
    """Return the beginnings of the secrets that the text shows, with what stands before each."""
    return [text[max(0, text.index(secret) - 80) : text.index(secret) + 12] for secret in secrets if secret in text]


def test_a_search_that_has_something_to_find_finds_it() -> None:
    assert found_in('GET /callback?code=abcdef0123456789 "200"', ["abcdef0123456789"]) == [
        "GET /callback?code=abcdef012345"
    ]
    assert found_in("nothing here", ["abcdef0123456789"]) == []


def test_no_token_code_secret_or_key_is_in_any_output_of_a_full_run(
    database_url: str, broker_url: str, tmp_path: Path
) -> None:
    company, truth = generate(SPEC)
    state = SandboxState(client=Client(secret=CLIENT_SECRET), auto_approve=True)
    state.add_company(company, truth)
    said: list[str] = []
    with SandboxServer(state) as sandbox:
        settings = {
            "FORTNOX_API_URL": sandbox.url,
            "FORTNOX_AUTH_URL": f"{sandbox.url}/oauth-v1",
            "FORTNOX_CLIENT_SECRET": CLIENT_SECRET,
            "DATA_DIR": str(tmp_path / "data"),
            "LOG_LEVEL": "debug",
        }
        with deployed(database_url, broker_url, tmp_path, settings=settings) as deployment:
            _work(deployment, state, company.organisation_number, said)
            said += [httpx.get(process.url + "/metrics").text for process in deployment.processes.values()]
        said += [process.log.read_text() for process in deployment.processes.values()]
    said += _database(database_url)
    keys = json.loads((tmp_path / "token-keys.json").read_text())
    secrets = [CLIENT_SECRET, deployment.key, *keys.values(), *state.grants.handed_out]
    assert len(state.grants.handed_out) > 10
    assert sum(len(text) for text in said) > 100_000
    assert [leak for text in said for leak in found_in(text, secrets)] == []


def _work(deployment: Deployment, state: SandboxState, organisation_number: str, said: list[str]) -> None:
    """Do the main job, and go wrong wherever a token, a code or a key is in the hand that could drop it."""

    def note(answer: httpx.Response) -> None:
        answer.read()
        said.append(answer.text)

    with deployment.api() as api:
        api.event_hooks["response"].append(note)
        closing = ClosingProgram(api)
        closing.connect(organisation_number, "Kunden AB", YEAR_END)
        closing.finished_import()
        closing.built_schedules()
        path = f"/v1/engagements/{closing.engagement['id']}"
        closing.exported(year_end_adjustments(YEAR_END), {"V": "A", "S": "I"})
        state.faults.add(FaultRule("500", path=TOKEN_CALLS))
        api.post(path + "/imports", json={"lane": "interactive"})
        wait_for(lambda: imports(api, path, "completed") == 2, seconds=60, what="the import after the 500")
        state.faults.add(FaultRule("truncated-body", path=TOKEN_CALLS))
        api.post(path + "/imports", json={"lane": "interactive"})
        wait_for(lambda: api.get(path + "/connection").json()["state"] == "lost", seconds=60, what="the keeper's word")
        _authorise_badly(api, path, said)
        api.get(path + "/connection", headers={"Authorization": f"Bearer {deployment.key}x"})
        api.post("/v1/events", content=f'{{"type": "{deployment.key}"')
        api.delete(path + "/connection")


def imports(api: httpx.Client, path: str, state: str) -> int:
    return [run["state"] for run in api.get(path + "/imports").json()["items"]].count(state)


def _authorise_badly(api: httpx.Client, path: str, said: list[str]) -> None:
    """Come back from Fortnox with a code and a state that were used, and with a code of nobody."""
    url = api.post(path + "/connection", json={"grant": "authorization_code"}).json()["authorize_url"]
    with httpx.Client(follow_redirects=True, timeout=30) as browser:
        back = browser.get(url).url
        said += [browser.get(back).text, browser.get(back.copy_set_param("code", "a-code-of-nobody")).text]
        url = api.post(path + "/connection", json={"grant": "authorization_code"}).json()["authorize_url"]
        used = back.params["code"]
        browser.follow_redirects = False
        answer = browser.get(url)
        while "code" not in (there := httpx.URL(answer.headers["location"])).params:
            answer = browser.get(there)
        said.append(browser.get(there.copy_set_param("code", used)).text)


def _database(url: str) -> Iterator[str]:
    store = Store(url)
    with store.read() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                yield " ".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row)
    store.close()


def test_no_repr_of_what_holds_a_secret_shows_it(sqlite_url: str) -> None:
    with open_scene(sqlite_url) as scene:
        tokens = scene.access.tokens(scene.connection_id)
        grant = scene.access.oauth.client_credentials
        shown = [repr(thing) for thing in (scene, scene.access, tokens, tokens.renew_now(), scene.connection(), grant)]
        secrets = [*scene.sandbox.state.grants.handed_out, Client().secret]
    assert [leak for text in shown for leak in found_in(text, secrets)] == []
