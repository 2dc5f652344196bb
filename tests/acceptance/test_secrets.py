"""No token, code, secret or key in anything that the pipeline says: all output of a full run is searched for them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import httpx
import pytest
from pydantic import SecretStr

from fortnox_pipeline.firms import create_key
from services.gateway import trip
from services.gateway.authorization import _Replaced
from services.gateway.deps import GatewayDeps
from services.gateway.fortnox_answer import FortnoxAnswer
from shared.connections.journal import Entry
from shared.connections.states import AUTHORIZATION_CODE
from shared.connections.tokens import _Turn
from shared.settings import Settings
from tests.acceptance.full_run import CLIENT, FullRun, run_embedded, run_in_production
from tests.scene import REDIRECT_URI, Scene, approve, open_scene
from tests.servers import BrokerAddress, fresh_database, fresh_vhost

pytestmark = pytest.mark.timeout(300)  # the first test waits for both runs

MODES = ("production", "embedded")
PLACES = {
    "API answers",
    "audit log",
    "command line",
    "pages",
    "problem documents",
    "renewal journal",
    "metrics of gateway",
    "output of gateway",
    "table audit_log",
    "table authorizations",
    "table connections",
    "table imports",
    "table outbox",
}
ONLY_IN = {
    "production": {f"{said} of {name}" for said in ("metrics", "output") for name in ("relay", "importer", "exporter")},
    "embedded": {"data folder"},  # in production it holds the emergency journal alone, and that is empty in the end
}
KINDS = {
    "API key",
    "Basic header",
    "browser's cookie",
    "client secret",
    "code or token of Fortnox",
    "signed state",
    "start token",
    "token key",
}
SAID: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "in an address": lambda secret: f"GET /x?{urlencode({'code': secret})} HTTP/1.1",
    "in a path": lambda secret: f"/x/{quote(secret, safe='')}/y",
    "in JSON": lambda secret: json.dumps({"event": secret}),
    "in base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "in hexadecimal": lambda secret: secret.encode().hex(),
}


def forms(secret: str) -> set[str]:
    """Return what a secret looks like in an address, in JSON and encoded."""
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
    }


def leaks(texts: Mapping[str, Iterable[str]], secrets: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the kind of each secret that is shown, with the place, what stands before it, and its beginning."""
    looked_for = [(kind, form) for kind, group in secrets.items() for secret in group for form in forms(secret)]
    return [
        f"{kind} in {place}: {text[max(0, text.index(form) - 80) : text.index(form) + 8]!r}"
        for place, group in texts.items()
        for text in group
        for kind, form in looked_for
        if form in text
    ]


@pytest.fixture(scope="module")
def runs(
    postgres_url: str, _template: str, rabbitmq: BrokerAddress, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, FullRun]:
    """One full run per mode; both wait more than they work, so they run side by side."""
    folders: dict[str, Path] = {mode: tmp_path_factory.mktemp(mode) for mode in MODES}
    with (
        fresh_database(postgres_url, _template) as database_url,
        fresh_vhost(rabbitmq) as broker_url,
        ThreadPoolExecutor(len(MODES)) as pool,
    ):
        production = pool.submit(run_in_production, database_url, broker_url, folders["production"])
        embedded = pool.submit(run_embedded, folders["embedded"])
        return {"production": production.result(), "embedded": embedded.result()}


@pytest.mark.parametrize("mode", MODES)
def test_no_token_code_secret_or_key_is_in_any_output_of_a_full_run(runs: dict[str, FullRun], mode: str) -> None:
    assert leaks(runs[mode].texts, runs[mode].secrets) == []


@pytest.mark.parametrize("mode", MODES)
def test_every_place_was_searched_for_every_kind(runs: dict[str, FullRun], mode: str) -> None:
    run = runs[mode]
    assert (PLACES | ONLY_IN[mode]) - run.texts.keys() == set()
    assert [place for place, texts in run.texts.items() if not "".join(texts).strip()] == []
    assert {kind for kind, group in run.secrets.items() if group} == KINDS
    assert len(run.secrets["code or token of Fortnox"]) > 10
    assert sum(len(text) for texts in run.texts.values() for text in texts) > 100_000


