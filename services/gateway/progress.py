"""The progress of an import as server-sent events (WHATWG HTML, section 9.2), read from its row twice a second.

Asynchronous, because a stream lasts as long as its import: each would otherwise hold one of the threads that answer
everybody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from services.gateway.schemas.imports import ImportView
from shared.store.database import Store, of_firm
from shared.store.imports import Import

POLL_S = 0.5
SIGN_OF_LIFE_POLLS = 30
FINAL_STATES = frozenset({"completed", "incomplete", "failed", "cancelled"})
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def stream(store: Store, firm_id: UUID, import_id: UUID) -> StreamingResponse:
    return StreamingResponse(_events(store, firm_id, import_id), media_type="text/event-stream", headers=HEADERS)


async def _events(store: Store, firm_id: UUID, import_id: UUID) -> AsyncIterator[str]:
    shown, silent_polls = None, 0
    while True:
        view = await run_in_threadpool(_read, store, firm_id, import_id)
        if view.state in FINAL_STATES:
            yield f"event: done\ndata: {view.model_dump_json()}\n\n"
            return
        if view != shown:
            yield f"event: progress\ndata: {view.model_dump_json()}\n\n"
            shown, silent_polls = view, 0
        elif silent_polls == SIGN_OF_LIFE_POLLS:
            yield ": still there\n\n"  # proxies end connections that are silent for long
            silent_polls = 0
        silent_polls += 1
        await asyncio.sleep(POLL_S)


def _read(store: Store, firm_id: UUID, import_id: UUID) -> ImportView:
    with store.read() as session:
        return ImportView.model_validate(of_firm(session, Import, firm_id, import_id))
