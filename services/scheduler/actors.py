"""Which handler deals with which event."""

from __future__ import annotations

from functools import partial

from services.scheduler import handlers
from shared.connections.access import FortnoxAccess
from shared.messaging.consumer import Route

SINGLES_PER_SLICE = 500  # two minutes at Fortnox' pace


def routes(access: FortnoxAccess, singles_per_slice: int = SINGLES_PER_SLICE) -> dict[str, Route]:
    def route(handler: handlers.Handler) -> Route:
        return Route(partial(handler, access=access, singles_per_slice=singles_per_slice))

    return {
        "import-completed": route(handlers.build_after_import),
        "schedules-requested": route(handlers.build_on_request),
    }
