"""What the gateway works with; made once per process by whoever starts it."""

from __future__ import annotations

from collections.abc import Mapping
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
    """`checks` are what /readyz asks, by name."""

    store: Store
    clock: Clock
    vault: Vault
    oauth: OAuthClient
    access: FortnoxAccess
    settings: Settings
    checks: Mapping[str, Check]


def deps_of(request: Request) -> GatewayDeps:
    return cast("GatewayDeps", request.app.state.deps)


Deps = Annotated[GatewayDeps, Depends(deps_of)]
