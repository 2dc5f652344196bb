"""The stand-in in a process of its own, and a clock on every exchange with it: what waits there is no work of ours."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from time import perf_counter
from typing import Any, NamedTuple

import httpx

from services.sandbox.grants import Client as Integration
from services.sandbox.spec import CompanySpec
from shared.fortnox import OAuthClient
from shared.fortnox.tls import tls_context
from tests.scene import REDIRECT_URI, Scene


class Exchange(NamedTuple):
    """From the moment a request leaves to the last byte of its answer."""

    path: str
    began_s: float
    ended_s: float


class Exchanges(list[Exchange]):
    def waited_s(self, since_s: float) -> float:
        """Return how long at least one of them was under way."""
        waited_s, until_s = 0.0, since_s
        for one in sorted(self, key=lambda one: one.began_s):
            waited_s += max(0.0, one.ended_s - max(one.began_s, until_s))
            until_s = max(until_s, one.ended_s)
        return waited_s


class Timed(httpx.HTTPTransport):
    """The usual way to Fortnox, which notes each exchange."""

    def __init__(self, exchanges: Exchanges) -> None:
        super().__init__(verify=tls_context())
        self._exchanges = exchanges

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began_s = perf_counter()
        answer = super().handle_request(request)
        return httpx.Response(
            answer.status_code,
            headers=answer.headers,
            stream=_TimedBody(answer, request.url.path, began_s, self._exchanges),
            extensions=answer.extensions,
        )


class _TimedBody(httpx.SyncByteStream):
    def __init__(self, answer: httpx.Response, path: str, began_s: float, exchanges: Exchanges) -> None:
        self._answer = answer
        self._path = path
        self._began_s = began_s
        self._exchanges = exchanges

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_raw()

    def close(self) -> None:
        self._exchanges.append(Exchange(self._path, self._began_s, perf_counter()))
        self._answer.close()


@contextmanager
def elsewhere(scene: Scene, spec: CompanySpec, *, latency_s: float) -> Iterator[Exchanges]:
    """Lead the scene's connection to a stand-in that runs beside us, has the same company and answers this much later."""
    exchanges = Exchanges()
    with ExitStack() as open_, _process() as url:
        company = {name: value for name, value in asdict(spec).items() if name in {"seed", "vouchers_per_year"}}
        _control(url, "/companies", {"spec": company})
        integration, usual = Integration(), scene.access
        oauth = open_.enter_context(
            OAuthClient(
                client_id=integration.id,
                client_secret=integration.secret,
                auth_url=f"{url}/oauth-v1",
                redirect_uri=REDIRECT_URI,
                clock=scene.clock,
                transport=Timed(exchanges),
            )
        )
        scene.access = replace(usual, oauth=oauth, api_url=url, transport=lambda: Timed(exchanges))
        scene.reconnect()
        exchanges.clear()
        _control(url, "/faults", [{"kind": "latency", "seconds": latency_s, "count": None}])
        yield exchanges
        scene.access = usual


@contextmanager
def _process() -> Iterator[str]:
    command = [sys.executable, "-m", "services.sandbox", "--port", "0", "--companies", "0", "--auto-approve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            told = re.search(r"http://\S+:\d+", process.stdout.readline() if process.stdout else "")
            if told is None:
                raise RuntimeError("the stand-in did not start")
            yield told[0]
        finally:
            process.terminate()


def _control(url: str, path: str, body: Any) -> None:
    httpx.post(f"{url}/_control{path}", json=body, timeout=60).raise_for_status()
