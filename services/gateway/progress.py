"""The progress of a run as server-sent events (WHATWG HTML, section 9.2), read from its row twice a second.

Each event carries the whole state, so nothing is lost by missing one. Its id is a digest of what it says: who comes back
with the id of what is still true is told nothing twice, and who has seen the end is told not to come back (204).

Asynchronous, because a stream lasts as long as its run: each would otherwise hold one of the threads that answer
everybody else. A stream ends after some minutes and the client comes back by itself; how many are open is bounded.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from fastapi import Response
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from services.gateway.deps import GatewayDeps
from services.gateway.schemas.exports import ExportSummary
from services.gateway.schemas.imports import FINAL_STATES, ImportView
from shared.errors import Later
from shared.store.database import Store, is_away

POLL_S = 0.5
SIGN_OF_LIFE_POLLS = 30
MOST_POLLS = 1200  # ten minutes
COME_BACK_MS = 2000
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
Run = ImportView | ExportSummary
MOST_STREAMS, MOST_STREAMS_OF_FIRM = 200, 50  # of one gateway process
ROOM_AGAIN = timedelta(seconds=5)


class Streams:
    """How many streams are open in this process, by firm."""

    def __init__(self) -> None:
        self._open: Counter[UUID] = Counter()

    @contextmanager
    def place(self, deps: GatewayDeps, firm_id: UUID) -> Iterator[None]:
        """Take a place until the block ends; raises Later "too-many-streams"."""
        if self._open.total() >= MOST_STREAMS or self._open[firm_id] >= MOST_STREAMS_OF_FIRM:
            until = deps.clock.now() + ROOM_AGAIN
            raise Later("too-many-streams", "ask for the run itself, or come back later", until=until)
        self._open[firm_id] += 1
        try:
            yield
        finally:
            self._open[firm_id] -= 1


class Said(NamedTuple):
    """One event as the client gets it."""

    id: str
    event: str
    data: str

    def __str__(self) -> str:
        return f"id: {self.id}\nretry: {COME_BACK_MS}\nevent: {self.event}\ndata: {self.data}\n\n"


class ProgressStream(StreamingResponse):
    """A stream that holds a place from its first byte to its end, however it ends."""

    def __init__(self, streams: Streams, deps: GatewayDeps, firm_id: UUID, content: AsyncIterator[str]) -> None:
        super().__init__(content, media_type="text/event-stream", headers=HEADERS)
        self._place = streams.place(deps, firm_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)


def stream(
    streams: Streams, deps: GatewayDeps, firm_id: UUID, read: Callable[[Session], Run], last_seen: str | None
) -> Response:
    """Answer with the run's progress from now on, as `read` finds it; raises what that raises."""
    said = _said(deps.store, read)
    if said.event == "done" and said.id == last_seen:
        return Response(status_code=204)
    return ProgressStream(streams, deps, firm_id, _events(deps.store, read, last_seen))


async def _events(store: Store, read: Callable[[Session], Run], last_seen: str | None) -> AsyncIterator[str]:
    silent_polls = 0
    for _ in range(MOST_POLLS):
        try:
            said = await run_in_threadpool(_said, store, read)
        except SQLAlchemyError as error:
            if is_away(error):
                return  # the client comes back
            raise
        if said.id != last_seen:
            yield str(said)
            last_seen, silent_polls = said.id, 0
        elif silent_polls == SIGN_OF_LIFE_POLLS:
            yield ": still there\n\n"  # proxies end connections that are silent for long
            silent_polls = 0
        if said.event == "done":
            return
        silent_polls += 1
        await asyncio.sleep(POLL_S)


def _said(store: Store, read: Callable[[Session], Run]) -> Said:
    with store.read() as session:
        view = read(session)
    data = view.model_dump_json()
    event = "done" if view.state in FINAL_STATES else "progress"
    return Said(hashlib.sha256(data.encode()).hexdigest()[:16], event, data)
