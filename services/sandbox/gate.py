"""What every call of /3/ passes: token, rate limit, Accept, scope, parameters; then the resource, then the journal."""

from __future__ import annotations

import re
import time

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.sandbox.call import Call, Endpoint, Upload, read_query
from services.sandbox.endpoints import ENDPOINTS
from services.sandbox.errors import FortnoxError, missing_licence, missing_scope, placeholder
from services.sandbox.front import bearer_token
from services.sandbox.grants import Pair
from services.sandbox.refusals import respond, too_many_calls, unauthorized
from services.sandbox.state import SandboxState
from services.sandbox.wire import Answer, json_answer, uid

ACCEPTED = ("*/*", "application/*", "application/json")
BUILD = "5a8d0c41f7"


class FortnoxApi:
    """The ASGI application behind /3/."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._routes = [(_pattern(endpoint.path), endpoint) for endpoint in ENDPOINTS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        started = time.monotonic()
        pair = self._state.grants.bearer(bearer_token(request.headers))
        if pair is None or pair.consent.tenant not in self._state.tenants:
            return unauthorized()
        if self._state.switches.rate_limit:
            wait_s = self._state.rate.admit(pair.consent.client_id, pair.consent.tenant)
            if wait_s:
                return too_many_calls(self._state.switches, wait_s)
        body = await request.body()
        upload = await _upload(request)
        with self._state.lock:
            try:
                answer = self._answer(request, pair, body, upload)
            except FortnoxError as error:
                answer = json_answer(error.body(), error.status)
            self._record(request, pair, b"" if upload else body, answer)
        response = respond(answer)
        spent_ms = round((time.monotonic() - started) * 1000)
        response.headers.update(
            {"server": "Fortnox", "x-uid": uid(), "x-build": BUILD, "x-rack-responsetime": str(spent_ms)}
        )
        return response

    def _answer(self, request: Request, pair: Pair, body: bytes, upload: Upload | None) -> Answer:
        if not _accepts_json(request.headers.get("accept", "*/*")):
            raise FortnoxError(1000030, "Invalid response type")
        if body and request.headers.get("content-type", "").partition(";")[0] not in (
            "application/json",
            "multipart/form-data",
        ):
            raise FortnoxError(1000031, "Invalid content type")
        endpoint, args = self._route(request.method, request.url.path)
        tenant = self._state.tenants[pair.consent.tenant]
        if endpoint.scope not in pair.scopes:
            raise missing_scope()
        if endpoint.scope in tenant.unlicensed:
            raise missing_licence(self._state.switches.licence_error_status)
        query = read_query(request.query_params.multi_items(), endpoint.params)
        return endpoint.handler(Call(self._state, tenant, args, query, body, upload))

    def _route(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        resource = path.removeprefix("/3/").rstrip("/")
        known = False
        for pattern, endpoint in self._routes:
            found = pattern.fullmatch(resource)
            if found and endpoint.method == method:
                return endpoint, found.groupdict()
            known = known or found is not None
        raise placeholder("method", status=405) if known else placeholder("no_such_resource", status=404)

    def _record(self, request: Request, pair: Pair, body: bytes, answer: Answer) -> None:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self._state.journal.record(
            at=self._state.clock.now().isoformat(),
            method=request.method,
            path=path,
            tenant=pair.consent.tenant,
            body=body.decode("utf-8", "replace"),
            status=answer.status,
            created=answer.entity,
        )


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


def _accepts_json(accept: str) -> bool:
    return any(kind.partition(";")[0].strip() in ACCEPTED for kind in accept.split(","))


async def _upload(request: Request) -> Upload | None:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return None
    async with request.form() as form:
        file = form.get("file")
        return Upload(file.filename or "", await file.read()) if isinstance(file, UploadFile) else None
