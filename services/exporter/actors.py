"""Which handler deals with which event of the queue `exporter`."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from services.exporter import handlers
from shared.connections.access import FortnoxAccess
from shared.messaging.consumer import Route

SLICE = timedelta(seconds=100)  # with the last request and the looks a slice ends within two minutes


def routes(access: FortnoxAccess, slice_time: timedelta = SLICE) -> dict[str, Route]:
    export = partial(handlers.export, access=access, slice_time=slice_time)
    return {"export-requested": Route(export, give_up=handlers.give_up)}