@pytest.mark.parametrize("mode", MODES)
def test_the_search_finds_what_is_there(runs: dict[str, FullRun], mode: str) -> None:
    run = runs[mode]
    found = " ".join(leaks({"what was meant to be seen": run.meant}, run.secrets))
    assert [kind for kind in sorted(KINDS) if kind in found] == ["API key", "start token"]
    for place, texts in run.texts.items():
        planted = {place: [*texts[:-1], texts[-1] + CLIENT.secret]}
        assert any(leak.startswith(f"client secret in {place}") for leak in leaks(planted, run.secrets))


@pytest.mark.parametrize("how", SAID)
def test_a_secret_is_found_however_it_is_said(how: str) -> None:
    secret = 'a secret/with+signs=and&ä"quotes'
    assert leaks({"log": ["before", SAID[how](secret)]}, {"secret": {secret}}) != []
    assert leaks({"log": ["before", SAID[how](secret[:-1])]}, {"secret": {secret}}) == []


def test_the_header_that_is_searched_for_is_the_one_that_is_sent(runs: dict[str, FullRun]) -> None:
    flow = httpx.BasicAuth(CLIENT.id, CLIENT.secret).auth_flow(httpx.Request("GET", "http://127.0.0.1"))
    sent = next(flow).headers["authorization"]
    assert leaks({"log": [sent]}, {"Basic header": runs["embedded"].secrets["Basic header"]}) != []


def held(scene: Scene) -> list[tuple[object, str | None]]:
    """Return what holds a secret, each with the one that it holds."""
    access, settings = scene.access, _settings()
    deps = GatewayDeps(scene.store, scene.clock, access.vault, access.oauth, access, settings, {})
    with scene.store.write() as session:
        link = trip.begin(session, deps, scene.engagement(), AUTHORIZATION_CODE, caller="the closing program")
        token = link.authorize_url.rpartition("/")[2]
        departure = trip.start(session, deps, token, {})
    state = httpx.URL(departure.url).params["state"]
    answer = FortnoxAnswer(state, "a-code", None, None)
    key, grant = create_key(scene.store, scene.clock, firm_name="A firm", key_name="A key"), approve(access.oauth)
    access_token, token_keys = access.tokens(scene.connection_id).renew_now(), settings.token_keys
    replaced = _Replaced(scene.connection_id, scene.firm_id, 1, grant.access_token.encode())
    turn = _Turn(1, AUTHORIZATION_CODE, grant.refresh_token, None, None, None)
    assert token_keys is not None
    return [
        (link, token),
        (departure, state),
        (departure, departure.secret),
        (answer, state),
        (answer, answer.code),
        (key, key.key),
        (grant, grant.access_token),
        (grant, grant.refresh_token),
        (Entry(scene.connection_id, 1, grant), grant.refresh_token),
        (replaced, replaced.refresh_token.decode()),
        (turn, turn.refresh_token),
        (access_token, access_token.value),
        (settings, settings.fortnox_client_secret.get_secret_value()),
        (settings, token_keys.get_secret_value()),
        (settings, "a-password"),
        (settings, "another-password"),
        *((holder, CLIENT.secret) for holder in (deps, scene, access, access.oauth)),
        *((holder, access_token.value) for holder in (scene, access, scene.connection())),
    ]


def _settings() -> Settings:
    return Settings(
        fortnox_client_secret=SecretStr(CLIENT.secret),
        fortnox_redirect_uri=REDIRECT_URI,
        token_keys=SecretStr("the-keys"),
        database_url="postgresql://user:a-password@127.0.0.1/pipeline",
        broker_url="amqp://user:another-password@127.0.0.1",
    )


def test_no_repr_of_what_holds_a_secret_shows_it(sqlite_url: str) -> None:
    with open_scene(sqlite_url) as scene:
        holders = held(scene)
        handed_out = scene.sandbox.state.grants.handed_out
    assert [type(holder).__name__ for holder, secret in holders if not secret] == []
    for holder, secret in holders:
        assert leaks({"repr": [repr(holder)]}, {type(holder).__name__: [secret or "", *handed_out]}) == []
