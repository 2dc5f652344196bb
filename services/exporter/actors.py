"""Which handler deals with which event of the queue `exporter`."""

from __future__ import annotations

from functools import partial

from services.exporter import handlers
from services.exporter.sending import SLICE_VOUCHERS
from shared.connections.access import FortnoxAccess
from shared.messaging.consumer import Route


def routes(access: FortnoxAccess, slice_vouchers: int = SLICE_VOUCHERS) -> dict[str, Route]:
    export = partial(handlers.export, access=access, slice_vouchers=slice_vouchers)
    return {"export-requested": Route(export, give_up=handlers.give_up)}
