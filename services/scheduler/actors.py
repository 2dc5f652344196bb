"""Which handler deals with which event."""

from __future__ import annotations

from functools import partial

from services.scheduler import handlers
from shared.connections.access import FortnoxAccess
from shared.messaging.consumer import Route


def routes(access: FortnoxAccess) -> dict[str, Route]:
    return {
        "import-completed": Route(partial(handlers.build_after_import, access=access)),
        "schedules-requested": Route(partial(handlers.build_on_request, access=access)),
    }
