"""Which handler deals with which event."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from services.importer.authorization import connection_authorized
from services.importer.handlers import SLICE, give_up, import_requested
from shared.connections.access import FortnoxAccess
from shared.messaging.consumer import Route

CONSUMER = "importer"


def routes(access: FortnoxAccess, slice_length: timedelta = SLICE) -> dict[str, Route]:
    return {
        "connection-authorized": Route(partial(connection_authorized, access=access)),
        "import-requested": Route(partial(import_requested, access=access, slice_length=slice_length), give_up),
    }
