"""What the gateway works with; made once per process by whoever starts it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from shared.clock import Clock
from shared.connections.access import FortnoxAccess
from shared.fortnox import OAuthClient
from shared.observability.health import Check
from shared.security.vault import Vault
from shared.settings import Settings
from shared.store.database import Store


@dataclass(frozen=True)
class GatewayDeps:
    """`checks` are what /readyz asks, by name; `pause` waits for so many seconds between two tries."""

    store: Store
    clock: Clock
    vault: Vault
    oauth: OAuthClient
    access: FortnoxAccess
    settings: Settings
    checks: Mapping[str, Check]
    pause: Callable[[float], object] = time.sleep


def deps_of(request: Request) -> GatewayDeps:
    return cast("GatewayDeps", request.app.state.deps)


async def _deps(request: Request) -> GatewayDeps:
    """Async, as every dependency that only looks at the request: FastAPI wakes a thread for any other."""
    return deps_of(request)


Deps = Annotated[GatewayDeps, Depends(_deps)]
